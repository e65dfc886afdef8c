#!/usr/bin/env bash
# Ctrl-C: everybody ends, the report is written, no socket and no process stays.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

start sensor.log "${sensor[@]}" --mode 64x48 --fps 100
sensor_pid=$started
start ecu.log "${ecu[@]}" --report r.json
ecu_pid=$started
sleep 1
kill -INT "$ecu_pid"
ended 130 "$ecu_pid" "interrupted ECU"
[ "$(json r.json 'r["exit"] == 130 and len(r["frames"]) > 10 and all(f["verdict"] == "OK" for f in r["frames"][:-1])')" = True ] ||
    fail "the report of the interrupted ECU is not whole"
kill -INT "$sensor_pid"
ended 130 "$sensor_pid" "interrupted sensor"
[ ! -e d ] && [ ! -e c ] || fail "a socket stayed"

# Before anybody comes.
start ecu.log "${ecu[@]}" --timeout 30
sleep 0.3
kill -INT "$started"
ended 130 "$started" "ECU that waits for a sensor"

# The demo takes its children along.
mkdir private
TMPDIR=$dir/private start demo.log demo --out results --frames 100000 --mode 64x48
sleep 1
kill -TERM "$started"
ended 130 "$started" "interrupted demo"
sleep 0.2
[ -z "$(pgrep -f "$dir/private" || true)" ] || fail "a child of the demo is still there"
[ -z "$(ls -A private)" ] || fail "the demo's private folder stayed"
finish
