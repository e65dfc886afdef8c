#!/usr/bin/env bash
# Every pixel format arrives as it was sent.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
compare=$2
pki

for format in raw8 raw10 raw12 raw14 raw16; do
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 3 --format $format
    expect 0 "$format" "${ecu[@]}" --format $format --out pictures --quiet
    ended 0 "$started" "the sensor for $format"
    "$compare" builtin 64x48 $format 2 pictures/accepted-mosaic.png || fail "$format: the picture is another one"
    [ -s pictures/accepted.png ] || fail "$format: no viewable picture"
    rm -r pictures
done
for format in yuv422 rgb888; do
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 3 --format $format
    expect 0 "$format" "${ecu[@]}" --format $format --out pictures --quiet
    ended 0 "$started" "the sensor for $format"
    [ -s pictures/accepted.png ] || fail "$format: no viewable picture"
    rm -r pictures
done
# The two ends disagree about the format: that is not silently accepted.
start sensor.log "${sensor[@]}" "${small[@]}" --frames 3 --format raw10
timeout 20 "$camseal" "${ecu[@]}" --format raw12 --quiet >out 2>err && fail "another format was accepted"
finish
