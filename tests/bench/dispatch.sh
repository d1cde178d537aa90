#!/usr/bin/env bash
# Trials that cost nothing, over three nodes, each result on two disks before it counts; against bare_path, which does only that
# much. In turn, five times. The nodes are of bench/zyg-node, where a trial has ended when it is asked for.
. "$(dirname "$0")/../lib/bench.sh"
. "$ROOT/tests/lib/cluster.sh"

BENCH=$(cd "$ZYG_BIN/../bench" && pwd)
COUNT=${COUNT:-20000}
ROUNDS=${ROUNDS:-5}
SLOTS=64

PATH=$BENCH:$PATH

bare() { # rate a second, in $rate
    rm -rf "$WORK/bare"
    mkdir "$WORK/bare"
    local us
    us=$("$BENCH/bare_path" rate "$WORK/bare" "$((5 * COUNT))" | sed 's/.*took \([0-9]*\) us/\1/')
    rate=$(calc "$((5 * COUNT)) * 1e6 / $us" 0)
}

cpu_ms() { # of the three nodes so far
    local name sum=0 ticks
    for name in a b c; do
        ticks=$(awk '{ print $14 + $15 }' "/proc/${pids[$name]}/stat")
        sum=$((sum + ticks * 10))
    done
    echo "$sum"
}

shared() { # the same of zyg
    local before
    before=$(cpu_ms)
    job "dispatch" "$COUNT" "method: random" "{x: {min: 0, max: 1}}" "[nothing]"
    sed -i 's/parallel: 2, //' "$WORK/dispatch.yaml"
    local us
    us=$(on a took zyg submit "$WORK/dispatch.yaml" --wait)
    rate=$(calc "$COUNT * 1e6 / $us" 0)
    cpu_us=$(calc "($(cpu_ms) - $before) * 1000 / $COUNT" 0)
}

cluster a b c
ratios=()
for ((round = 1; round <= ROUNDS; round++)); do
    bare
    bare_rate=$rate
    shared
    ratios+=("$(calc "$rate / $bare_rate" 3)")
    echo "dispatch, round $round: bare path $bare_rate/s, zyg $rate/s ($cpu_us us of processor a trial in its three nodes)"
done
report "dispatch: rate of the bare path that zyg reaches, median" "$(median "${ratios[@]}")" "" ">" 0.1
bench_end
