#!/usr/bin/env bash
# What a node costs that is idle as one of three, fresh and after 2,000 trials, and how soon three nodes know of each other, of a death and of a new leader.
. "$(dirname "$0")/../lib/bench.sh"
. "$ROOT/tests/lib/cluster.sh"

IDLE_S=${IDLE_S:-20}
REST_S=13 # a node rests ten seconds after its last work
NODES=(a b c)

memory_kib() { # PID FIELD: of smaps_rollup
    sed -n "s/^$2:[ \t]*\([0-9]*\) kB/\1/p" "/proc/$1/smaps_rollup" | awk '{ sum += $1 } END { print sum }'
}

cpu_us() { # PID: in all, as the scheduler counts
    awk '{ sum += $1 } END { printf "%d\n", sum / 1000 }' /proc/"$1"/task/*/schedstat
}

sent_bytes() { # PID: by all its connections, which last
    ss -tinHp | paste - - | grep "pid=$1," | sed -n 's/.* bytes_sent:\([0-9]*\).*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'
}

measure_ms() { # COMMAND...: in $measured, until it succeeds; looked at every 5 ms
    local began
    began=$(micros)
    until "$@"; do
        [ $(($(micros) - began)) -lt 20000000 ] || fail "waited 20 s in vain for: $*"
        e2e_pass_time 0.005
    done
    measured=$(calc "($(micros) - $began) / 1000" 0)
}

others_see() { # NAME STATE: what all others say of it
    local other
    for other in "${NODES[@]}"; do
        [ "$other" = "$1" ] || on "$other" zyg nodes -o jsonl | grep -q "\"name\": *\"$1\".*\"state\": *\"$2\"" || return 1
    done
}

stop_all() {
    local name
    for name in "${NODES[@]}"; do
        kill_node "$name"
    done
    wait_until 10 "their end" nothing_left
}

report_memory() { # OF WHAT: of the three the one that has most
    local name rss=0 private=0 kib
    for name in "${NODES[@]}"; do
        kib=$(memory_kib "${pids[$name]}" Rss)
        rss=$((kib > rss ? kib : rss))
        kib=$(($(memory_kib "${pids[$name]}" Private_Clean) + $(memory_kib "${pids[$name]}" Private_Dirty)))
        private=$((kib > private ? kib : private))
    done
    report "cluster: $1: resident memory" "$(calc "$rss / 1024")" MiB "<" 10
    report "cluster: $1: private memory" "$(calc "$private / 1024")" MiB "<" 3
}

# ---- seeing each other ----

cluster "${NODES[@]}"
seen=()
for round in 1 2 3 4 5; do
    stop_all
    node a
    node b
    launch c
    measure_ms all_know 3 "${NODES[@]}"
    seen+=("$measured")
done
report "cluster: three nodes see each other after the last one's start, median" "$(median "${seen[@]}")" ms "<" 500

# ---- idle ----

e2e_pass_time 3 # what their meeting has left to do is done; it would count as idleness
before=$(cpu_us "${pids[b]}")
bytes=$(sent_bytes "${pids[b]}")
e2e_pass_time "$IDLE_S" # what is measured is a rate
cpu=$(calc "($(cpu_us "${pids[b]}") - $before) / ($IDLE_S * 10000)" 3)
net=$(calc "($(sent_bytes "${pids[b]}") - $bytes) / $IDLE_S / 1024" 2)
report "cluster: an idle node's processor" "$cpu" "%" "<" 0.2
report "cluster: what an idle node sends" "$net" KiB/s "<" 1
report_memory "an idle node"

# ---- idle again ----

# What the work has taken is given back some seconds after it. Of the leader as well, which has more to do.
job worked 2000 "method: random" "{x: {min: 0, max: 1}}" "[echo, 'score={x}']"
sed -i 's/parallel: 2, //' "$WORK/worked.yaml"
on b zyg submit -q --wait "$WORK/worked.yaml" >/dev/null
e2e_pass_time "$REST_S"
report_memory "a node that has run 2,000 trials and is idle again"

# ---- a death, and a new leader ----

# A trial says when it begins, and that it waits when the gate is closed; it ends when that is open. All slots are taken when the
# leader is killed, and the gate opens then: what begins after that was given out by the new one.
known=() leads=()
cat >"$WORK/long.yaml" <<END
zyg: 1
name: long
search: {trials: 100000, method: random}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "date +%s%6N >>'$WORK/began'; [ -e '$WORK/gate' ] || echo >>'$WORK/waits'; until [ -e '$WORK/gate' ]; do sleep 0.02; done"]}
END
: >"$WORK/began"
touch "$WORK/gate"
on b zyg submit -q "$WORK/long.yaml" >/dev/null
new_trial() { awk -v after="$died" '$1 > after { found = 1 } END { exit !found }' "$WORK/began"; }
all_busy() { [ "$(wc -l <"$WORK/waits")" -ge 6 ]; }
for round in 1 2 3 4 5; do
    wait_until 20 "all three" all_know 3 "${NODES[@]}"
    wait_until 20 "a leader" has_leader a
    : >"$WORK/waits"
    rm "$WORK/gate"
    wait_until 20 "trials in all places" all_busy
    victim=$(leader a)
    disown "${pids[$victim]}" # as kill_node does, which waits
    kill -KILL "${pids[$victim]}"
    died=$(micros)
    touch "$WORK/gate"
    measure_ms others_see "$victim" "\(unreachable\|dead\)"
    known+=("$measured")
    wait_until 20 "a new leader's first lease" new_trial
    leads+=("$(awk -v died="$died" '$1 > died { printf "%d\n", ($1 - died) / 1000; exit }' "$WORK/began")")
    launch "$victim"
done
report "cluster: kill -9 of a node is known everywhere after, median" "$(median "${known[@]}")" ms "<" 1000
report "cluster: a new leader's first lease after kill -9 of the leader, median" "$(median "${leads[@]}")" ms "<" 2000
bench_end
