#!/usr/bin/env bash
# `camseal run` with one of the example scenarios: it comes to what it expects, text and JSON.
# Use: scenario.sh CAMSEAL FOLDER NAME
# shellcheck source-path=SCRIPTDIR source=lib.sh
folder=$2 name=$3
source "$(dirname "$0")/lib.sh" "$1"

export TMPDIR=$dir/tmp
mkdir "$TMPDIR"
expect 0 "$name" run --keep kept "$folder/$name.yaml"
grep -q 'all as it must be' out || fail "$name: the table does not say that all is well"
for file in kept/*.log; do
    if grep -lE "ERROR: (Address|Leak)Sanitizer|runtime error:" "$file"; then fail "$name: a sanitizer complained"; fi
done
[ "$(json kept/result.json 'all(c["good"] for c in r["cameras"]) and r["good"]')" = True ] || fail "$name: result.json"
[ -z "$(ls -A "$TMPDIR")" ] || fail "$name: the private folder stayed"

# It is the expectation that decides: with another one it must not be all well.
sed 's/frames: {OK: [0-9]*/frames: {OK: 77/' "$folder/$name.yaml" >wrong.yaml
expect 1 "$name, expected wrongly" run --json wrong.yaml
[ "$(json out 'r["good"]')" = False ] || fail "$name: a wrong expectation is not noticed"
finish
