#!/usr/bin/env bash
# What an embedded run has resident, client, node, store and launcher together, without the trials: the peak of a busy run.
. "$(dirname "$0")/../lib/bench.sh"

job memory 3000 "method: random" "{x: {min: 0, max: 1}, y: {min: 1, max: 9, type: int}}" "[/bin/true]"
start memory zyg submit "$WORK/memory.yaml" --wait
peak=$(peak_kib "$pid" 60)
report "memory: process tree of an embedded run, peak" "$(calc "$peak / 1024")" MiB "<" 24
finish "$pid"
assert_status 0
bench_end
