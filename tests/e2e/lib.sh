# shellcheck shell=bash disable=SC2034
# What the end-to-end scripts share: a private folder, processes that are always ended, short assertions.
# Use: source lib.sh CAMSEAL. Everything runs in $dir, which is removed at the end.
set -u
camseal=$(realpath "$1")
dir=$(mktemp -d)
pids=()
failures=0

# reap PID [TENTHS]: waits for a started process, at most 20 seconds, then kills it. Its exit code.
reap() {
    local pid=$1 left=${2:-200} state
    while [ "$left" -gt 0 ] && read -r _ _ state _ 2>/dev/null <"/proc/$pid/stat" && [ "$state" != Z ]; do
        sleep 0.1
        left=$((left - 1))
    done
    [ "$left" -gt 0 ] || kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

cleanup() {
    local pid
    for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null; done
    for pid in ${pids[@]+"${pids[@]}"}; do reap "$pid" 50; done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# start LOG ARGUMENT...: camseal in the background; its pid is in $started.
start() {
    local log=$1
    shift
    : >"$log" # before the process is there: what an earlier one wrote must not count as ready
    "$camseal" "$@" >"$log" 2>&1 &
    started=$!
    pids+=("$started")
}

# ready LOG: the process that was started last serves.
ready() {
    for _ in $(seq 250); do
        grep -q '^ready' "$1" && return
        sleep 0.02
    done
    fail "$1: it does not start"
    cat "$1"
}

# expect CODE WHAT ARGUMENT...: camseal ends with exactly this exit code; output in ./out and ./err.
expect() {
    local want=$1 what=$2 got
    shift 2
    timeout -k 5 60 "$camseal" "$@" >out 2>err
    got=$?
    [ "$got" -eq "$want" ] || {
        fail "$what: exit code $got instead of $want"
        cat out err
    }
}

# one_line WHAT PATTERN: stderr of the last expect is one line that matches.
one_line() {
    [ "$(wc -l <err)" -eq 1 ] || {
        fail "$1: $(wc -l <err) lines on stderr"
        cat err
    }
    grep -qiE -- "$2" err || {
        fail "$1: stderr does not say '$2'"
        cat err
    }
}

# says WHAT PATTERN: a line of the last expect's output matches.
says() {
    grep -qE -- "$2" out || {
        fail "$1: it does not say '$2'"
        cat out
    }
}

# serve ARGUMENT...: camseal spdm respond at unix:r, until stop.
serve() {
    start respond.log spdm respond --listen unix:r "$@"
    responder=$started
    ready respond.log
}
stop() {
    kill "$responder" 2>/dev/null
    ended 130 "$responder" "the responder, interrupted"
}

# pki: a throw-away authority in ./ca and a sensor's identity in ./dev.
pki() {
    "$camseal" pki init --out ca --quiet || fail "pki init"
    "$camseal" pki device --ca ca --out dev --name camera --quiet || fail "pki device"
}

# A sensor and an ECU with the usual links and identity; further arguments follow.
sensor=(sensor --data unix:d --control unix:c --chain dev/device.chain.der --key dev/device.key.pem)
ecu=(ecu --data unix:d --control unix:c --trust ca/root.cert.der)
small=(--mode 64x48 --fps 0)

# json FILE EXPRESSION: a value out of a JSON file (a Python expression over r).
json() {
    python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# nothing_left FOLDER WHAT: no temporary file stayed there.
nothing_left() {
    [ -z "$(find "$1" -name '.*.??????' 2>/dev/null)" ] || fail "$2: a temporary file stayed"
}

# ended CODE PID WHAT: a started process ends by itself with this code.
ended() {
    local want=$1 pid=$2 what=$3 got
    reap "$pid"
    got=$?
    [ "$got" -eq "$want" ] || fail "$what: exit code $got instead of $want"
}

# A sanitizer's complaint in any log or output is a failure, whatever the exit codes say.
finish() {
    if grep -lE "ERROR: (Address|Leak)Sanitizer|runtime error:" ./*.log out err 2>/dev/null; then
        fail "a sanitizer complained"
        cat ./*.log
    fi
    [ "$failures" -eq 0 ] || {
        echo "$failures failed"
        exit 1
    }
    echo "all good"
    exit 0
}
