#!/usr/bin/env bash
# SPDM through the registers of the CCI mailbox, two processes on one I2C bus: every command, measurements and sessions, chunks,
# and what happens when the other end is none.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
printf '[{"index": 1, "type": "rom", "tcb": true, "text": "rom v1"}]' >m.json
peer=(--to i2c:bus --trust ca/root.cert.der)

start respond.log spdm respond --listen i2c:bus --chain dev/device.chain.der --key dev/device.key.pem \
    --measurements m.json --echo --heartbeat 5
responder=$started
ready respond.log
expect 0 caps spdm caps --to i2c:bus
grep -q '^ready at i2c:bus, mailbox$' respond.log || fail "the responder does not name its transport"
expect 0 challenge spdm challenge "${peer[@]}"
expect 0 measurements spdm measurements "${peer[@]}"
grep -q 'rom v1\|1 .*rom' out || fail "measurements: none are shown"
expect 0 session spdm session "${peer[@]}"
grep -q '^session opened' out || fail "session: it does not say so"
expect 0 "chunks of 64 bytes" spdm session "${peer[@]}" --transfer 64
expect 6 "a stream instead of a bus" spdm caps --to unix:bus --timeout 1
kill "$responder" 2>/dev/null
ended 130 "$responder" "the responder, interrupted"
[ ! -e bus ] || fail "the socket file stayed"
expect 6 "nobody on the bus" spdm caps --to i2c:bus --timeout 1
finish
