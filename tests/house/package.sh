#!/usr/bin/env bash
# Installs the package into a temporary prefix, builds the examples against it with find_package, compiles one with
# pkg-config alone, and runs them: the sink must accept the published vector, the responder must authenticate itself to
# our requester.
# usage: package.sh SOURCE BUILD CMAKE CC CFLAGS
set -eu
source=$1 build=$2 cmake=$3 cc=$4 cflags=$5
work=$(mktemp -d)
responder="" holder=""
trap '[ -z "$responder$holder" ] || kill $responder $holder 2>/dev/null; rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/prefix" >"$work/install.log"
"$cmake" -S "$source/examples" -B "$work/examples" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$cflags" >"$work/configure.log"
"$cmake" --build "$work/examples" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/examples/minimal_sink"

pc=$(find "$work/prefix" -name camseal-openssl.pc)
export PKG_CONFIG_PATH=${pc%/*}
# shellcheck disable=SC2046,SC2086
"$cc" $cflags "$source/examples/minimal_sink.c" $(pkg-config --cflags --libs camseal-openssl) -o "$work/by_pkg_config"
LD_LIBRARY_PATH=$(dirname "${pc%/*}") "$work/by_pkg_config"

camseal=$work/prefix/bin/camseal
[ -x "$camseal" ] || exit 0
"$camseal" pki init --out "$work/ca" >/dev/null
"$camseal" pki device --ca "$work/ca" --out "$work/device" --name example >/dev/null
port=$((20000 + $$ % 20000))
"$work/examples/minimal_responder" "$port" "$work/device/device.chain.der" "$work/device/device.key.pem" >"$work/responder.log" 2>&1 &
responder=$!
# The example has no camera (something only holds the data link open): the session must come up, then the first
# management request is refused.
python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); c = s.accept(); time.sleep(20)' "$work/data" &
holder=$!
while [ ! -S "$work/data" ]; do sleep 0.05; done
"$camseal" ecu --control "tcp:127.0.0.1:$port" --data "unix:$work/data" --trust "$work/ca/root.cert.der" >"$work/ecu.log" 2>&1 && exit 1
grep -q 'FINISH OK' "$work/responder.log" || { cat "$work/responder.log" "$work/ecu.log"; exit 1; }
grep -qE 'VENDOR_DEFINED' "$work/responder.log" || { cat "$work/responder.log"; exit 1; }
echo "package: examples build with find_package and pkg-config, and run"
