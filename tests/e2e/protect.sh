#!/usr/bin/env bash
# camseal protect and verify: files to a protected capture and back, sample by sample; every way to spoil the capture is
# named in lines of the picture.
# shellcheck source-path=SCRIPTDIR source=lib.sh
spoil=$(realpath "$(dirname "$0")/spoil.py")
compare=$(realpath "$2")
source "$(dirname "$0")/lib.sh" "$1"
# The compared frame is the first: protect does not move a still.
small=(--mode 64x48)

# round WHAT FORMAT OPTION...: three frames there and back; the first one is the source's.
round() {
    local what=$1 format=$2 suffix=-mosaic
    shift 2
    [ "$format" = yuv422 ] && suffix=-samples
    rm -rf pictures
    expect 0 "$what: protect" protect builtin "${small[@]}" --frames 3 --format "$format" "$@" -o c.pcapng -k keys --quiet
    expect 0 "$what: verify" verify c.pcapng -k keys -o pictures --allow-partial -p coverage.png
    [ "$format" = rgb888 ] && return
    "$compare" builtin 64x48 "$format" 0 pictures/frame-000001$suffix.png || fail "$what: the picture is another one"
    cmp -s pictures/frame-000001$suffix.png pictures/frame-000003$suffix.png || fail "$what: the frames of a still differ"
}

for format in raw8 raw10 raw12 raw14 raw16 yuv422; do
    round "$format" $format
done
for suite in EFF-256 PERF-128-I PERF-256-IE; do # the others: protect_judge.sh
    for mode in message data-type frame; do
        round "$suite, tag per $mode" raw12 --suite $suite --tag-mode $mode --embedded-bottom 2
    done
done
for variants in 2/3/5 1/4/2 5/2/2 2/1/2,2/2/2,1/3/5; do
    round "variants $variants" raw12 --variants $variants --tag-mode data-type --stride 1/2/5 --embedded-bottom 1
    round "variants $variants" raw12 --variants $variants --tag-mode frame --crc ieee
    round "variants $variants" raw12 --variants $variants --vc 11
done
round "no embedded line" raw10 --embedded 0
round "short tags" raw10 --suite EFF-128 --tag-length 8
for profile in B C E; do
    round "profile OP1-$profile" raw12 --profile OP1-$profile
done

for profile in A D V; do
    round "profile OP1-$profile" raw12 --profile OP1-$profile
done
for options in "" "--top-tag" "--in-lines 80" "--in-lines 96 --top-tag" "--suite EFF-256 --crc ieee --embedded 0"; do
    # shellcheck disable=SC2086
    round "FSED $options" raw10 --protocol fsed --embedded-bottom 2 $options
done
round "FSED variants" raw16 --protocol fsed --top-tag --variants 2/1/2,1/4/5 --stride 2/3/7
for protocol in sep fsed; do
    for options in "--suite SAFETY --epoch 0" "--variants 5/5/5"; do
        # shellcheck disable=SC2086
        expect 0 "$protocol $options" protect builtin "${small[@]}" --frames 2 --protocol $protocol $options -o c.pcapng -k keys
        rm -rf pictures
        expect 0 "$protocol $options" verify c.pcapng -k keys --allow-unverified -o pictures
        "$compare" builtin 64x48 raw12 0 pictures/frame-000001-unverified-mosaic.png || fail "$protocol $options: the picture"
        timeout 20 "$camseal" verify c.pcapng -k keys >out 2>err && fail "$protocol $options: accepted without being allowed"
    done
done

