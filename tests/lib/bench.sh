# bench - what the measurements in tests/bench share, on top of e2e.sh. Each prints lines "name: value (bar: ...)" and
# fails when a bar is missed; a bar that compares is a ratio of two things measured in turn on the same machine.
. "$(dirname "${BASH_SOURCE[0]}")/e2e.sh"

missed=0

micros() { echo "${EPOCHREALTIME/[.,]/}"; }

# took COMMAND...: its time in microseconds; the command must succeed.
took() {
    local before
    before=$(micros)
    "$@" >"$WORK/took.out" 2>"$WORK/took.err" </dev/null || fail "$* failed: $(tail -qn 3 "$WORK/took.out" "$WORK/took.err")"
    echo $(($(micros) - before))
}

median() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }

calc() { awk "BEGIN { printf \"%.${2:-1}f\", $1 }"; }

# report NAME VALUE UNIT "<" or ">" LIMIT
report() {
    local verdict=
    if ! awk "BEGIN { exit !($2 $4 $5) }"; then
        verdict="  MISSED"
        missed=1
    fi
    echo "$1: $2${3:+ $3} (bar: $4 $5${3:+ $3})$verdict"
}

bench_end() { [ "$missed" = 0 ]; }

# job NAME TRIALS SEARCH PARAMS COMMAND: writes $WORK/NAME.yaml; SEARCH, PARAMS and COMMAND are YAML of one line.
job() {
    printf 'zyg: 1\nname: %s\nsearch: {trials: %s, parallel: 2, seed: 1, %s}\nparams: %s\nrun: {command: %s}\n' "$@" >"$WORK/$1.yaml"
}

# Ids of a node's process, of zyg-run and its reaper, without the trials.
node_tree() { # PID
    local child
    echo "$1"
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        case $(cat "/proc/$child/comm" 2>/dev/null) in
        reaper | zyg-run) node_tree "$child" ;;
        esac
    done
}

resident_kib() { # PID: of its node_tree
    local pid sum=0 kib
    for pid in $(node_tree "$1"); do
        kib=$(sed -n 's/^VmRSS:[ \t]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || kib=
        sum=$((sum + ${kib:-0}))
    done
    echo "$sum"
}

# peak_kib PID SECONDS: the most its node_tree had resident, looked at every 20 ms for so long or until its end.
peak_kib() {
    local end=$(($(now_ms) + $2 * 1000)) most=0 now
    while [ "$(now_ms)" -lt "$end" ] && ! gone "$1"; do
        now=$(resident_kib "$1")
        [ "$now" -le "$most" ] || most=$now
        e2e_pass_time 0.02
    done
    echo "$most"
}
