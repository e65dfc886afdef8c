#!/usr/bin/env bash
# `camseal spdm evidence`: what a third party finds in signed measurements, and that no part of them can be changed.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki
"$camseal" pki init --out other --quiet || fail "another authority"
cat >m.json <<'JSON'
[{"index": 1, "type": "rom", "text": "rom v1"},
 {"index": 2, "type": "firmware", "hex": "00112233"},
 {"index": 254, "type": "device-mode", "form": "raw", "hex": "04000000000000000000000000000000"}]
JSON

start respond.log spdm respond --listen unix:r --chain dev/device.chain.der --key dev/device.key.pem --measurements m.json
ready respond.log
nonce=$(printf 'a5%.0s' {1..32})
from=(spdm measurements --to unix:r --trust ca/root.cert.der)
expect 0 "evidence" "${from[@]}" --evidence all --nonce "$nonce"
expect 0 "evidence of raw values" "${from[@]}" --evidence raw --raw --index 2 --versions 1.2 --hash sha-256
kill "$started"
ended 130 "$started" "the responder"

check=(spdm evidence --trust ca/root.cert.der)
expect 0 "genuine" "${check[@]}" all
says "genuine" "^ +2  firmware +digest +[0-9a-f]{96}$"
says "genuine" "^signed by pin $(cat dev/device.pin), SPDM 1.4, ECDSA-P256, SHA-384;"
says "genuine" "^genuine; not compared"
expect 0 "the right nonce and pin" "${check[@]}" all --nonce "$nonce" --pin "$(cat dev/device.pin)" --quiet
[ -s out ] && fail "quiet: it talks"
expect 4 "another nonce" "${check[@]}" all --nonce "${nonce//a/b}"
one_line "another nonce" "REPLAY: the signed request carries another nonce"
expect 4 "another pin" "${check[@]}" all --pin "$nonce"
one_line "another pin" "IDENTITY"
expect 4 "another authority" spdm evidence all --trust other/root.cert.der
one_line "another authority" "UNTRUSTED"
expect 4 "long expired" "${check[@]}" all --time 9000000000
expect 0 "long expired, ignored" "${check[@]}" all --time ignore

# Appraisal: the references of the device itself, then each kind of difference.
expect 0 "as it should be" "${check[@]}" all --reference m.json
says "as it should be" "^genuine, and as it should be$"
expect 0 "raw, as it should be" "${check[@]}" raw --reference <(echo '[{"index": 2, "type": "firmware", "hex": "00112233"}]')
says "raw, as it should be" "2  firmware +raw +same +00112233$"
digest=$(printf '\x00\x11\x22\x33' | openssl dgst -sha256 -r | cut -d' ' -f1)
expect 0 "a digest for a raw value" "${check[@]}" raw \
    --reference <(echo "[{\"index\": 2, \"type\": \"firmware\", \"form\": \"digest\", \"hex\": \"$digest\"}]")
# differs WHAT PATTERN SED-SCRIPT: references changed by it.
differs() {
    sed -E "$3" m.json >r.json
    expect 1 "$1" "${check[@]}" all --reference r.json
    says "$1" "$2"
    says "$1" "NOT as it should be"
}
differs "another value" "2  firmware +digest +DIFFERENT" 's/00112233/00112234/'
differs "another type" "1  rom +digest +DIFFERENT" 's/"rom"/"firmware"/'
differs "a digest where raw is wanted" "1  rom +digest +DIFFERENT" 's/"index": 1,/"index": 1, "form": "raw",/'
differs "another index" "3  firmware +MISSING" 's/"index": 2,/"index": 3,/'
differs "no reference" "2  firmware +digest +UNKNOWN" '/"index": 2,/d'
expect 0 "no reference, allowed" "${check[@]}" all --reference r.json --allow-unknown
expect 1 "as JSON" "${check[@]}" all --reference r.json --json
[ "$(json out 'r["exit"], r["compared"], [b["verdict"] for b in r["blocks"]]')" = "(1, True, ['same', 'UNKNOWN', 'same'])" ] ||
    fail "as JSON: not what it should be"

# One bit wrong anywhere: in the head, the chain, the negotiation, request, response, signature.
python3 - <<'PY'
import struct
data = open("all", "rb").read()
chain, signed, signature = struct.unpack("<III", data[8:20])
starts = {"head": 0, "chain": 20, "negotiation": 20 + chain, "measurements": 20 + chain + signed // 2,
          "signature": 20 + chain + signed, "end": len(data)}
names = list(starts)
for name, after in zip(names, names[1:]):
    first, last = starts[name], starts[after] - 1
    for at in sorted({first, last, *range(first, last, (last - first) // 7 + 1)}):
        changed = bytearray(data)
        changed[at] ^= 1
        open(f"flipped-{name}-{at}", "wb").write(changed)
open("flipped-cut", "wb").write(data[:-1])
open("flipped-longer", "wb").write(data + b"\0")
PY
count=0
for file in flipped-*; do
    timeout 60 "$camseal" "${check[@]}" "$file" >out 2>err
    case $? in 3 | 4) ;; *) fail "$file: not refused" ;; esac
    one_line "$file" "$file: "
    [ -s out ] && fail "$file: something was shown of it"
    count=$((count + 1))
done
[ "$count" -ge 30 ] || fail "only $count changes were tried"

expect 2 "no trust" spdm evidence all
expect 2 "no file" "${check[@]}"
expect 2 "unknown allowed without references" "${check[@]}" all --allow-unknown
expect 6 "a file that is not there" "${check[@]}" none
expect 3 "a file that is none" "${check[@]}" m.json
expect 3 "references that are none" "${check[@]}" all --reference all
finish
