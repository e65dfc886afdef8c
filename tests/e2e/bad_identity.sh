#!/usr/bin/env bash
# Certificates and keys that must be refused, each with its exit code and one line that names it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

# refused CODE PATTERN WHAT ECU-ARGUMENT...: the sensor with identity $id against the ECU.
refused() {
    local code=$1 pattern=$2 what=$3
    shift 3
    start sensor.log sensor --data unix:d --control unix:c --chain "$id/device.chain.der" --key "$id/device.key.pem" "${small[@]}"
    expect "$code" "$what" ecu --data unix:d --control unix:c --quiet "$@"
    one_line "$what" "$pattern"
    kill "$started"
    reap "$started"
}

# device OUT ARGUMENT...: another identity by the same authority.
device() {
    local out=$1
    shift
    "$camseal" pki device --ca ca --out "$out" --name camera --quiet "$@" || fail "pki device $out"
}

id=dev
"$camseal" pki init --out other --quiet
refused 4 "UNTRUSTED" "unknown root" --trust other/root.cert.der
refused 4 "IDENTITY" "another device than the pinned one" --trust ca/root.cert.der --pin "$(printf '00%.0s' {1..32})"
refused 3 "ALGORITHMS" "no common algorithms" --trust ca/root.cert.der --set p384
device expired --not-before 2020-01-01 --not-after 2021-01-01
device future --not-before 2090-01-01 --not-after 2091-01-01
device host --role requester
id=expired
refused 4 "EXPIRED" "expired certificate" --trust ca/root.cert.der
id=future
refused 4 "EXPIRED" "certificate of the future" --trust ca/root.cert.der
id=host
refused 4 "CERTIFICATE" "certificate for another role" --trust ca/root.cert.der

# What is wrong with the sensor's own files shows before anything listens.
device second
expect 4 "key of another device" sensor --data unix:d --control unix:c --chain dev/device.chain.der --key second/device.key.pem
one_line "key of another device" "does not belong"
chmod 640 second/device.key.pem
expect 4 "group-readable key" sensor --data unix:d --control unix:c --chain second/device.chain.der --key second/device.key.pem
one_line "group-readable key" "chmod"
head -c 300 dev/device.chain.der >cut.der
expect 3 "cut chain" sensor --data unix:d --control unix:c --chain cut.der --key dev/device.key.pem
one_line "cut chain" "certificate"
echo hello >noise.der
expect 3 "chain that is none" sensor --data unix:d --control unix:c --chain noise.der --key dev/device.key.pem
one_line "chain that is none" "certificate"
expect 6 "no chain" sensor --data unix:d --control unix:c --chain none.der --key dev/device.key.pem
one_line "no chain" "none.der"
[ ! -e d ] && [ ! -e c ] || fail "a socket stayed"
finish
