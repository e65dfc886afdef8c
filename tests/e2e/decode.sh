#!/usr/bin/env bash
# A capture of our own control link, decoded passively: with the key log everything verifies; without it, with another
# trust anchor, with a byte changed, or broken off, it does not.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

start sensor.log "${sensor[@]}" "${small[@]}" --frames 3
expect 0 "the run" "${ecu[@]}" --capture run.pcapng --keylog run.keys --quiet
ended 0 "$started" "the sensor"

expect 0 "with the key log" spdm decode run.pcapng --keylog run.keys --trust ca/root.cert.der
grep -q "everything verified" out || fail "it does not say that everything verified"
grep -Eq "^anchor +1 +0 +0$" out || fail "the anchor was not checked"
grep -q "KEY_EXCHANGE_RSP" out || fail "no KEY_EXCHANGE_RSP"
expect 0 "without an anchor" spdm decode run.pcapng --keylog run.keys --json
python3 - out <<'PYTHON' || fail "the JSON is not what it should be"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["summary"]["failed"] == 0 and d["summary"]["not_checked"] == 0 and d["summary"]["exit"] == 0
assert d["summary"]["checks"]["signature"]["passed"] >= 1 and d["summary"]["checks"]["anchor"]["not_checked"] >= 1
assert all(c["result"] in ("passed", "not checked") for m in d["messages"] for c in m["checks"])
PYTHON

"$camseal" pki init --out other --quiet || fail "another authority"
expect 1 "another anchor" spdm decode run.pcapng --keylog run.keys --trust other/root.cert.der
grep -q "FAILED: trust anchor" out || fail "the anchor's failure is not named"
expect 1 "a time long ago" spdm decode run.pcapng --keylog run.keys --trust ca/root.cert.der --time 1

# One byte of CERTIFICATE: in the chain, behind the text that names the authority.
python3 - run.pcapng bad.pcapng <<'PYTHON'
import re, sys
b = bytearray(open(sys.argv[1], "rb").read())
at = re.search(rb"\x01\x05[\x12-\x14]\x02\x00", b).start() + 400  # DSP0287 version and type, CERTIFICATE
b[at] ^= 0x10
open(sys.argv[2], "wb").write(b)
PYTHON
expect 1 "a byte changed" spdm decode bad.pcapng --keylog run.keys
grep -q "FAILED: signature" out || fail "no signature failed"

head -c 2000 run.pcapng >short.pcapng
expect 3 "a broken file" spdm decode short.pcapng --keylog run.keys
one_line "a broken file" "broken at byte"
expect 3 "no capture" spdm decode run.keys
one_line "no capture" "no SPDM capture"
expect 6 "no file" spdm decode missing.pcap
expect 2 "no operand" spdm decode
expect 2 "a PSK that is none" spdm decode --psk xyz run.pcapng
finish