# A PNG as RGB888: the same pixels, judged by ffmpeg.
if command -v ffmpeg >/dev/null; then
    ffmpeg -v error -f lavfi -i testsrc=size=96x64:rate=1 -frames:v 1 -pix_fmt rgb24 in.png
    ffmpeg -v error -f lavfi -i testsrc2=size=96x64:rate=10 -frames:v 4 -pix_fmt yuv420p in.mkv
    rm -rf pictures
    expect 0 "PNG: protect" protect in.png --format rgb888 -o c.pcapng -k keys
    expect 0 "PNG: verify" verify c.pcapng -k keys -o pictures
    for f in in.png pictures/frame-000001.png; do ffmpeg -v error -i $f -f rawvideo -pix_fmt rgb24 - >"${f##*/}.raw"; done
    cmp in.png.raw frame-000001.png.raw || fail "PNG: other pixels"
    # Several cameras, a video among them: each has all its frames.
    rm -rf pictures
    expect 0 "cameras: protect" protect 2=in.png 5=in.mkv 2=in.png --mode 96x64 --format rgb888 -o c.pcapng -k keys
    expect 0 "cameras: verify" verify c.pcapng -k keys -o pictures -p coverage.png
    [ "$(find pictures -name 'vc5-*' | wc -l) $(find pictures -name 'vc2-*' | wc -l)" = "4 2" ] || fail "cameras: frames"
    tshark -r c.pcapng >/dev/null 2>tshark.err || fail "tshark cannot read the capture: $(cat tshark.err)"
fi

# Raw frames pass through unchanged.
head -c $((64 * 48 * 2 * 2)) /dev/urandom >noise.raw
rm -rf pictures
expect 0 "raw: protect" protect raw:64x48:raw16:noise.raw --format raw16 -o c.pcapng -k keys
expect 0 "raw: verify" verify c.pcapng -k keys -o pictures
"$compare" raw:64x48:raw16:noise.raw 64x48 raw16 0 pictures/frame-000001-mosaic.png || fail "raw: other samples"

# Keys: a secrets block on request, a key of the user's, the owner alone reads them, none is printed.
expect 0 "secrets: protect" protect builtin "${small[@]}" -o s.pcapng --secrets
expect 0 "secrets: verify" verify s.pcapng --secrets
[ "$(stat -c %a s.pcapng) $(stat -c %a keys)" = "600 600" ] || fail "others may read keys"
expect 4 "no secrets" verify c.pcapng --secrets
one_line "no secrets" "holds no secrets"
printf '%064d' 7 >root && chmod 600 root
expect 0 "root key: protect" protect builtin "${small[@]}" -o r.pcapng --root-key root --epoch 3 --suite EFF-256
expect 0 "root key: verify" verify r.pcapng --root-key root --epoch 3 --suite EFF-256
expect 1 "another epoch" verify r.pcapng --root-key root --epoch 4 --suite EFF-256
expect 2 "no key kept" protect builtin -o r.pcapng
expect 0 "demanded" verify c.pcapng -k keys --suite PERF-128-IE --tag-mode message --format raw16
expect 4 "another suite demanded" verify c.pcapng -k keys --suite EFF-128
one_line "another suite demanded" "--suite"

# ---- spoilt: packet 1 is FS, packet 2 the embedded line, packet 3 + n line n of frame 1; 51 packets a frame
expect 0 "protect" protect builtin "${small[@]}" --frames 3 -o c.pcapng -k keys
seen() {
    grep -qE -- "$2" out || {
        fail "$1: the table does not say '$2'"
        cat out
    }
}
spoilt() {
    local what=$1
    shift
    python3 "$spoil" c.pcapng bad.pcapng "$@"
    rm -rf pictures
    expect 1 "$what" verify bad.pcapng -k keys -o pictures -p coverage.png
}
spoilt "a flipped bit" flip:40:20
seen "a flipped bit" "1 +vc0 +FORGED .*forged tag: line 37"
seen "a flipped bit" "2 OK  1 FORGED"
[[ -s pictures/frame-000001-marked.png && ! -e pictures/frame-000001.png && -s pictures/frame-000002.png ]] ||
    fail "a flipped bit: $(ls pictures)"
