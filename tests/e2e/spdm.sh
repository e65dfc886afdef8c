#!/usr/bin/env bash
# The commands of `camseal spdm` against `camseal spdm respond`: what each shows, over each transport, and how each fails:
# one line that names what is wrong, and its exit code.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
"$camseal" pki init --out other --quiet || fail "another authority"
"$camseal" pki device --ca ca --out host --name host --role requester --quiet || fail "an identity of the host"
(umask 077 && printf 'a pre-shared key' >psk && printf 'another key' >psk2)
cat >m.json <<'JSON'
[{"index": 1, "type": "rom", "tcb": true, "text": "rom v1"},
 {"index": 2, "type": "firmware", "hex": "00112233"},
 {"index": 254, "type": "device-mode", "form": "raw", "hex": "04000000000000000000000000000000"}]
JSON

responder() { serve --chain dev/device.chain.der --key dev/device.key.pem "$@"; }
peer=(--to unix:r --trust ca/root.cert.der)

responder --measurements m.json --psk psk --psk-hint 0102 --echo --heartbeat 5
expect 0 caps spdm caps --to unix:r
says caps "^versions +1.2, 1.3, 1.4$"
says caps "MEAS \(signed\), .*KEY_EX"
says caps "^ +signature +ECDSA-P256$"
expect 0 "caps, supported" spdm caps --to unix:r --supported
says "caps, supported" "^signature +ECDSA-P256$"
says "caps, supported" "^AEAD .*AES-256-GCM"
expect 2 "caps, supported, 1.2" spdm caps --to unix:r --supported --versions 1.2
one_line "caps, supported, 1.2" "there is no algorithms block before 1.3"
expect 0 "caps, supported, as JSON" spdm caps --to unix:r --supported --json
[ "$(json out '"SHA-384" in r["result"]["supported"]["hash"], r["result"]["supported"]["multi_key"]')" = "(True, False)" ] ||
    fail "caps, supported, as JSON: not what it should be"
expect 0 "caps as JSON" spdm caps --to unix:r --json
[ "$(json out 'r["exit"], r["agreed"]["version"], "KEY_EX" in r["result"]["capabilities"], len(r["exchanges"])')" = \
    "(0, '1.4', True, 3)" ] || fail "caps as JSON: not what it should be"

expect 0 cert spdm cert "${peer[@]}" --out chain.der
cmp -s chain.der dev/device.chain.der || fail "cert: the chain written is not the device's"
says cert "pass +trust"
pin=$(cat dev/device.pin)
says cert "^pin $pin$"
expect 0 "cert without trust" spdm cert --to unix:r
expect 1 "cert of another authority" spdm cert --to unix:r --trust other/root.cert.der
says "cert of another authority" "FAIL +trust"
says "cert of another authority" "^SPDM +FAIL"
expect 1 "cert, long expired" spdm cert "${peer[@]}" --time 9000000000
says "cert, long expired" "FAIL +validity"
expect 3 "cert of an empty slot" spdm cert "${peer[@]}" --slot 3
one_line "cert of an empty slot" "DIGESTS: the certificate slot is not provisioned"

expect 0 challenge spdm challenge "${peer[@]}" --summary all
says challenge "^authenticated: slot 0, 3 certificates, pin $pin$"
says challenge "^measurement summary [0-9a-f]{96}$"
expect 0 "challenge by pin" spdm challenge --to unix:r --pin "$pin"
expect 4 "challenge, another pin" spdm challenge --to unix:r --pin "${pin//[0-9]/0}"
one_line "challenge, another pin" "CERTIFICATE: the leaf's key is not the pinned one"
expect 4 "challenge, another authority" spdm challenge --to unix:r --trust other/root.cert.der
one_line "challenge, another authority" "CERTIFICATE: "

expect 0 session spdm session "${peer[@]}" --challenge --rounds 2 --keylog keys
says session "HEARTBEAT_ACK .*secured"
says session "KEY_UPDATE_ACK .*secured"
says session "END_SESSION_ACK .*secured"
grep -q '^req_data ' keys || fail "session: no key log"
expect 0 "session as JSON" spdm session "${peer[@]}" --measurements --json
[ "$(json out 'r["exit"], r["failure"], r["agreed"]["secured_messages"], r["result"]["key_update"], r["result"]["measured_blocks"]')" = \
    "(0, None, '1.2', True, 3)" ] ||
    fail "session as JSON: not what it should be"
