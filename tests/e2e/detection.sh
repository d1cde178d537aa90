#!/usr/bin/env bash
# How soon three nodes know each other, that one is killed, that one stands still; that none is suspected while the processors are
# busy; and what it costs to be one of three that have nothing to do.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"

on() { # NODE COMMAND...: as the client of that node's folder
    local node=$1
    shift
    ZYG_STATE=$WORK/$node "$@"
}

declare -A pids

node() { # NAME [TOKEN]
    start "$1" zyg-node --state "$WORK/$1" --cluster 'tcp://127.0.0.1:*' --name "$1" --slots 1 ${2:+--join "$2"}
    disown "$pid"
    pids[$1]=$pid
}

states() { on "$1" zyg nodes -o jsonl | sed -n 's/.*"name":"\([abc]\)".*"state":"\([a-z]*\)".*/\1 \2/p' | sort | cut -d' ' -f2 | paste -sd' '; }

all_see() { # STATES NODE...
    local expected=$1 name
    shift
    for name in "$@"; do
        [ "$(states "$name")" = "$expected" ] || return 1
    done
}

gone_from() { ! all_see "alive alive alive" "$1" && ! all_see "alive alive alive" "$2"; }

# within LIMIT WHAT ATTEMPT: the promise, kept in one of five attempts at least: the machine has others to serve, too.
within() {
    local limit=$1 what=$2 attempt=$3 best=999999 i
    for i in 1 2 3 4 5; do
        took=999999
        "$attempt"
        [ "$took" -ge "$best" ] || best=$took
        [ "$best" -ge "$limit" ] || break
    done
    echo "$what: $best ms"
    assert_less "$best" "$limit" "ms: $what"
}

c_starts() { # and is killed before it, when it runs
    if [ -n "${pids[c]:-}" ]; then
        kill -KILL "${pids[c]}"
        wait_until 10 "c to be missed" all_see "alive alive dead" a b
    fi
    local begin
    begin=$(now_ms)
    node c "$token"
    wait_until 10 "c's door" grep -q listens "$WORK/c.err"
    wait_until 10 "all to see all" all_see "alive alive alive" a b c
    took=$(($(now_ms) - begin))
}

c_is_killed() {
    local begin
    begin=$(now_ms)
    kill -KILL "${pids[c]}"
    wait_until 10 "c to be missed" gone_from a b
    took=$(($(now_ms) - begin))
    node c
    wait_until 10 "c's door" grep -q listens "$WORK/c.err"
    wait_until 10 "all to see all" all_see "alive alive alive" a b c
}

c_stands_still() {
    local begin
    begin=$(now_ms)
    kill -STOP "${pids[c]}"
    wait_until 10 "c to be missed" all_see "alive alive unreachable" a b
    took=$(($(now_ms) - begin))
    kill -CONT "${pids[c]}"
    wait_until 10 "all to see all" all_see "alive alive alive" a b c
}

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

on a zyg cluster init -q --name lab >"$WORK/name"
node a
wait_until 10 "a's door" grep -q listens "$WORK/a.err"
token=$(on a zyg token create -q)
node b "$token"
wait_until 10 "a and b" all_see "alive alive" a b

within 500 "three see each other" c_starts
within 1000 "a killed one is missed" c_is_killed
within 3000 "one that stands still is missed" c_stands_still

# ---- nothing to do: less than two thousandths of a processor, with three times that as the limit for a build that is slow ----

e2e_pass_time 2
declare -A before
for name in a b c; do
    before[$name]=$(ticks "${pids[$name]}")
done
begin=$(now_ms)
e2e_pass_time 10
for name in a b c; do
    share=$((($(ticks "${pids[$name]}") - before[$name]) * 1000000 / $(getconf CLK_TCK) / ($(now_ms) - begin))) # ms a second
    assert_less "$share" 6 "thousandths of a processor that $name takes"
done

# ---- the processors are busy: nobody is suspected ----

for i in $(seq 1 $((3 * $(nproc)))); do
    start "busy$i" sh -c 'while :; do :; done'
    disown "$pid"
done
end=$(($(now_ms) + 15000))
while [ "$(now_ms)" -lt "$end" ]; do
    for name in a b c; do
        assert_equal "alive alive alive" "$(states "$name")" "what $name holds"
    done
    e2e_pass_time 0.2
done
