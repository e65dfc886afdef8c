#!/usr/bin/env bash
# Pictures and numbers that cannot work: exit code, one line, nothing left.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

# refused CODE PATTERN WHAT SENSOR-ARGUMENT...
refused() {
    local code=$1 pattern=$2 what=$3
    shift 3
    expect "$code" "$what" "${sensor[@]}" --frames 1 "$@"
    one_line "$what" "$pattern"
}
printf '\x89PNG\r\n\x1a\nnot really' >broken.png
refused 3 "broken.png" "corrupt PNG" --input broken.png
printf 'P6\n64 48\n255\nshort' >short.ppm
refused 3 "short.ppm" "cut PPM" --input short.ppm
: >empty.png
refused 3 "empty.png" "empty picture" --input empty.png
refused 6 "none.png" "no such picture" --input none.png
refused 2 "mode" "no geometry" --mode 0x48
refused 2 "mode" "a word for a geometry" --mode big
refused 2 "63" "odd geometry" --mode 63x48
refused 2 "format" "no format" --format raw11
refused 2 "vc" "no channel" --vc 16
refused 2 "unknown" "no option" --nonsense
expect 2 "no trust" ecu --data unix:d --control unix:c
one_line "no trust" "trust"
expect 2 "encryption without such a suite" "${ecu[@]}" --suite EFF-128 --sv 1
one_line "encryption without such a suite" "IE"
expect 3 "root that is none" ecu --data unix:d --control unix:c --trust broken.png
one_line "root that is none" "broken.png"
[ ! -e d ] && [ ! -e c ] || fail "a socket stayed"
finish
