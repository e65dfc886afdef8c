#!/usr/bin/env bash
# A hostile bridge on the control link, also over TCP: an answer of an earlier connection, and what an ECU does when it
# may try once only.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
port=$(python3 -c 'import socket; s=[socket.socket() for _ in range(4)]; [x.bind(("127.0.0.1", 0)) for x in s]; print(*[x.getsockname()[1] for x in s])')
read -r data control data_down control_down <<<"$port"

# start_pair ATTACK...: sensor and bridge over TCP.
start_pair() {
    start sensor.log sensor --data "tcp:127.0.0.1:$data" --control "tcp:127.0.0.1:$control" --chain dev/device.chain.der \
        --key dev/device.key.pem "${small[@]}" --frames 4
    sensor_pid=$started
    start bridge.log bridge --upstream "tcp:127.0.0.1:$data" --downstream "tcp:127.0.0.1:$data_down" \
        --control-up "tcp:127.0.0.1:$control" --control-down "tcp:127.0.0.1:$control_down" --log bridge.json "$@"
    bridge_pid=$started
}
host=(ecu --data "tcp:127.0.0.1:$data_down" --control "tcp:localhost:$control_down" --trust ca/root.cert.der)

start_pair
expect 0 "TCP through an honest bridge" "${host[@]}"
ended 0 "$bridge_pid" "honest bridge"
ended 0 "$sensor_pid" "sensor behind an honest bridge"

# The first attempt fails for another reason; in the second its KEY_EXCHANGE_RSP comes again.
start_pair --attack spdm-record-flip:connection=1,dir=rsp --attack spdm-replay
expect 4 "replayed KEY_EXCHANGE_RSP" "${host[@]}" --attempts 2 --report r.json --quiet
one_line "replayed KEY_EXCHANGE_RSP" "SIGNATURE"
[ "$(json r.json '[a["status"] for a in r["authentication"]]')" = "['AUTH', 'SIGNATURE']" ] ||
    fail "the two attempts are not named AUTH and SIGNATURE"
kill "$bridge_pid" "$sensor_pid" 2>/dev/null
reap "$bridge_pid"
reap "$sensor_pid"

# A component keeps its context when the session that made it dies: the same ECU takes it up again.
start_pair --attack spdm-record-flip:connection=1,dir=rsp,message=34
expect 0 "second attempt of the owner" "${host[@]}" --attempts 2 --report r.json
ended 0 "$sensor_pid" "sensor of the second attempt"

expect 2 "a host that is not this machine" ecu --data tcp:192.0.2.1:4000 --control tcp:192.0.2.1:4001 --trust ca/root.cert.der
finish
