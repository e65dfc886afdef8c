#!/usr/bin/env bash
# Scenarios that are wrong: one line with file, line and column, nothing started, nothing left.
# Use: bad_scenario.sh CAMSEAL FOLDER
# shellcheck source-path=SCRIPTDIR source=lib.sh
folder=$2
source "$(dirname "$0")/lib.sh" "$1"
export TMPDIR=$dir/tmp
mkdir "$TMPDIR"

# wrong WHAT LINE PATTERN: the scenario on stdin is refused there.
wrong() {
    cat >s.yaml
    expect 3 "$1" run s.yaml
    one_line "$1" "s.yaml: line $2, column [0-9]+: .*$3"
}
tail="ecus: {ecu: {from: front}}"

for file in "$folder"/*.yaml; do expect 0 "$file" run --check "$file"; done
expect 2 "no file" run
expect 6 "a file that is not there" run nowhere.yaml
printf 'sensors: [\n' | wrong "no YAML" 2 "."
printf 'sensors: {front: {}}\n' | wrong "no ECU" 1 "needed"
printf 'wheels: 4\n' | wrong "an unknown key" 1 "wheels"
printf 'sensors:\n  front: {colour: red}\n%s\n' "$tail" | wrong "an unknown key of a sensor" 2 "colour"
printf 'sensors:\n  a/b: {}\n%s\n' "$tail" | wrong "a name that is a path" 2 "letters"
printf 'sensors:\n  front:\n    frames: 0\n%s\n' "$tail" | wrong "no frames" 3 "frames"
printf 'sensors:\n  front: {profile: {suite: AES}}\n%s\n' "$tail" | wrong "an unknown suite" 2 "AES"
printf 'sensors:\n  front: {profile: {suite: EFF-128, variants: 1}}\n%s\n' "$tail" | wrong "encryption without" 2 "encrypts"
printf 'sensors:\n  front: {profile: {protocol: fsed, tag-mode: message}}\n%s\n' "$tail" | wrong "FSED by message" 2 "FSED"
printf 'sensors: {front: {}}\necus:\n  ecu: {from: rear}\n' | wrong "an unknown source" 3 "rear"
printf 'sensors: {front: {}}\necus:\n  a: {from: front}\n  b: {from: front}\n' | wrong "two readers" 4 "copy"
printf 'sensors: {front: {}, rear: {}}\n%s\n' "$tail" | wrong "a sensor that nobody reads" 1 "nobody"
printf 'sensors: {front: {}}\nbridges:\n  front: {from: front}\necus: {ecu: {from: front}}\n' | wrong "two of a name" 3 "two of"
printf 'sensors: {front: {}}\nbridges:\n  a: {from: [front, b]}\n  b: {from: a}\necus: {ecu: {from: b}}\n' | wrong "a circle" '[34]' "circle"
printf 'sensors: {front: {}, rear: {}}\nbridges: {hub: {from: [front, rear]}}\necus:\n  ecu: {from: hub}\n' |
    wrong "two cameras on one channel" 4 "channel 0"
printf 'sensors: {front: {}}\nbridges:\n  b: {from: front, attacks: [melt]}\necus: {ecu: {from: b}}\n' | wrong "an unknown attack" 3 "melt"
printf 'sensors: {front: {legacy: yes}}\nbridges:\n  b: {from: front}\necus: {ecu: {from: b}}\n' | wrong "a legacy sensor alone" 3 "agent"
printf 'sensors: {front: {}}\nbridges: {s: {from: front}}\necus:\n  a: {from: s}\n  b: {from: s}\n' | wrong "two hosts" 4 "host"
printf 'sensors: {front: {}}\n%s\nexpect: {rear: {missing: 1}}\n' "$tail" | wrong "an expectation of nobody" 3 "rear"
[ -z "$(ls -A "$TMPDIR")" ] || fail "a private folder stayed"

# An interrupt ends all children.
printf 'sensors: {front: {mode: 64x48, frames: 100000, fps: 30}}\n%s\n' "$tail" >long.yaml
start run.log run --keep kept long.yaml
sleep 1
kill -INT "$started"
ended 130 "$started" "an interrupted run"
[ -z "$(ls -A "$TMPDIR")" ] || fail "a private folder stayed after an interrupt"
finish
