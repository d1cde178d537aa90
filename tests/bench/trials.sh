#!/usr/bin/env bash
# 2,000 trials of /bin/true with durable results on two slots, against xargs doing nothing but starting them. In turn, five times.
. "$(dirname "$0")/../lib/bench.sh"

job trials 2000 "method: random" "{x: {min: 0, max: 1}}" "[/bin/true]"
with_xargs() { seq 2000 | xargs -P 2 -n 1 /bin/true; }
with_zyg() { zyg submit "$WORK/trials.yaml" --wait; }

ratios=()
for round in 1 2 3 4 5; do
    xargs_us=$(took with_xargs)
    zyg_us=$(took with_zyg)
    ratios+=("$(calc "$xargs_us / $zyg_us" 2)")
    echo "trials, round $round: xargs $(calc "2000e6 / $xargs_us" 0)/s, zyg $(calc "2000e6 / $zyg_us" 0)/s"
done
report "trials: rate of xargs -P2 that zyg reaches, median" "$(median "${ratios[@]}")" "" ">" 0.8
bench_end
