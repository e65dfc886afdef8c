#!/usr/bin/env bash
# No room for an output: one line, exit code 6, nothing half-written under a final name.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
[ -c /dev/full ] || {
    echo "SKIPPED: no /dev/full here"
    exit 77
}

# full WHAT PATTERN ECU-ARGUMENT...
full() {
    local what=$1 pattern=$2
    shift 2
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 3
    expect 6 "$what" "${ecu[@]}" --quiet "$@"
    one_line "$what" "$pattern"
    reap "$started"
}
full "report to a full disk" "/dev/full" --report /dev/full
full "capture to a full disk" "/dev/full" --capture /dev/full
full "key log to a full disk" "/dev/full" --keylog /dev/full
expect 6 "report to a folder that is not there" "${ecu[@]}" --report none/r.json
one_line "report to a folder that is not there" "none/r.json"

# Help and lists that cannot be written are no success either.
for words in "--help" "bridge --list-attacks" "spdm --help" "spdm exec --help" "--version"; do
    # shellcheck disable=SC2086
    timeout 60 "$camseal" $words >/dev/full 2>err
    [ $? -eq 6 ] || fail "$words to a full disk: not exit code 6"
    one_line "$words to a full disk" "cannot write to stdout"
done

# A file size limit stands for a disk that fills up: the name must stay free, or hold what it held.
limited() {
    local what=$1
    shift
    start sensor.log "${sensor[@]}" --mode 256x192 --fps 0 --frames 3
    (
        trap '' XFSZ
        ulimit -f 8
        exec timeout -k 5 60 "$camseal" "${ecu[@]}" --quiet "$@" >out 2>err
    )
    [ $? -eq 6 ] || fail "$what: not exit code 6"
    one_line "$what" "make room"
    reap "$started"
}
mkdir pictures
limited "pictures on a full disk" --out pictures --report r.json
[ ! -e pictures/accepted.png ] && [ ! -e pictures/accepted-mosaic.png ] || fail "a half-written picture has its final name"
nothing_left pictures "pictures on a full disk"
echo before >capture.pcapng
limited "capture on a full disk" --capture capture.pcapng
[ "$(cat capture.pcapng)" = before ] || fail "what was under the final name before is gone"
nothing_left . "capture on a full disk"

start sensor.log "${sensor[@]}" "${small[@]}" --frames 3 --capture /dev/full
timeout 60 "$camseal" "${ecu[@]}" --quiet >out 2>err
ended 6 "$started" "the sensor's capture to a full disk"
finish
