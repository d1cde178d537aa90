#!/usr/bin/env bash
# A job whose trials kill their parent beside a good one, on three nodes: the good one loses at most what ran when zyg-run died
# first on each node and is hardly slower, and the other ends soon, with trials that say why.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=60

is_over() { # NODE JOB
    on "$1" zyg show "$2" -o json | grep -q '"state": *"\(done\|failed\)"'
}

draw_from_seed
SLOTS=2 cluster a b c
shell_job good $TRIALS "echo score={x}; sleep 0.2"
shell_job poison 12 "echo score={x}; kill -9 \$PPID; sleep 100"

run on a zyg submit "$WORK/good.yaml" # as fast as it can be: 60 trials of 0.2 s in 6 places
assert_status 0
begun=$(now_ms)
wait_until 60 "the end of good alone" is_done a "$out"
alone=$(($(now_ms) - begun))

begun=$(now_ms)
run on b zyg submit "$WORK/poison.yaml"
assert_status 0
poison=$out
run on a zyg submit "$WORK/good.yaml"
assert_status 0
good=$out
wait_until 60 "the end of good" is_done a "$good"
took=$(($(now_ms) - begun))
wait_until 60 "the end of poison" is_over b "$poison"
over=$(($(now_ms) - begun))
echo "poison: good alone $alone ms, beside it $took ms; the end of poison after $over ms" >&2

assert_numbers a "$good" $TRIALS
assert_less "$took" $((2 * alone + 2500)) "ms for good beside poison"
assert_less "$over" 10000 "ms for poison"
assert_match "$(on b zyg trials "$poison" -o json)" "does it kill its parent\?"
run on b zyg show "$poison" -o json
assert_match "$out" '"done": *0'
for name in a b c; do
    said=$(grep -c "zyg-run died" "$WORK/$name.err" || true)
    assert_less "$said" 2 "lines of $name that say that zyg-run died"
done
grep -q "zyg-run died; .* has a parent of its own" "$WORK"/[abc].err || fail "no node said that zyg-run died"

end_all a b c
