#!/usr/bin/env bash
# `camseal spdm exec`: the example scripts against our own responder, and against the DMTF's emulator where it is; scripts that
# are wrong; what a step says when it fails.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
examples=$2
pki
(umask 077 && printf 'a pre-shared key' >psk)
echo '[{"index": 1, "type": "rom", "text": "v1"}, {"index": 3, "type": "firmware", "text": "v2"}]' >m.json
echo '[{"measurement": 1, "type": "rom", "form": "raw", "text": "v1"}]' >log.json

start respond.log spdm respond --listen unix:r --chain dev/device.chain.der --key dev/device.key.pem --chain dev/device.chain.der \
    --key dev/device.key.pem --slot 0 --slot 2 --measurements m.json --log log.json --endpoint-info 0100000003000000 --events \
    --demand key-update,endpoint-info,event --echo --psk psk --psk-hint 07 --sessions 2 --heartbeat 20
ready respond.log
run=(spdm exec --trust ca/root.cert.der)

for example in session order fields; do
    for version in 1.2 1.3 1.4; do
        expect 0 "$example, $version" "${run[@]}" "$examples/$example.yaml" unix:r --versions "$version"
        grep -q FAIL out && fail "$example, $version: a step failed"
    done
done
expect 0 "as JSON" "${run[@]}" "$examples/session.yaml" --to unix:r --json
[ "$(json out 'r["exit"], r["result"]["failed"], all(s["pass"] for s in r["result"]["steps"]), len(r["exchanges"]) > 20')" = \
    "(0, 0, True, True)" ] || fail "as JSON: not what it should be"

# Every step that the examples lack.
cat >all.yaml <<'YAML'
options: {trust: ca/root.cert.der, psk: psk, psk-hint: "07", heartbeat-is-no-option: 1}
steps: [connect]
YAML
expect 3 "an option that is none" spdm exec all.yaml unix:r
one_line "an option that is none" "all.yaml: line 1, column 62: 'heartbeat-is-no-option' is no option"
cat >all.yaml <<'YAML'
options: {trust: [ca/root.cert.der], psk: psk, psk-hint: "07", chain: dev/device.chain.der, key: dev/device.key.pem}
steps:
  - negotiate
  - finish:
    expect: STATE
  - session:
    expect: STATE
  - digests
  - heartbeat:
    expect: ARGUMENT
  - certificate
  - certificate: 2
  - challenge: {slot: 0, summary: all}
  - measurements: {count: 2, raw: true}
  - endpoint_info: {signed: true, answer: 01 ?? 00 00 *}
  - mel
  - session
  - event_types
  - subscribe
  - send_event: 00 00 00 00 00 00 02 00 20 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    expect: [ok, NEGOTIATION]
  - poll: {count: 2}
  - vendor: {standard: 0, send: 68 69, answer: 68 69}
  - psk_exchange: "07"
  - finish
  - psk_exchange:
    expect: SessionLimitExceeded
  - heartbeat: 0
  - raw: {send: vv ec 00 00, session: 1}
    expect: END_SESSION_ACK
  - wait: 1
  - end_session: 0
  - session: {hint: "08"}
    expect: ERROR
YAML
expect 0 "every step" spdm exec all.yaml unix:r --keep-going

# What goes wrong is said, and decides the exit code.
printf 'steps:\n  - negotiate\n  - heartbeat\n  - connect\n' >fails.yaml
expect 1 "a failed step" "${run[@]}" fails.yaml unix:r
says "a failed step" "heartbeat .* ARGUMENT .* FAIL: expected ok"
says "a failed step" "^1 steps passed, 1 failed, the rest was not run"
expect 1 "keep going" "${run[@]}" fails.yaml unix:r --keep-going
says "keep going" "^2 steps passed, 1 failed$"
printf 'steps:\n  - negotiate\n  - raw: {send: vv 81 00 00, answer: vv 01 00}\n' >fails.yaml
expect 1 "another answer" "${run[@]}" fails.yaml unix:r
says "another answer" "DIGESTS +FAIL: expected answer"
expect 6 "nobody there" "${run[@]}" fails.yaml unix:nobody --timeout 100

