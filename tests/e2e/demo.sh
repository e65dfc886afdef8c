#!/usr/bin/env bash
# The demo ends with 0, leaves its results and nothing else.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"

mkdir private
export TMPDIR=$dir/private
expect 0 "demo" demo --out results --mode 64x48
grep -q "all as it must be" out || fail "no verdict in the summary"
for file in report.json accepted.png accepted-mosaic.png; do
    [ -s "results/$file" ] || fail "results/$file is missing"
done
ls results/tampered-*.png >/dev/null 2>&1 || fail "no picture of tampering"
[ -z "$(ls -A private)" ] || fail "the private folder stayed"
nothing_left results demo

expect 0 "demo, other suite and seed, JSON" demo --out results --mode 64x48 --suite EFF-256 --seed 7 --frames 30 --json
[ "$(json out 'r["good"] and r["attacks"] == r["attacks_named"] and r["untouched_frames"] == r["untouched_frames_ok"]')" = True ] ||
    fail "the JSON does not say that all is good"
finish