expect 0 "session, quiet" spdm session "${peer[@]}" --quiet
[ -s out ] && fail "session, quiet: it talks"
expect 0 "session by PSK" spdm session --to unix:r --psk psk --psk-hint 0102
says "session by PSK" "PSK_FINISH_RSP"
grep -q GET_CERTIFICATE out && fail "session by PSK: it read certificates"
expect 4 "session, another PSK" spdm session --to unix:r --psk psk2 --psk-hint 0102
one_line "session, another PSK" "PSK_EXCHANGE_RSP: "
expect 3 "session, unknown PSK" spdm session --to unix:r --psk psk --psk-hint 03
one_line "session, unknown PSK" "the responder answered "

expect 0 vendor spdm vendor "${peer[@]}" --text hello --standard 4 --vendor-id 0a
says vendor "^answer, 5 bytes: 68656c6c6f$"
head -c 20000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >payload
expect 0 "vendor, in chunks" spdm vendor "${peer[@]}" --hex "$(cat payload)" --json
[ "$(json out 'r["result"]["response"]')" = "$(cat payload)" ] || fail "vendor, in chunks: another payload came back"
[ "$(json out 'sum(e["request"] == "CHUNK_SEND" for e in r["exchanges"]) > 3')" = True ] || fail "vendor: no chunks were sent"

expect 0 measurements spdm measurements "${peer[@]}" --evidence evidence
says measurements "^ +2  firmware +digest +[0-9a-f]{96}$"
says measurements "^signature verified"
[ "$(head -c 8 evidence)" = CSEVID01 ] || fail "measurements: no evidence"
expect 0 "measurements, raw, in a session" spdm measurements "${peer[@]}" --in-session --raw --index 2 --unsigned
says "measurements, raw, in a session" "^ +2  firmware +raw +00112233$"
expect 3 "measurements, no such index" spdm measurements "${peer[@]}" --index 9
one_line "measurements, no such index" "MEASUREMENTS: .*answered InvalidRequest"
expect 3 "measurements, no log" spdm measurements "${peer[@]}" --log log
[ -e log ] && fail "measurements, no log: it wrote one"
stop

# Policy: what both sides can agree on, and what they cannot.
responder --hash sha-256 --dhe secp256r1 --versions 1.2..1.3
expect 0 "algorithms" spdm caps --to unix:r --versions 1.2 --hash SHA_384,SHA_256 --aead chacha20-poly1305
says "algorithms" "^ +version +1.2$"
says "algorithms" "^ +hash +SHA-256$"
says "algorithms" "^ +AEAD +CHACHA20-POLY1305$"
expect 3 "no common version" spdm caps --to unix:r --versions 1.4
one_line "no common version" "VERSION: .*expected 0x14, seen 0x13"
says "no common version" "^versions +1.2, 1.3$"
expect 3 "no common hash" spdm session "${peer[@]}" --hash sha-512
one_line "no common hash" "ALGORITHMS: "
expect 4 "no clear handshake" spdm session "${peer[@]}" --clear-handshake require
one_line "no clear handshake" "CAPABILITIES: .*HANDSHAKE_IN_THE_CLEAR"
expect 3 "no vendor" spdm vendor "${peer[@]}" --text x
one_line "no vendor" "the responder answered UnsupportedRequest"
expect 3 "no measurements" spdm measurements "${peer[@]}"
stop

# A requester that authenticates itself, a handshake in the clear, every transport, a number of connections.
for transport in tcp mctp doe; do
    responder --transport $transport --mutual require --trust ca/root.cert.der --clear-handshake allow --connections 3
    expect 0 "mutual over $transport" spdm session "${peer[@]}" --transport $transport --chain host/device.chain.der \
        --key host/device.key.pem --clear-handshake allow
    says "mutual over $transport" "requester signature"
    grep -q "  FINISH .*secured" out && fail "mutual over $transport: FINISH is not in the clear"
    expect 3 "no identity over $transport" spdm session "${peer[@]}" --transport $transport
    expect 3 "a sensor as host over $transport" spdm session "${peer[@]}" --transport $transport --chain dev/device.chain.der \
        --key dev/device.key.pem
    grep -q "extended key usage is for responders only" respond.log || fail "a sensor as host: the responder does not say why"
    ended 0 "$responder" "a responder of three connections"
done

# What a responder can offer beyond that, and what a session reaches of it.
echo '[{"measurement": 1, "type": "rom", "form": "raw", "text": "v1"}, {"measurement": 2, "type": "firmware", "form": "digest", "hex": "00"}]' >log.json
info=0100000003000000
responder --measurements m.json --log log.json --endpoint-info $info --events --demand key-update,endpoint-info,event --psk psk \
    --psk-hint 0102 --psk psk2 --psk-hint 03 --heartbeat 9 --sessions 2
