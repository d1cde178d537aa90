#!/usr/bin/env bash
# A full build from clean, programs and tests, on two cores; then one file changed. In a copy of the sources.
. "$(dirname "$0")/../lib/bench.sh"

copy=$WORK/copy
mkdir "$copy"
tar -C "$ROOT" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" -xf -
full() { (cd "$copy" && cmake --preset release && cmake --build build/release -j 2); }
one() { (cd "$copy" && cmake --build build/release -j 2); }

full_us=$(took full)
report "build: from clean, two cores" "$(calc "$full_us / 1e6")" s "<" 60
touch "$copy/actors/sched/sched.c"
one_us=$(took one)
report "build: one file changed" "$(calc "$one_us / 1e6")" s "<" 3
bench_end
