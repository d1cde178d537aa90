#!/usr/bin/env bash
# From the start of `zyg submit` to the start of its first trial: the trial is `date` and says itself when it began.
. "$(dirname "$0")/../lib/bench.sh"

job start 1 "method: random" "{x: {min: 0, max: 1}}" '[date, "+%s%N"]'

first_trial_ms() {
    local before began
    before=$(micros)
    zyg submit "$WORK/start.yaml" --wait >/dev/null 2>&1 </dev/null
    began=$(zyg logs last/0 2>/dev/null)
    calc "$began / 1000000 - $before / 1000"
}

fresh=() again=()
for round in 1 2 3 4 5 6 7; do
    rm -rf "$STATE"
    took_ms=$(first_trial_ms)
    fresh+=("$took_ms")
    took_ms=$(first_trial_ms)
    again+=("$took_ms")
done
report "start: first trial, no state folder yet, median" "$(median "${fresh[@]}")" ms "<" 50
report "start: first trial, median" "$(median "${again[@]}")" ms "<" 50
bench_end