# wrong PATTERN LINE...: a script of these lines is refused with its place.
wrong() {
    local pattern=$1
    shift
    printf '%s\n' "$@" >wrong.yaml
    expect 3 "$pattern" "${run[@]}" wrong.yaml unix:r
    one_line "$pattern" "wrong.yaml: $pattern"
}
wrong "line 1, column 1: .*" ""
wrong "line 2, column 1: .*" "steps: [" "}"
wrong "line 1, column 1: 'step' is not about, options or steps" "step: 1"
wrong "line 1, column 1: no 'steps'" "about: nothing"
wrong "line 1, column 8: steps: not a list of steps" "steps: 1"
wrong "line 2, column 5: 'dance' is no step" "steps:" "  - dance"
wrong "line 2, column 17: 'digests' in a step that is already 'connect'" "steps:" "  - {connect: , digests: }"
wrong "line 2, column 14: expect: 'fine' is not ok" "steps:" "  - {expect: fine, connect: }"
wrong "line 2, column 5: a step without a name" "steps:" "  - {expect: ok}"
wrong "line 3, column 17: challenge takes no 'depth'" "steps:" "  - connect" "  - challenge: {depth: 1}"
wrong "line 2, column 18: slot: 9 is not a number from 0 to 7" "steps:" "  - certificate: 9"
wrong "line 2, column 10: send: 1 is not bytes" "steps:" "  - raw: 1"
wrong "line 2, column 10: send: vv \?\? is not bytes" "steps:" "  - raw: vv ??"
wrong "line 2, column 5: raw needs 'send'" "steps:" "  - raw: {pad: 1}"
wrong "line 2, column 5: repeat needs 'times'" "steps:" "  - repeat: {steps: [connect]}"
wrong "line 1, column 17: --hash: md5 is no algorithm" "options: {hash: md5}" "steps: [connect]"
wrong "line 1, column 25: allow-remote: not true" "options: {allow-remote: 1}" "steps: [connect]"
expect 2 "no script" spdm exec
expect 6 "a script that is not there" spdm exec none.yaml unix:r
kill "$started"
ended 130 "$started" "the responder"

# What differs by transport: padding, and how records are sealed.
for transport in mctp doe; do
    start respond.log spdm respond --listen unix:r --transport $transport --chain dev/device.chain.der --key dev/device.key.pem \
        --measurements m.json --heartbeat 20
    ready respond.log
    for example in session order fields; do
        expect 0 "$example over $transport" "${run[@]}" "$examples/$example.yaml" unix:r --transport $transport
    done
    kill "$started"
    ended 130 "$started" "the responder over $transport"
done

# Where the DMTF's emulator is, the same examples.
emulators=${CAMSEAL_SPDM_EMULATORS:-}
if [ -x "$emulators/spdm_responder_emu" ]; then
    preload=${CAMSEAL_SPDM_EMULATORS_PRELOAD:-$emulators/nodelay.so}
    [ -e "$preload" ] || preload=
    cp -r "$emulators" emulators
    for version in 1.2 1.3 1.4; do
        port=$((20000 + RANDOM % 20000))
        (cd emulators && LD_PRELOAD=$preload exec ./spdm_responder_emu --ip 127.0.0.1 --port $port --trans MCTP --ver $version \
            >../emulator.log 2>&1) &
        pids+=($!)
        sleep 1
        for example in session order fields; do
            expect 0 "emulator, $version: $example" spdm exec "$examples/$example.yaml" emu:127.0.0.1:$port --transport mctp \
                --trust emulators/ecp384/ca.cert.der --asym ecdsa-p384
            cat out
        done
        kill "${pids[-1]}"
    done
else
    echo "no emulator: CAMSEAL_SPDM_EMULATORS is not set; its part is skipped"
fi
finish
