#!/usr/bin/env bash
# An independent library recomputes tags and ciphertext of captured packets from the key log.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
judge=$2
pki
python3 -c 'import cryptography' 2>/dev/null || {
    echo "SKIPPED: python3-cryptography is not here"
    exit 77
}

for suite in EFF-128:2 EFF-256:2 PERF-128-I:2 PERF-256-I:2 PERF-128-IE:1 PERF-256-IE:1; do
    start sensor.log "${sensor[@]}" "${small[@]}" --frames 2
    expect 0 "$suite" "${ecu[@]}" --suite "${suite%:*}" --sv "${suite#*:}" --capture c.pcapng --keylog keys --quiet
    ended 0 "$started" "the sensor for $suite"
    python3 "$judge" c.pcapng keys "${suite%:*}" "${suite#*:}" 98 || fail "$suite: the judge disagrees"
done
[ "$(stat -c %a keys)" = 600 ] || fail "others may read the key log"
[ "$(stat -c %a c.pcapng)" = 600 ] || fail "others may read a capture that holds the secrets"

# The judge can say no.
sed -i 's/^\(OP1_CRK [0-9a-f]*\) \(..\)\(.*\)$/\1 \3\2/' keys
python3 "$judge" c.pcapng keys PERF-256-IE 1 98 >/dev/null 2>&1 && fail "the judge accepts a wrong key"
finish
