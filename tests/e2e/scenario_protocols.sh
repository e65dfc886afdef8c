#!/usr/bin/env bash
# One topology with everything (a merging and copying bridge, an agent, two sinks, key rotation) under every protocol and
# tag mode: switching is one word. Every frame must be good; with a line dropped, that frame alone must not be.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"

# scenario PROTOCOL TAG_MODE SUITE ATTACKS
scenario() {
    cat >s.yaml <<END
profile: {protocol: $1, tag-mode: $2, suite: $3}
sensors:
  a: {mode: 48x32, frames: 8, fps: 30, rotate-every: 4}
  b: {mode: 64x48, frames: 8, profile: {format: raw10, variants: 2}}
  old: {mode: 32x16, frames: 8, legacy: yes}
bridges:
  agent: {from: old, agent: yes}
  hub: {from: {a: {0: 4}, b: {0: 5}, agent: {0: 6}}, attacks: [$4]}
ecus:
  driving: {from: hub}
  recorder: {from: hub, keys: driving}
END
}

for mode in "sep message" "sep data-type" "sep frame" "fsed frame"; do
    read -r protocol tags <<<"$mode"
    for suite in EFF-256 PERF-128-IE; do
        scenario "$protocol" "$tags" "$suite" ""
        timeout -k 5 60 "$camseal" run --json s.yaml >out 2>err
        code=$?
        [ "$code" -eq 0 ] || {
            fail "$mode $suite: exit code $code instead of 0"
            cat out err
        }
        [ "$(json out 'sorted({c["profile"]["protocol"].lower() + " " + c["profile"]["tag_mode"] for c in r["cameras"]})')" = "['$mode']" ] ||
            fail "$mode: the report names another"
        scenario "$protocol" "$tags" "$suite" "\"drop:frame=4,vc=5,line=9\""
        expect 1 "$mode $suite, a line dropped" run --json s.yaml
        [ "$(json out '[(c["camera"], c["frame_verdicts"]["OK"], c["frame_verdicts"]["INCOMPLETE"]) for c in r["cameras"] if not c["good"]]')" = \
            "[('b', 7, 1), ('b@recorder', 7, 1)]" ] || {
            fail "$mode $suite: a dropped line is not named"
            cat out
        }
    done
done
finish