spoilt "a flipped bit of the tag" flip:20:94
seen "a flipped bit of the tag" "forged tag: line 17"
spoilt "noise" noise:40:20
seen "noise" "1 +vc0 +INCOMPLETE .*missing line 37; CRC-16.*packet 40"
spoilt "missing lines" drop:64-67
seen "missing lines" "2 +vc0 +INCOMPLETE .*missing lines 10-13"
spoilt "a missing embedded line and others" drop:2 drop:5 drop:7-9
seen "a missing embedded line and others" "missing top line 0, line 2, lines 4-6"
spoilt "no end" drop:40-51
seen "no end" "1 +vc0 +INCOMPLETE .*missing lines 37-47"
spoilt "a missing frame" drop:52-102
seen "a missing frame" "never verified: frame 2-2"
spoilt "a replayed line" dup:60
seen "a replayed line" "replayed"
expect 1 "JSON" verify bad.pcapng -k keys --json
python3 - out <<'PY' || fail "JSON: not what it should be"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["exit"] == 1 and r["frame_verdicts"]["OK"] == 3 and r["reasons"]["REPLAY_FRAME"] == 1, r
assert [f["good"] for f in r["frames"]] == [True] * 3 and r["unattached"][0]["message_count"] == 7
PY
for mode in data-type frame; do
    expect 0 "protect, $mode" protect builtin "${small[@]}" --frames 3 -o c.pcapng -k keys --tag-mode $mode
    spoilt "a flipped bit, $mode" flip:40:20
    seen "a flipped bit, $mode" "1 +vc0 +FORGED"
    [ ! -e pictures/frame-000001.png ] || fail "$mode: a forged picture was written"
    expect 1 "early, $mode" verify bad.pcapng -k keys --early -o pictures
    seen "early, $mode" "messages were out before this verdict"
    [ ! -e pictures/frame-000001.png ] || fail "early, $mode: a forged picture was written"
    spoilt "missing lines, $mode" drop:64-67
    seen "missing lines, $mode" "2 +vc0 +INCOMPLETE .*missing lines 10-13"
done

# FSED: packets have no numbers; what is wrong is named all the same.
expect 0 "protect, FSED" protect builtin "${small[@]}" --frames 3 -o c.pcapng -k keys --protocol fsed
spoilt "FSED, missing lines" drop:64-67
seen "FSED, missing lines" "2 +vc0 +INCOMPLETE .*packets are missing, FSED cannot tell which"
spoilt "FSED, a flipped bit of the tag" flip:52:40
seen "FSED, a flipped bit of the tag" "1 +vc0 +FORGED"
[ ! -e pictures/frame-000001.png ] || fail "FSED: a forged picture was written"
spoilt "FSED, no header" drop:2
seen "FSED, no header" "never verified: frame 1-1"

# A capture of the ECU, over several keys.
pki
start sensor.log "${sensor[@]}" --mode 64x48 --fps 25 --frames 12
expect 0 "ECU" "${ecu[@]}" --frames 10 --rotate-every 3 --capture ecu.pcapng --keylog ecu.keys --quiet
reap "$started"
[ "$(grep -c OP1_CRK ecu.keys)" -ge 2 ] || fail "ECU: no rotation"
expect 0 "ECU's capture" verify ecu.pcapng -k ecu.keys -o pictures

# Not what it seems to be.
expect 0 "other keys" protect builtin "${small[@]}" -o other.pcapng -k other
expect 1 "the wrong key log" verify c.pcapng -k other
seen "the wrong key log" "FORGED"
grep -q "OK " out && fail "the wrong key log: something is OK"
head -c 9000 c.pcapng >cut.pcapng
expect 3 "a truncated capture" verify cut.pcapng -k keys
one_line "a truncated capture" "broken at byte"
head -c 5 c.pcapng >cut.pcapng
expect 3 "no capture" verify cut.pcapng -k keys
echo "OP1_CRK 0101 77" >broken
expect 3 "a broken key log" verify c.pcapng -k broken
echo "# nothing" >broken
expect 4 "an empty key log" verify c.pcapng -k broken
expect 6 "no such file" verify nothing.pcapng -k keys
expect 2 "variants that the suite cannot" protect builtin -o x.pcapng -k x --suite EFF-128 --variants 1/1/1
[[ ! -e x.pcapng && ! -e x ]] || fail "a failed protect left a file"
nothing_left . "protect"
finish