expect 0 "everything" spdm session "${peer[@]}" --read-info --events --rounds 3 --endpoint-info $info
says "everything" "^endpoint information, signed: $info$"
says "everything" "^1 events: 0000000000000000000002"
says "everything" "^[3-9] requests of the responder answered$"
grep -q "asked: key update: done" respond.log || fail "everything: no key update was asked for"
grep -q "asked: endpoint information: done: $info$" respond.log || fail "everything: no endpoint information was asked for"
expect 0 "events as JSON" spdm session "${peer[@]}" --events --rounds 3 --json
[ "$(json out 'len(r["result"]["events"]), r["result"]["answered"] >= 2')" = "(1, True)" ] || fail "events as JSON: not what it should be"
expect 0 "the extension log" spdm measurements "${peer[@]}" --log log --in-session
[ "$(wc -c <log)" -eq $((16 + 13 + 12)) ] || fail "the extension log: $(wc -c <log) bytes"
expect 0 "the second PSK" spdm session --to unix:r --psk psk2 --psk-hint 03
expect 4 "the first PSK for the second hint" spdm session --to unix:r --psk psk --psk-hint 03
stop
responder --slow 60 --defer 14 --busy 9 --ct 21
expect 0 "slow and busy" spdm session "${peer[@]}" --challenge --json
[ "$(json out 'sum(e["request"] == "RESPOND_IF_READY" for e in r["exchanges"]) > 3')" = True ] || fail "slow: no RESPOND_IF_READY"
[ "$(json out 'sum(e.get("error") == "Busy" for e in r["exchanges"]) > 0')" = True ] || fail "busy: nobody was"
stop
responder --resynch 6 --without HBEAT,MEAS --max-message 600 --transfer 600
expect 3 "resynch" spdm session "${peer[@]}"
one_line "resynch" "answered RequestResynch"
expect 0 "without" spdm caps --to unix:r
says "without" "capabilities CERT, CHAL, ENCRYPT"
grep -qE "HBEAT|MEAS" out && fail "without: they are there"
stop
responder --mutual require --ask known --requester host/device.chain.der --trust ca/root.cert.der
expect 0 "known requester" spdm session "${peer[@]}" --chain host/device.chain.der --key host/device.key.pem
grep -q ENCAPSULATED out && fail "known requester: it was asked"
stop
responder --mutual require --ask challenge --trust ca/root.cert.der
expect 0 "mutual, after challenge" spdm challenge "${peer[@]}" --chain host/device.chain.der --key host/device.key.pem
says "mutual, after challenge" "DELIVER_ENCAPSULATED_RESPONSE"
sleep 1.1 # the responder's clock goes on
"$camseal" pki device --ca ca --out young --name young --role requester --not-before "$(date -u +%FT%TZ)" --quiet || fail "a young identity"
expect 0 "mutual, with a younger identity" spdm session "${peer[@]}" --chain young/device.chain.der --key young/device.key.pem
stop

# The rest of the policy, on either side.
responder --measurements m.json --secured-messages 1.2..1.3 --aead-limit 20 --mutual allow --trust ca/root.cert.der \
    --pin "$(cat host/device.pin)" --unsigned --fresh --echo
own=(--chain host/device.chain.der --key host/device.key.pem)
expect 0 "secured messages 1.3" spdm session "${peer[@]}" --secured-messages 1.3 --aead-limit 8 --json
[ "$(json out 'r["agreed"]["secured_messages"]')" = 1.3 ] || fail "secured messages 1.3: not those"
expect 3 "no common secured messages" spdm session "${peer[@]}" --secured-messages 1.1
expect 0 "measurements, not signed" spdm measurements "${peer[@]}" --unsigned --fresh
expect 3 "measurements that nobody signs" spdm measurements "${peer[@]}"
expect 0 "the pinned requester" spdm session "${peer[@]}" "${own[@]}" --mutual require
expect 2 "mutual without identity" spdm session "${peer[@]}" --mutual require
"$camseal" pki device --ca ca --out host2 --name host2 --role requester --quiet || fail "another host"
expect 3 "another requester than the pinned one" spdm session "${peer[@]}" --chain host2/device.chain.der --key host2/device.key.pem
expect 2 "no chunks, too long" spdm vendor "${peer[@]}" --hex "$(cat payload)" --chunking refuse
expect 0 "a short longest message" spdm vendor "${peer[@]}" --text hello --max-message 2000 --transfer 2000
stop
responder
expect 4 "nothing is measured" spdm session "${peer[@]}" --measuring require
expect 4 "nobody asks" spdm session "${peer[@]}" "${own[@]}" --mutual require
stop

