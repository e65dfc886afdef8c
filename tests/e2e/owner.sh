#!/usr/bin/env bash
# A sensor belongs to its first host: another one is refused, the same one may come again after it died.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

start sensor.log "${sensor[@]}" --mode 64x48 --fps 100
start ecu.log "${ecu[@]}" --owner owner.hex
first=$started
sleep 0.7
kill -9 "$first"
reap "$first"
[ "$(stat -c %a owner.hex)" = 600 ] || fail "others may read the owner secret"
expect 4 "another host" "${ecu[@]}" --frames 3
one_line "another host" "OWNER.*restart the sensor"
expect 0 "the same host again" "${ecu[@]}" --frames 3 --owner owner.hex
expect 0 "and again" "${ecu[@]}" --frames 3 --owner owner.hex
chmod 644 owner.hex
expect 4 "owner secret that others may read" "${ecu[@]}" --owner owner.hex
one_line "owner secret that others may read" "chmod"
echo short >bad.hex
chmod 600 bad.hex
expect 3 "owner secret that is none" "${ecu[@]}" --owner bad.hex
one_line "owner secret that is none" "hex digits"
finish
