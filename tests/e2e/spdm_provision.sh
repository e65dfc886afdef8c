#!/usr/bin/env bash
# A device's certificates through its life, `camseal spdm csr` and `set-cert` against `camseal spdm respond --provision`:
# the factory's first chain, the owner's chain made from a CSR with openssl, a session with it, and what must be refused.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
command -v openssl >/dev/null || {
    echo "SKIPPED: no openssl command to sign with"
    exit 77
}
pki
"$camseal" pki device --ca ca --out host --name host --role requester --quiet || fail "an identity of the host"
(umask 077 && printf 'a pre-shared key' >psk)

# The owner's own authority, by openssl alone.
openssl ecparam -name secp384r1 -genkey -noout -out owner.key 2>/dev/null
openssl req -x509 -new -key owner.key -sha384 -days 30 -subj /CN=owner -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign -outform DER -out owner.der 2>/dev/null || fail "the owner's root"
openssl x509 -inform DER -in owner.der -out owner.pem
printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature >leaf.ext

# signs CSR CHAIN: the owner's certificate for a request that openssl found good.
signs() {
    openssl req -inform DER -in "$1" -verify -noout >verify.log 2>&1 || fail "openssl does not verify $1: $(cat verify.log)"
    openssl x509 -req -inform DER -in "$1" -CA owner.pem -CAkey owner.key -CAcreateserial -sha384 -days 20 -extfile leaf.ext \
        -outform DER -out leaf.der 2>/dev/null || fail "signing $1"
    cat owner.der leaf.der >"$2"
}
peer=(--to unix:r --trust ca/root.cert.der)
both=("${peer[@]}" --trust owner.der)
self=(--chain host/device.chain.der --key host/device.key.pem)
device=(--chain dev/device.chain.der --key dev/device.key.pem --provision store)
mkdir store

# In the factory: a key, no certificates, no session.
serve --key dev/device.key.pem --provision store --trusted-environment
expect 3 "nothing to authenticate by" spdm session "${peer[@]}"
one_line "nothing to authenticate by" "DIGESTS: the responder answered Unspecified"
expect 0 "csr in the factory" spdm csr --to unix:r --outside --out factory.csr
says "csr in the factory" "signature verified"
signs factory.csr factory.chain
expect 0 "set-cert in the factory" spdm set-cert --to unix:r --outside --install factory.chain
says "set-cert in the factory" "^the new chain is served$"
cmp -s store/slot0.der factory.chain || fail "what is stored is not what was set"
expect 0 "a session at once" spdm session --to unix:r --trust owner.der
stop
serve --key dev/device.key.pem --provision store
expect 0 "a session after a restart" spdm session --to unix:r --trust owner.der
expect 3 "outside a session, later" spdm set-cert --to unix:r --outside --install factory.chain
one_line "outside a session, later" "SET_CERTIFICATE_RSP: the responder answered UnexpectedRequest"
stop
rm store/slot0.der

# In the field: who is not authenticated may ask for a CSR, and set nothing.
for version in 1.2 1.3 1.4; do
    rm -f store/*
    serve "${device[@]}" --key dev/device.key.pem --psk psk --mutual allow --trust ca/root.cert.der \
        --install-trust owner.der --versions "$version"
    expect 0 "$version csr" spdm csr "${peer[@]}" --out field.csr --json
    [ "$(json out 'r["exit"], r["result"]["verified"]')" = "(0, True)" ] || fail "$version csr as JSON: not what it should be"
    signs field.csr field.chain
    expect 3 "$version nobody" spdm set-cert "${both[@]}" --install field.chain --into 1
    one_line "$version nobody" "SET_CERTIFICATE_RSP: the responder answered (InvalidPolicy|UnexpectedRequest)$"
    expect 3 "$version another authority" spdm set-cert "${both[@]}" "${self[@]}" --install dev/device.chain.der --into 1
    one_line "$version another authority" "the responder answered Unspecified$"
    expect 3 "$version no such slot" spdm set-cert "${both[@]}" "${self[@]}" --install field.chain --into 5
    one_line "$version no such slot" "the responder answered InvalidRequest$"
    [ -z "$(ls store)" ] || fail "$version: a refused chain was stored"
    expect 0 "$version an authenticated host" spdm set-cert "${both[@]}" "${self[@]}" --install field.chain --into 1
    says "$version an authenticated host" "^the new chain is served, and trusted$"
    expect 0 "$version not trusted here" spdm set-cert "${peer[@]}" --psk psk --install field.chain --into 1
    says "$version not trusted here" "^the new chain is served, but not trusted here$"
    expect 0 "$version nothing but the PSK" spdm set-cert --to unix:r --psk psk --install field.chain --into 1
    says "$version nothing but the PSK" "^the new chain is served$"
    expect 0 "$version a host with the PSK" spdm set-cert "${both[@]}" --psk psk --install field.chain --json
    [ "$(json out 'r["result"]["slot"], r["result"]["served"], r["result"]["trusted"]')" = "(0, True, True)" ] ||
        fail "$version set-cert as JSON: not what it should be"
    expect 0 "$version a session with the new chain" spdm session --to unix:r --trust owner.der --challenge
    expect 0 "$version a session with slot 1" spdm session --to unix:r --trust owner.der --slot 1
    expect 4 "$version the old authority" spdm session "${peer[@]}"
    stop
done

# Erase; what was erased stays so.
serve "${device[@]}" --psk psk
expect 0 "erase" spdm set-cert --to unix:r --trust owner.der --psk psk --erase
stop
serve "${device[@]}" --psk psk
expect 3 "erased" spdm session --to unix:r --trust owner.der
one_line "erased" "DIGESTS: the responder answered Unspecified"
stop

# What cannot be stored is not in use: the folder is gone.
serve "${device[@]}" --psk psk
mv store gone
expect 3 "no folder" spdm set-cert --to unix:r --trust owner.der --psk psk --install field.chain
one_line "no folder" "the responder answered Unspecified$"
mv gone store
expect 3 "still erased" spdm session --to unix:r --trust owner.der
stop

head -c 100 field.chain >store/slot0.der
expect 5 "a broken file" spdm respond --listen unix:r "${device[@]}"
one_line "a broken file" "store/slot0.der: no sound certificate chain"
cp host/device.chain.der store/slot0.der
expect 5 "a chain for another key" spdm respond --listen unix:r "${device[@]}"
one_line "a chain for another key" "store/slot0.der: it is for none of the keys given"
rm store/slot0.der
expect 6 "no folder at all" spdm respond --listen unix:r --key dev/device.key.pem --provision nowhere
expect 2 "a key without a chain" spdm respond --listen unix:r --key dev/device.key.pem

# Not asked for is not offered.
serve --chain dev/device.chain.der --key dev/device.key.pem
expect 3 "csr, not offered" spdm csr "${peer[@]}" --out none.csr
one_line "csr, not offered" "does not offer this"
[ -e none.csr ] && fail "csr, not offered: a file was written"
expect 2 "set-cert, nothing given" spdm set-cert "${peer[@]}"
expect 2 "set-cert, both given" spdm set-cert "${peer[@]}" --erase --install field.chain
expect 3 "set-cert, no certificates" spdm set-cert "${peer[@]}" --install psk
stop
finish
