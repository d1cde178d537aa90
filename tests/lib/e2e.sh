# e2e - what end-to-end tests and benchmarks written in bash share. A test begins with
#
#   #!/usr/bin/env bash
#   # What it shows, in one sentence.          A line "# timeout 120" or "# processors 2" is read by CMakeLists.txt.
#   . "$(dirname "$0")/../lib/e2e.sh"
#
# and then uses real programs from $ZYG_BIN (build/<preset>/bin; zyg, zyg-node, zyg-run are on PATH). Given to it:
#
#   $ROOT     the checkout            $WORK   a folder of the test's own, removed at the end
#   $STATE    its state folder, in ZYG_STATE too, so that nobody's real jobs are ever touched
#
# There is no sleeping: wait_until looks at a fact every 20 ms until it holds or its deadline has passed. At the end,
# however it came, every process the test started is killed by its id; it is known by a mark in its environment, so a
# trial that left its process group or lost its parent is found as well. `e2e_leftovers` lists them at any moment.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ZYG_BIN=$(cd "${ZYG_BIN:-$ROOT/build/bin}" && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/zyg-e2e-XXXXXX")
STATE=$WORK/state
E2E_MARK=$$-${EPOCHREALTIME/[.,]/}
E2E_NAME=$(basename "$0" .sh)
exec {E2E_NEVER}<> <(:) # a pipe nobody writes to: `read -t` on it passes time without a process
PATH=$ZYG_BIN:$PATH
export ROOT ZYG_BIN WORK STATE PATH E2E_MARK ZYG_STATE=$STATE LC_ALL=C.UTF-8
unset XDG_STATE_HOME XDG_CONFIG_HOME

# Ids of the living processes this test started, directly or not; zombies are not counted.
e2e_leftovers() {
    local file pid
    for file in $(env -u E2E_MARK grep -lsaxz "E2E_MARK=$E2E_MARK" /proc/[0-9]*/environ || true); do
        pid=${file#/proc/}
        pid=${pid%/environ}
        [ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ] || echo "$pid"
    done
}

# Was it built with ASan or TSan, which take terabytes of address space and some time themselves?
is_sanitized() { grep -qaE '__(a|t)san_init' "$ZYG_BIN/zyg"; }

nothing_left() { [ -z "$(e2e_leftovers)" ]; }

e2e_end() {
    local status=$? pid
    trap - EXIT
    exec {E2E_ERR}>&2 2>/dev/null # or bash would tell of every process that it was killed
    for pid in $(jobs -p); do # a child that has not yet become its program carries no mark
        kill -KILL "$pid" 2>/dev/null || true
    done
    until nothing_left; do # again, for what was started in between
        for pid in $(e2e_leftovers); do
            kill -KILL "$pid" 2>/dev/null || true
        done
    done
    wait 2>/dev/null || true
    if [ "$status" != 0 ] && [ -n "${E2E_KEEP:-}" ]; then
        echo "$E2E_NAME: kept $WORK" >&"$E2E_ERR"
    else
        rm -rf "$WORK"
    fi
    exit "$status"
}
trap e2e_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
    echo "$E2E_NAME: line ${BASH_LINENO[${#BASH_LINENO[@]} - 2]}: $*" >&2
    exit 1
}

# Not a failure and not a success: what the test needs is not on this machine.
skip() {
    echo "$E2E_NAME: skipped: $*" >&2
    exit 77
}

e2e_pass_time() { # SECONDS
    read -rt "$1" -u "$E2E_NEVER" || true
}

now_ms() {
    local micros=${EPOCHREALTIME/[.,]/}
    echo $((micros / 1000))
}

# wait_until SECONDS WHAT COMMAND...: until COMMAND succeeds; the test fails when it has not after SECONDS.
wait_until() {
    local seconds=$1 what=$2 end
    shift 2
    end=$(($(now_ms) + seconds * 1000))
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt "$end" ] || fail "waited $seconds s in vain for: $what"
        e2e_pass_time 0.02
    done
}

gone() { # PID: it does not run any more (a zombie that waits for its parent does not run)
    local state
    state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 0
    [ -z "$state" ] || [ "$state" = Z ] || [ "$state" = X ]
}

# start NAME COMMAND...: in the background, output in $WORK/NAME.out and .err; its id in $pid.
start() {
    local name=$1
    shift
    # Now, and not when the child gets round to it: what an earlier one of this name printed must not be taken for its own.
    : >"$WORK/$name.out"
    : >"$WORK/$name.err"
    "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" &
    pid=$!
}

# finish PID [SECONDS]: waits for a started process; its exit status in $status.
finish() {
    wait_until "${2:-60}" "the end of process $1" gone "$1"
    status=0
    wait "$1" || status=$?
}

# run COMMAND...: to its end; then $status, $out (standard output) and $err (standard error).
run() {
    status=0
    "$@" >"$WORK/run.out" 2>"$WORK/run.err" </dev/null || status=$?
    out=$(<"$WORK/run.out")
    err=$(<"$WORK/run.err")
}

e2e_differs() { # WHAT EXPECTED GOT
    fail "$1"$'\n'"  expected: $2"$'\n'"  got:      $3"
}

assert_equal() { # EXPECTED GOT [WHAT]
    [ "$1" = "$2" ] || e2e_differs "${3:-not equal}" "$1" "$2"
}

assert_status() { # EXPECTED: of the last run or finish
    [ "$status" = "$1" ] || e2e_differs "exit status"$'\n'"${err:-}" "$1" "$status"
}

assert_contains() { # TEXT PART
    [[ $1 == *"$2"* ]] || e2e_differs "a part is missing" "...$2..." "$1"
}

assert_match() { # TEXT REGEX
    [[ $1 =~ $2 ]] || e2e_differs "no match" "/$2/" "$1"
}

assert_less() { # GOT LIMIT WHAT (numbers, fractions allowed)
    awk -v got="$1" -v limit="$2" 'BEGIN { exit !(got + 0 < limit + 0) }' || e2e_differs "$3" "less than $2" "$1"
}

assert_nothing_left() { # [SECONDS]
    wait_until "${1:-5}" "the end of every process: $(e2e_leftovers | tr '\n' ' ')" nothing_left
}
