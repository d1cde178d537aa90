#!/usr/bin/env bash
# A population on one node of few places: it is smaller than its job says, which is told; every copy begins with its parent's
# checkpoint, as there is no other node, unless the parent has come to its end meanwhile; and examples/epochs has one that comes to
# its end.
# timeout 200
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/population.sh"

TRIALS=16

replays() { # JOB
    run zyg replay "$1"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same$'
}

start node zyg-node --slots 4
wait_until 20 "the node" grep -q listens "$WORK/node.err"
population "$TRIALS" 6 12 0.2
run zyg plan "$WORK/population.yaml"
assert_contains "$out" "rungs pbt every 2 of 12 steps, a population of 6"
run zyg submit "$WORK/population.yaml" --wait
assert_status 0
assert_contains "$err" "the population is 4 as long as there are no more slots, not the 6 of 'parallel'"
job=$(zyg ls -o id | head -n 1)
replays "$job"
assert_inherited
assert_less 0 "$went_on" "copies that went on from a checkpoint (is 0)"
zyg export "$job" -o jsonl >"$WORK/trials.jsonl"
copies=$(grep -c '"parent":[0-9]' "$WORK/trials.jsonl")
stopped=$(grep -c '"status":"stopped"' "$WORK/trials.jsonl")
assert_less "$copies" $((stopped + 1)) "copies, for each member that was stopped one at most"
found=0
while read -r trial attempt parent step by; do
    [[ $attempt = 1 && $parent != - ]] || continue
    found=$((found + 1))
    [ "$step" = 0 ] || continue
    run zyg logs "$job/$trial" # chosen as long as its parent had steps to go
    assert_contains "$out" "the checkpoint of trial $parent is of its last steps"
done <"$WORK/found.log"
assert_equal "$copies" "$found" "copies that began, with their parent's checkpoint or too late for it"
[ -n "$once" ] || fail "every copy was begun again: $(<"$WORK/found.log")"
run zyg logs "$job/$once"
assert_contains "$out" "begins with the checkpoint of trial $copied"

run zyg submit "$ROOT/examples/epochs/population.yaml" --wait
assert_status 0
replays last
