#!/usr/bin/env bash
# Each attack alone is named, and nothing but it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"

data=(flip flip-noise "header sv" "header epoch" drop repeat reorder swap replay "replay, replacing"
    drop-frame inject truncate "truncate, frame" strip-tag strip downgrade future remap rewrite-header)
control=(spdm-version spdm-caps "spdm-algs hash" spdm-cert spdm-truncate spdm-garbage "spdm-flip CHALLENGE_AUTH"
    "spdm-flip KEY_EXCHANGE_RSP" spdm-drop spdm-repeat spdm-record-flip)
for name in "${data[@]}" "${control[@]}"; do
    expect 0 "$name" demo --out results --mode 64x48 --frames 9 --only "$name"
done
finish
