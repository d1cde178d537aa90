#!/usr/bin/env bash
# A million trials of a random search over eight mixed parameters, folded one after the other with 16 at work.
. "$(dirname "$0")/../lib/bench.sh"

read -r seconds mib first last < <("$ZYG_BIN/../bench/fold")
report "fold: a million trials asked for and told" "$seconds" "s of CPU" "<" 10
report "fold: memory in the end" "$mib" MiB "<" 300
report "fold: one tell among the first" "$first" microseconds "<" 50
report "fold: one tell among the last" "$last" microseconds "<" 50
bench_end
