#!/usr/bin/env bash
# New keys while the stream runs: no frame is lost, every rotation is reported.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

start sensor.log "${sensor[@]}" --mode 64x48 --fps 60 --frames 50
expect 0 "rotation" "${ecu[@]}" --rotate-every 10 --report r.json
ended 0 "$started" "the sensor"
[ "$(json r.json 'len(r["frames"])')" = 50 ] || fail "not every frame came"
[ "$(json r.json 'len(r["rotations"]) >= 4 and all(x["status"] == "OK" for x in r["rotations"])')" = True ] ||
    fail "not every rotation worked"
finish
