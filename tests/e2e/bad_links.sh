#!/usr/bin/env bash
# Links: nobody there, garbage in both directions, closed in the middle; and the sensor survives its guests.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh" "$1"
pki

expect 6 "unreachable link" "${ecu[@]}" --timeout 0 --quiet
one_line "unreachable link" "unix:c"
start sensor.log sensor --data unix:elsewhere --control unix:c --chain dev/device.chain.der --key dev/device.key.pem "${small[@]}"
expect 6 "unreachable data link" "${ecu[@]}" --timeout 1 --quiet
one_line "unreachable data link" "unix:d"
kill "$started"
reap "$started"
expect 2 "no endpoint" ecu --data nonsense --control unix:c --trust ca/root.cert.der
one_line "no endpoint" "nonsense"

# A listener that sends garbage to whoever connects.
cat >garbage.py <<'PY'
import os, socket, sys
def listen(path):
    s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.bind(path); s.listen(1); return s
control = listen("c")
c, _ = control.accept()
c.sendall(bytes(range(256)) * 16)
c.settimeout(10)
try:
    while c.recv(4096): pass
except OSError: pass
PY
python3 garbage.py &
pids+=($!)
expect 3 "garbage from the sensor" "${ecu[@]}" --timeout 5 --quiet
one_line "garbage from the sensor" "not authenticated"
reap "${pids[-1]}"
rm -f c

# Garbage to the sensor, on both links, then a silent guest, then a real ECU.
cat >guests.py <<'PY'
import os, socket, time
def connect(path):
    for _ in range(100):
        try:
            s = socket.socket(socket.AF_UNIX); s.connect(path); return s
        except OSError: time.sleep(0.05)
    raise SystemExit("no sensor")
for noise in (b"\x00", b"\xff" * 4000, os.urandom(5000), b"\x06\x00\x01\x05\x10\x84\x00", b"\x06\x00\x01\x05" + os.urandom(4),
              b"\x04\x00\x01\xbf", b"\x00\x10\x01\x06" + os.urandom(14)):
    for path in ("c", "d"):
        s = connect(path); s.settimeout(0.2)
        try:
            s.sendall(noise); s.recv(100)
        except OSError: pass
        s.close()
PY
start sensor.log "${sensor[@]}" "${small[@]}" --frames 5
guested=$started
python3 guests.py || fail "the sensor does not take connections any more"
python3 -c 'import socket,time; s=socket.socket(socket.AF_UNIX); s.connect("c"); open("silent", "w"); time.sleep(20)' &
pids+=($!)
until [ -e silent ] || ! kill -0 "${pids[-1]}" 2>/dev/null; do sleep 0.05; done
[ -e silent ] || fail "the silent guest was not let in"
expect 0 "a real ECU after all that" "${ecu[@]}" --frames 5 --attempts 5
ended 0 "$guested" "the sensor after all that"

# The sensor dies in the middle of a frame.
start sensor.log "${sensor[@]}" --mode 1352x898 --fps 20
victim=$started
(sleep 0.7 && kill -9 "$victim") &
pids+=($!)
expect 6 "link closed in the middle" "${ecu[@]}" --frames 1000 --report r.json --quiet
one_line "link closed in the middle" "closed|ended"
[ "$(json r.json 'len(r["frames"]) > 0')" = True ] || fail "no report of what came before"
reap "$victim"
rm -f d c

# The ECU leaves early: the sensor says so.
start sensor.log "${sensor[@]}" "${small[@]}" --fps 50 --frames 1000
expect 0 "an ECU that wants 3 frames" "${ecu[@]}" --frames 3
ended 6 "$started" "the sensor whose receiver left"
grep -q "receiver left" sensor.log || fail "the sensor does not say that its receiver left"
finish