# What comes over another transport or as nonsense ends that connection, not the responder.
responder
expect 6 "another transport" spdm caps --to unix:r --transport mctp --timeout 300
python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("r"); s.send(b"\xff" * 64); s.close()'
expect 0 "after nonsense" spdm caps --to unix:r
stop

# Bad input.
expect 0 "help" spdm session --help
says "help" "--clear-handshake RULE"
expect 2 "no endpoint" spdm caps
one_line "no endpoint" "--to ENDPOINT"
expect 2 "no trust" spdm session --to unix:r
one_line "no trust" "whom to trust"
expect 2 "an operand" spdm caps --to unix:r more
expect 2 "another host" spdm caps --to tcp:192.0.2.1:4000
expect 2 "no endpoint that is one" spdm caps --to nowhere
expect 2 "unknown transport" spdm caps --to unix:r --transport usb
expect 2 "unknown algorithm" spdm caps --to unix:r --hash md5
one_line "unknown algorithm" "md5 is no algorithm that this build has \(there are SHA-256"
expect 2 "version 1.1" spdm caps --to unix:r --versions 1.1..1.4
expect 2 "secured messages 1.4" spdm caps --to unix:r --secured-messages 1.4
expect 2 "an AEAD limit of 65" spdm caps --to unix:r --aead-limit 65
expect 2 "versions reversed" spdm caps --to unix:r --versions 1.4..1.2
expect 2 "a pin that is none" spdm challenge --to unix:r --pin 12
expect 2 "a slot that is none" spdm cert --to unix:r --slot 8
expect 2 "a key without chain" spdm session "${peer[@]}" --key dev/device.key.pem
expect 2 "signatures that the key cannot" spdm session "${peer[@]}" --chain host/device.chain.der --key host/device.key.pem \
    --req-asym ed25519
expect 2 "no payload" spdm vendor "${peer[@]}"
expect 2 "odd hex" spdm vendor "${peer[@]}" --hex 123
expect 2 "unsigned evidence" spdm measurements "${peer[@]}" --unsigned --evidence e
expect 3 "trust that is no certificate" spdm session --to unix:r --trust m.json
expect 6 "trust that is not there" spdm session --to unix:r --trust nothing
expect 6 "nobody there" spdm caps --to unix:nobody --timeout 100
one_line "nobody there" "nobody"
(umask 022 && printf open >psk3 && chmod 644 psk3)
expect 4 "a key that all may read" spdm session --to unix:r --psk psk3
expect 2 "respond: endpoint information that is none" spdm respond --listen unix:r --psk psk --endpoint-info 01
expect 2 "respond: two keys without hints" spdm respond --listen unix:r --psk psk --psk psk2
expect 2 "respond: an unknown demand" spdm respond --listen unix:r --psk psk --demand all
expect 2 "respond: an unknown capability" spdm respond --listen unix:r --psk psk --without CHALL
expect 3 "respond: a log that is none" spdm respond --listen unix:r --psk psk --log m.json
one_line "respond: a log that is none" "--log m.json: entry 1: \"measurement\""
expect 2 "respond: no endpoint" spdm respond --psk psk
expect 2 "respond: no identity" spdm respond --listen unix:r
expect 2 "respond: mutual without trust" spdm respond --listen unix:r --psk psk --mutual allow
expect 4 "respond: the wrong key" spdm respond --listen unix:r --chain dev/device.chain.der --key host/device.key.pem
expect 2 "respond: an algorithm that the key cannot" spdm respond --listen unix:r --chain dev/device.chain.der \
    --key dev/device.key.pem --asym ed25519
for bad in '{}' '[]' '[{"index": 0, "type": "rom", "text": "x"}]' '[{"index": 1, "type": "ram", "text": "x"}]' \
    '[{"index": 1, "type": "rom"}]' '[{"index": 1, "type": "rom", "hex": "1"}]' '[{"index": 1, "type": "rom", "text": "x", "form": 1}]' \
    '[{"index": 2, "type": "rom", "text": "x"}, {"index": 1, "type": "rom", "text": "x"}]' '[1]' '['; do
    echo "$bad" >bad.json
    expect 3 "respond: measurements $bad" spdm respond --listen unix:r --psk psk --measurements bad.json
    one_line "respond: measurements $bad" "--measurements bad.json"
done
finish
