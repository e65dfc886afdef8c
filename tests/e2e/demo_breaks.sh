#!/usr/bin/env bash
# The demo notices: an attack that was not made, a frame that was hit although it should be good.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"

expect 1 "skip" demo --out results --mode 64x48 --break skip
grep -q "the bridge did not do it .* NO" out || fail "skip: the missing attack is not in the table"
expect 1 "damage" demo --out results --mode 64x48 --break damage
grep -q "NOT as it must be" out || fail "damage: no verdict in the summary"
grep -q "attacks  *31 of 31 named" out || fail "damage: the attacks themselves must still be named"
finish
