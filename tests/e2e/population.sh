#!/usr/bin/env bash
# A population on three nodes: the worst members end, and copies of the best take their places, from their checkpoints where
# they run on the same node. A node is killed meanwhile.
# timeout 400
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"
. "$ROOT/tests/lib/population.sh"

TRIALS=24
STEPS=12
NODES=(a b c)

population "$TRIALS" 6 "$STEPS" 0.4

another_than() { # NAME...: in $found
    for found in "${NODES[@]}"; do
        [[ " $* " == *" $found "* ]] || return 0
    done
}

count_of() { # NODE JOB FIELD
    on "$1" zyg show "$2" -o json | sed -n 's/.*"'"$3"'": *\([0-9]*\).*/\1/p' | head -1
}

stopped() { # NODE JOB COUNT: so many members were
    [ "$(count_of "$1" "$2" stopped)" -ge "$3" ]
}

# More places than members: there is always one where the parent runs.
SLOTS=4 cluster "${NODES[@]}"
run on a zyg submit "$WORK/population.yaml"
assert_status 0
job=$out
wait_until 20 "a leader" has_leader a
another_than "$(leader a)"
asked=$found
wait_until 60 "members that were stopped" stopped "$asked" "$job" 2
led=$(leader "$asked")
kill_node "$led"
wait_until 120 "the end of the job" is_done "$asked" "$job"
node "$led"
for name in "${NODES[@]}"; do
    wait_until 30 "the end of the job at $name" is_done "$name" "$job"
    wait_until 30 "all trials at $name" knows_all "$name" "$job" "$TRIALS"
    assert_replayed "$TRIALS" on "$name" zyg replay "$job" -o json
done
assert_equal "$TRIALS" $(($(count_of a "$job" stopped) + $(count_of a "$job" done) + $(count_of a "$job" failed))) "trials that ended"

assert_inherited
assert_less 0 "$went_on" "copies that went on from a checkpoint (is 0)"

# People see whose copy it is, and that it began with a checkpoint.
[ -n "$once" ] || fail "every copy was begun again: $(<"$WORK/found.log")"
run on a zyg show "$job/$once" -o json
assert_match "$out" '"parent": *'"$copied,"
run on a zyg trials "$job" -o wide
assert_match "$out" ' PARENT '
run on a zyg export "$job" -o jsonl
assert_match "$out" '"trial":'"$once,"'[^}]*"parent":'"$copied,"
assert_match "$out" '"trial":0,[^}]*"parent":null'
says_so() { [[ $(on a zyg logs "$job/$once" 2>&1) == *"begins with the checkpoint of trial $copied"* ]]; }
wait_until 30 "the log of #$once at a" says_so
end_all "${NODES[@]}"
