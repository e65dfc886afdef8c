#!/usr/bin/env bash
# The independent model opens every frame that protect wrote: tags, checksums, headers and pixels, from the key log.
judge=$(realpath "$2") model=$(realpath "$3")
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
python3 -c 'import cryptography' 2>/dev/null || {
    echo "SKIPPED: python3-cryptography is not here"
    exit 77
}
head -c $((64 * 48 * 12 / 8)) /dev/urandom >frame.raw

# judged WHAT VARIANTS OPTION...: three times the same raw frame on two channels
judged() {
    local what=$1 variants=$2 input=raw:64x48:raw12p:frame.raw
    shift 2
    expect 0 "$what" protect 3=$input 12=$input --frames 3 --variants "$variants" --embedded-bottom 2 "$@" -o c.pcapng -k keys
    python3 "$judge" "$model" c.pcapng keys "$variants" 3 frame.raw >judge.log 2>&1 || {
        fail "$what: the model disagrees"
        cat judge.log
    }
}
for suite in EFF-128 EFF-256 PERF-128-I PERF-256-I PERF-128-IE PERF-256-IE; do
    for mode in message data-type frame; do
        judged "$suite, tag per $mode" 2/3/2 --suite $suite --tag-mode $mode --stride 1/2/5
    done
    judged "$suite, FSED" 2/3/2 --suite $suite --protocol fsed --stride 1/2/5
done
judged "FSED, encrypted" 1/1/1 --protocol fsed --top-tag
judged "FSED in lines" 1/2/1 --protocol fsed --top-tag --in-lines 80 --crc ieee
judged "FSED, stripes" 2/4/1 --protocol fsed --stride 3/5/16 --suite PERF-256-IE
judged "encrypted" 1/1/1 --suite PERF-256-IE
judged "byte stripes" 1/4/5 --tag-mode frame --stride 3/5/16 --crc ieee
judged "byte stripes, slots" 4/2/5 --tag-mode data-type --suite EFF-128
judged "short tags" 2/2/2 --suite EFF-128 --tag-length 8 --context 77 --epoch 19

# The judge can say no.
sed -i 's/^\(OP1_CRK [0-9a-f]*\) \(..\)\(.*\)$/\1 \3\2/' keys
python3 "$judge" "$model" c.pcapng keys 2/2/2 3 frame.raw >/dev/null 2>&1 && fail "the judge accepts a wrong key"
finish
