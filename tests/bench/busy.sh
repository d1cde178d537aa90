#!/usr/bin/env bash
# 200 trials of 100 ms over three nodes with two slots each: how much of the slots' time is spent in trials.
. "$(dirname "$0")/../lib/bench.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=200
job busy $TRIALS "method: random" "{x: {min: 0, max: 1}}" "[sleep, 0.1]"
sed -i 's/parallel: 2, //' "$WORK/busy.yaml"

cluster a b c
shares=()
for round in 1 2 3 4 5; do
    took_us=$(on a took zyg submit "$WORK/busy.yaml" --wait) # the start of zyg and the hand-in are in it
    share=$(on a zyg export last -o jsonl | awk -v slots=6 '
        { match($0, /"run_seconds":[0-9.]+/); sum += substr($0, RSTART + 14, RLENGTH - 14) }
        END { print sum / slots }')
    span=$(calc "$took_us / 1000000" 3)
    shares+=("$(calc "100 * $share / $span")")
    echo "busy, round $round: $TRIALS trials in $span s"
done
report "busy: time of six slots spent in trials, median" "$(median "${shares[@]}")" % ">" 93
bench_end
