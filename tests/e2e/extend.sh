#!/usr/bin/env bash
# A job gets more trials: on one machine, and in a cluster of three when it is done and while it runs, and the leader is killed
# in the middle. It goes on with all it knows, on every node, and what was proposed follows from the facts.
# timeout 240
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

NODES=(a b c)

shell_job more 30 "echo {trial} >>'$WORK/started'; sleep 0.1; echo score={x}"
sed -i 's/method: random/method: tpe/' "$WORK/more.yaml"
shell_job stalls 40 "if [ {trial} = 0 ]; then echo score=-1; else echo score={x}; fi"
sed -i 's/method: random,/method: tpe, patience: 5, parallel: 1,/' "$WORK/stalls.yaml"
shell_job grid 2 "echo score={x}"
sed -i 's/method: random/method: grid/; s/x: .*/x: [1, 2, 3]}/' "$WORK/grid.yaml"

replays() { # NODE JOB: all of its proposals are derived again there
    run on "$1" zyg replay "$2"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same$'
}

# On one machine: by patience, then by its budget.
run zyg submit "$WORK/stalls.yaml" --wait
assert_status 0
assert_contains "$out" "is done: no better in 5 trials"
run zyg extend stalls --trials +10 --wait
assert_status 0
assert_contains "$out" "has 50 trials"
assert_contains "$out" "is done: no better in 5 trials" # it has more of them, and patience once more
run zyg show stalls -o json
assert_match "$out" '"trials": *50.*"done": *11,'
took=$(sed -n 's/.* trials in \(.*\)  11 done.*/\1/p' <<<"$(zyg wait stalls)") # as often as one asks, and wherever
assert_contains "$(zyg show stalls | sed -n 's/^TIME *//p')" "$took"
run zyg replay stalls
assert_status 0
run zyg extend stalls --trials 20
assert_status 2
assert_contains "$err" "has 50 already; expected more, or +N for so many more"
run zyg extend stalls
assert_status 2
run zyg cancel stalls
assert_status 1
run zyg submit -q "$WORK/more.yaml"
run zyg cancel last
run zyg extend last --trials +2 # nothing undoes that: as whoever waits for it is told
assert_status 8
assert_contains "$err" "the job was cancelled; nothing undoes that"
run zyg submit "$WORK/grid.yaml" --wait
run zyg extend grid --trials +2
assert_status 2
assert_contains "$err" "there are only 3 configurations"
run zyg extend grid --trials 3 --wait -o json
assert_status 0
assert_match "$out" '"trials": *3,"done": *3,'

# In a cluster: when it is done everywhere.
cluster "${NODES[@]}"
run on a zyg submit "$WORK/more.yaml"
assert_status 0
job=$out
for name in "${NODES[@]}"; do
    wait_until 60 "the end of the job at $name" is_done "$name" "$job"
done
run on b zyg extend "$job" --trials 60
assert_status 5
assert_contains "$err" "only the job's owner may extend it"
run on a zyg extend "$job" --trials +30
assert_status 0
assert_contains "$out" "$job has 60 trials, 30 of them finished"
find_victim a
wait_until 60 "40 trials" knows_of "$job" "${others[0]}" 40
kill_node "$victim"
for name in "${others[@]}"; do
    wait_until 60 "60 trials at $name" knows_of "$job" "$name" 60
    wait_until 20 "the end of the job at $name" is_done "$name" "$job"
    assert_numbers "$name" "$job" 60
    replays "$name" "$job"
    run on "$name" zyg events "$job"
    assert_contains "$out" "extended from 30 to 60 trials by its owner"
done
node "$victim"
wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
wait_until 20 "$victim to know what it has missed" knows_of "$job" "$victim" 60
assert_numbers "$victim" "$job" 60
replays "$victim" "$job"
assert_equal "$(seq 0 59)" "$(sort -nu "$WORK/started")" "numbers that were started"
# What ran on the victim, and what it had not yet given to a second disk, runs again; nothing else.
assert_less "$(wc -l <"$WORK/started")" 90 "starts of 60 trials with one kill"

# While it runs, twice, by somebody who may: the most hold.
run on a zyg submit "$WORK/more.yaml"
assert_status 0
job=$out
wait_until 60 "10 trials" knows_of "$job" a 10
run on a zyg extend "$job" --trials 50
assert_status 0
run on a zyg extend "$job" --trials 45
assert_status 2
for name in "${NODES[@]}"; do
    wait_until 60 "50 trials at $name" knows_of "$job" "$name" 50
    wait_until 20 "the end of the job at $name" is_done "$name" "$job"
    assert_numbers "$name" "$job" 50
    replays "$name" "$job"
done
run on b zyg wait "$job" --timeout 20s
assert_status 0
end_all "${NODES[@]}"
