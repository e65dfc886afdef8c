#!/usr/bin/env bash
# Post-quantum sessions of the command with itself: ML-DSA identities made by openssl, ML-KEM, SPDM 1.4; each pair of sizes,
# mutual, in small chunks; and that none of it is used unless it is named. Needs libcrypto and openssl 3.5.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
"$camseal" spdm caps --to unix:r --asym ml-dsa-65 --dhe ml-kem-768 >out 2>err
[ $? -eq 2 ] && {
    echo "SKIPPED: this libcrypto has no post-quantum algorithms: $(cat err)"
    exit 77
}
openssl genpkey -algorithm ML-DSA-65 -out /dev/null 2>err || {
    echo "SKIPPED: this openssl command makes no ML-DSA keys"
    exit 77
}

# identity NAME SIZE: a root and a leaf that it signed, in ./NAME-SIZE.
identity() {
    local at=$1-$2
    mkdir "$at"
    (umask 077 && openssl genpkey -algorithm "ML-DSA-$2" -out "$at/key" && openssl genpkey -algorithm "ML-DSA-$2" -out "$at/ca.key")
    openssl req -x509 -new -key "$at/ca.key" -days 30 -subj "/CN=root of $at" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign -outform DER -out "$at/ca.der" &&
        openssl req -x509 -new -key "$at/key" -days 20 -subj "/CN=$at" -CA "$at/ca.der" -CAkey "$at/ca.key" -addext \
            basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -outform DER -out "$at/leaf.der" 2>err &&
        cat "$at/ca.der" "$at/leaf.der" >"$at/chain.der"
    [ -s "$at/chain.der" ] || fail "an identity with ML-DSA-$2: $(cat err)"
}
echo '[{"index": 1, "type": "rom", "tcb": true, "text": "rom v1"}]' >m.json

for dsa in 44 65 87; do
    identity device "$dsa"
    identity host "$dsa"
    start "respond-$dsa.log" spdm respond --listen "unix:r$dsa" --chain "device-$dsa/chain.der" --key "device-$dsa/key" \
        --mutual require --trust "host-$dsa/ca.der" --req-asym "ml-dsa-$dsa" --asym "ml-dsa-$dsa" \
        --dhe ml-kem-512,ml-kem-768,ml-kem-1024 -m m.json --heartbeat 5
    ready "respond-$dsa.log"
    peer=(--to "unix:r$dsa" --chain "host-$dsa/chain.der" --key "host-$dsa/key")
    for kem in 512 768 1024; do
        for transfer in 4096 300; do
            what="ML-DSA-$dsa, ML-KEM-$kem, $transfer bytes"
            expect 0 "$what" spdm session "${peer[@]}" --trust "device-$dsa/ca.der" --asym "ml-dsa-$dsa" --dhe "ml-kem-$kem" \
                --challenge --measurements --summary all --transfer $transfer
            says "$what" "^ +signature +ML-DSA-$dsa$"
            says "$what" "^ +key exchange +ML-KEM-$kem$"
            says "$what" "^ +requester signature +ML-DSA-$dsa$"
            says "$what" "CHUNK_"
        done
    done
done
all=(--asym ml-dsa-87 --dhe ml-kem-768)
expect 3 "algorithms that nobody named" spdm session "${peer[@]}" --trust device-87/ca.der
one_line "algorithms that nobody named" "ALGORITHMS"
expect 3 "SPDM 1.3 has none" spdm session "${peer[@]}" --trust device-87/ca.der "${all[@]}" --versions 1.3
one_line "SPDM 1.3 has none" "ALGORITHMS"
expect 4 "another root" spdm challenge "${peer[@]}" --trust host-87/ca.der "${all[@]}"
one_line "another root" "CERTIFICATE: "
finish
