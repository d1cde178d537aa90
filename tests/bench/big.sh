#!/usr/bin/env bash
# A grid of a million points starts as fast and needs no more memory than one of a thousand; 100,000 finished trials are
# looked at without waiting.
. "$(dirname "$0")/../lib/bench.sh"

# grid NAME POINTS_A_SIDE SIDES: runs it for four seconds; the first trial's start in $first_ms, the peak in $peak.
grid() {
    local params='' side
    for side in $(seq "$3"); do
        params+="${params:+, }p$side: {min: 1, max: $2, type: int}"
    done
    job "$1" $(($2 ** $3)) "method: grid" "{$params}" "[mkdir, -p, $WORK/$1.begun]"
    rm -rf "$STATE"
    local before
    before=$(micros)
    start "$1" zyg submit "$WORK/$1.yaml" --wait
    wait_until 20 "the first trial of $1" test -e "$WORK/$1.begun"
    first_ms=$(calc "$(stat -c %.Y "$WORK/$1.begun") * 1000 - $before / 1000")
    peak=$(peak_kib "$pid" 4)
    kill -INT "$pid" 2>/dev/null || true # the small one may be through
    finish "$pid"
}

grid thousand 10 3
thousand_ms=$first_ms thousand_kib=$peak
grid million 100 3
report "big: first trial of 1,000,000 points (1,000 points: $thousand_ms ms)" "$first_ms" ms "<" 100
report "big: memory of 1,000,000 points, of that of 1,000" "$(calc "$peak / $thousand_kib" 2)" times "<" 1.1

rm -rf "$STATE"
job many 100000 "method: random" "{x: {min: 0, max: 1}}" '[echo, "score={x}"]'
sed -i 's/^search: {/search: {objectives: [{metric: score, goal: maximize}], /' "$WORK/many.yaml"
echo "big: running 100,000 trials"
took zyg submit "$WORK/many.yaml" --wait >/dev/null
for verb in ls "show last" "best last"; do
    times=()
    for round in 1 2 3 4 5; do
        one_us=$(took zyg $verb)
        times+=("$(calc "$one_us / 1000")")
    done
    report "big: zyg $verb over 100,000 finished trials, median" "$(median "${times[@]}")" ms "<" 100
done
bench_end
