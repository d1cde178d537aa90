#!/usr/bin/env bash
# What a proposal costs after 100, 1,000 and 5,000 finished trials with 16 at work, for each method: CPU of the ask itself, which
# somebody waits for, of the work ahead, which nobody does, and of a tell.
. "$(dirname "$0")/../lib/bench.sh"

"$ZYG_BIN/../bench/ask" all >"$WORK/figures"
while read -r method finished ask worst ahead tell; do
    limit=5
    [ "$finished" -gt 1000 ] || limit=1
    report "ask: $method, $finished finished, an ask (slowest $worst, work ahead $ahead)" "$ask" ms "<" "$limit"
    report "ask: $method, $finished finished, a tell" "$tell" ms "<" 0.05
done <"$WORK/figures"
if "$ZYG_BIN/../bench/ask" gp 200 >"$WORK/gp" 2>/dev/null; then
    read -r _ _ ask _ ahead _ <"$WORK/gp"
    report "ask: gp, 200 finished, ask and work ahead" "$(calc "$ask + $ahead" 2)" ms "<" 20
fi
bench_end
