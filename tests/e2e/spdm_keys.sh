#!/usr/bin/env bash
# `camseal spdm keys` against `camseal spdm respond`: what is told of key pairs, changes, refusals; and connections on which
# every slot has a key of its own.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
"$camseal" pki device --ca ca --out dev2 --name second --quiet || fail "a second identity"

responder() {
    serve --chain dev/device.chain.der --key dev/device.key.pem --chain dev2/device.chain.der --key dev2/device.key.pem \
        --slot 0 --slot 5 "$@"
}
peer=(--to unix:r --trust ca/root.cert.der)

responder --spare-keys 1 --multi-key allow
expect 0 "all key pairs" spdm keys "${peer[@]}"
says "all key pairs" "^key pair 1, without a key$"
says "all key pairs" "^  slots +5$"
says "all key pairs" "^  may be +read only$"
expect 0 "as JSON, in a session" spdm keys "${peer[@]}" --in-session --id 2 --json
[ "$(json out '[(p["id"], p["algorithm"], p["slots"], p["may_be"]) for p in r["result"]["key_pairs"]], r["result"]["total"]')" = \
    "([(2, ['P-256'], [0], [])], 3)" ] || fail "as JSON: not what it should be"
expect 0 "generate" spdm keys "${peer[@]}" --id 1 --set generate --algorithm P-384 --usage challenge --slots 3
says "generate" "^  algorithm +P-384 \(possible: "
says "generate" "^  slots +3$"
expect 3 "erase in a slot" spdm keys "${peer[@]}" --id 1 --set erase --in-session
one_line "erase in a slot" "SET_KEY_PAIR_INFO.*answered OperationFailed"
says "erase in a slot" "END_SESSION_ACK .*secured"
expect 0 "leave the slot" spdm keys "${peer[@]}" --id 1 --set change --slots none --quiet
expect 3 "an impossible use" spdm keys "${peer[@]}" --id 1 --set change --usage vendor
one_line "an impossible use" "answered InvalidRequest"
expect 0 "erase" spdm keys "${peer[@]}" --id 1 --set erase
says "erase" "^key pair 1, without a key$"
expect 3 "change a fixed one" spdm keys "${peer[@]}" --id 2 --set change --usage challenge
expect 3 "no such key pair" spdm keys "${peer[@]}" --id 9
expect 3 "before 1.3" spdm keys "${peer[@]}" --versions 1.2
one_line "before 1.3" "tells of no key pairs"

expect 0 "another slot's key" spdm session "${peer[@]}" --challenge --multi-key require --slot 5 --pin "$(cat dev2/device.pin)"
says "another slot's key" "^  key pair +3, each slot has its own$"
expect 4 "not the first slot's key" spdm session "${peer[@]}" --multi-key require --slot 5 --pin "$(cat dev/device.pin)"
expect 0 "one key" spdm challenge "${peer[@]}" --multi-key refuse
grep -q "key pair" out && fail "one key: it tells of several"
stop

responder --multi-key require
expect 4 "several keys refused" spdm challenge "${peer[@]}" --multi-key refuse
one_line "several keys refused" "several keys only"
expect 0 "several keys, not asked for" spdm challenge "${peer[@]}"
says "several keys, not asked for" "^  key pair +1, each slot has its own$"
expect 3 "nothing to change" spdm keys "${peer[@]}" --id 1 --set change --usage challenge
stop
responder
expect 4 "several keys required" spdm challenge "${peer[@]}" --multi-key require
stop

for bad in "--set change" "--id 0" "--id 1 --set make" "--id 1 --usage challenge" "--id 1 --set erase --slots 1" \
    "--id 1 --set change --usage signing" "--id 1 --set change --algorithm md5" "--id 1 --set change --slots 8"; do
    # shellcheck disable=SC2086
    expect 2 "keys $bad" spdm keys "${peer[@]}" $bad
done
finish
