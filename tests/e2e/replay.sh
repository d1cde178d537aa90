#!/usr/bin/env bash
# Three nodes and a search that learns: the leader is killed in the middle, another one goes on; what was proposed follows
# from the facts, on every node.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=60
NODES=(a b c)

shell_job learns $TRIALS "sleep 0.1; echo score={x}"
sed -i 's/method: random/method: tpe/' "$WORK/learns.yaml"
grep -q 'method: tpe' "$WORK/learns.yaml" || fail "the job does not learn: $(cat "$WORK/learns.yaml")"

# replays NODE JOB: all of its proposals are derived again there.
replays() {
    run on "$1" zyg replay "$2"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same$'
    run on "$1" zyg replay "$2" -o json
    assert_match "$out" '"same":[1-9][0-9]*,"not_derivable":0,"first":null'
}

cluster "${NODES[@]}"
wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
run on a zyg submit "$WORK/learns.yaml"
assert_status 0
job=$out
find_victim a
wait_until 60 "20 trials" knows_of "$job" "${others[0]}" 20
replays "${others[0]}" "$job" # while it runs
kill_node "$victim"
for name in "${others[@]}"; do
    wait_until 60 "the end of the job at $name" is_done "$name" "$job"
    assert_numbers "$name" "$job" "$TRIALS"
    replays "$name" "$job"
done
node "$victim"
wait_until 20 "$victim to know what it has missed" is_done "$victim" "$job"
replays "$victim" "$job"

end_all "${NODES[@]}"
