#!/usr/bin/env bash
# One trial that costs nothing, from submit to its durable result on two of three nodes, against bare_path's round trip, which
# syncs a result on two stores. In turn, five times; both are medians. Both rest before each: a disk and a processor that have
# slept answer later than busy ones, the same disk by half a millisecond and more.
. "$(dirname "$0")/../lib/bench.sh"
. "$ROOT/tests/lib/cluster.sh"

BENCH=$(cd "$ZYG_BIN/../bench" && pwd)
PATH=$BENCH:$PATH
job one 1 "method: random" "{x: {min: 0, max: 1}}" "[nothing]"
sed -i 's/parallel: 2, //' "$WORK/one.yaml"

REST_MS=60 # until the third node has what the two have promised; nobody is told of that

cluster a b c
ratios=()
for round in 1 2 3 4 5; do
    rm -rf "$WORK/bare"
    mkdir "$WORK/bare"
    bare_us=$(bare_path once "$WORK/bare" 40 "$REST_MS")
    one_us=$(on a submit_one "$WORK/one.yaml" 40 "$REST_MS")
    ratios+=("$(calc "$one_us / $bare_us" 2)")
    echo "one, round $round: bare path $bare_us us, zyg $one_us us"
done
report "one: submit to durable result, of the bare path's round trip, median" "$(median "${ratios[@]}")" "times" "<" 3
bench_end
