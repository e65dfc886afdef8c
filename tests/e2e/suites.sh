#!/usr/bin/env bash
# Every suite with every variant that it allows: the ECU's picture is the sensor's, sample by sample.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
compare=$2
pki

for suite in EFF-128:2 EFF-256:2 PERF-128-I:2 PERF-256-I:2 PERF-128-IE:1 PERF-128-IE:2 PERF-256-IE:1 PERF-256-IE:2; do
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 3
    expect 0 "$suite" "${ecu[@]}" --suite "${suite%:*}" --sv "${suite#*:}" --out pictures --quiet
    ended 0 "$started" "the sensor for $suite"
    "$compare" builtin 64x48 raw12 2 pictures/accepted-mosaic.png || fail "$suite: the picture is another one"
    rm -r pictures
done

# Tag lengths, both algorithm sets of SPDM, virtual channels, embedded lines.
"$camseal" pki init --out ca384 --alg p384 --quiet && "$camseal" pki device --ca ca384 --out dev384 --name camera --quiet
start sensor.log sensor --data unix:d --control unix:c --chain dev384/device.chain.der --key dev384/device.key.pem "${small[@]}" --frames 3
expect 0 "P-384" ecu --data unix:d --control unix:c --trust ca384/root.cert.der --set p384
ended 0 "$started" "the sensor with P-384"
for tag in 8 12 16; do
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 3 --vc 9 --embedded-lines 3
    expect 0 "tag of $tag bytes" "${ecu[@]}" --suite EFF-128 --tag-length $tag --vc 9 --out pictures --quiet
    ended 0 "$started" "the sensor for a tag of $tag bytes"
    "$compare" builtin 64x48 raw12 2 pictures/accepted-mosaic.png || fail "tag of $tag bytes: another picture"
done
finish
