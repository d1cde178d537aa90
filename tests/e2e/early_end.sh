#!/usr/bin/env bash
# A search that learns ends before its last trial, because its target was reached, because nothing got better or because nothing
# better is expected, on one machine and in a cluster: whoever looks is told why.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

# early NAME COMMAND LINE...: a job of 400 trials with these lines in its `search`.
early() {
    local name=$1 command=$2
    shift 2
    {
        echo "zyg: 1"
        echo "name: $name"
        echo "search:"
        echo "  trials: 400"
        echo "  method: tpe"
        printf '  %s\n' "$@"
        echo "params: {x: {min: 0, max: 1}}"
        echo "run: {command: [sh, -c, '$command']}"
    } >"$WORK/$name.yaml"
}

early slow 'if [ {trial} = 0 ]; then sleep 100; else echo score=0.5; fi' \
    "objective: {metric: score, goal: maximize, target: 0.9}" "patience: 3" "parallel: 2"
early stalls 'sleep 0.05; if [ {trial} = 7 ]; then echo score=2; else echo score={x}; fi' \
    "objective: {metric: score, goal: maximize}" "patience: 20"
early reached 'sleep 0.05; if [ {trial} = 30 ]; then echo score=2; else echo score={x}; fi' \
    "objective: {metric: score, goal: maximize, target: 1.5}"

# On one machine; one trial would run for long.
run zyg submit "$WORK/slow.yaml" --wait
assert_status 0
assert_contains "$out" "is done: no better in 3 trials"
assert_nothing_left
job=$(zyg ls -o id)
run zyg show "$job"
assert_contains "$out" "no better in 3 trials"
assert_contains "$out" "done: no better in 3 trials; 1 that had begun was stopped"
run zyg ls -o jsonl
assert_contains "$out" '"cause":"no better in 3 trials"'
run zyg trials "$job" -o jsonl
assert_contains "$out" '"status":"open"'
run zyg best "$job" -o json
assert_contains "$out" '"trial":1'
run zyg replay "$job"
assert_status 0

# A bowl, as the shell counts: what is left to gain is soon nothing. What was begun ends by itself.
early bowl 'echo {trial} >>begun; sleep 0.1; echo loss=$(( (1000 - {n}) * (1000 - {n}) )); echo {trial} >>ended' \
    "objective: {metric: loss, goal: minimize}" "patience: auto" "parallel: 2"
sed -i 's/method: tpe/method: gp/; s/^params: .*/params: {n: {type: int, min: 0, max: 100000}}/' "$WORK/bowl.yaml"
run zyg plan "$WORK/bowl.yaml"
assert_contains "$out" "gp, 400 trials, 1 parameter, seed 0, patience auto"
run zyg plan "$WORK/bowl.yaml" -o json
assert_contains "$out" '"repeat":1,"patience":"auto","cost_aware":false'
run zyg submit "$WORK/bowl.yaml" --wait
assert_status 0
assert_match "$out" "is done: no further improvement expected after [0-9]+ trials"
job=$(zyg ls -o id | head -n 1)
run zyg show "$job"
assert_match "$out" "no further improvement expected after [0-9]+ trials"
count=$(sed -n 's/.*no further improvement expected after \([0-9]*\) trials.*/\1/p' <<<"$out" | head -n 1)
assert_less "$count" 200 "trials until nothing was expected"
assert_equal "$count" "$(sort -nu "$WORK/ended" | wc -l)" "trials that came to their end"
assert_equal "$(sort -n "$WORK/begun")" "$(sort -n "$WORK/ended")" "trials that were begun"
run zyg replay "$job"
assert_status 0
run zyg extend "$job" --trials +10 --wait
assert_status 0
assert_match "$out" "is done: no further improvement expected after [0-9]+ trials"
assert_less "$count" "$(sort -nu "$WORK/ended" | wc -l)" "trials once there was hope again"
run zyg replay "$job"
assert_status 0

# In a cluster every node says the same, and a leader that dies does not take the count with it.
NODES=(a b c)
jobs=()
cluster "${NODES[@]}"
wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
sed -i "s/sleep 0.1/sleep 0.05/; s/^name: .*/name: bowls/" "$WORK/bowl.yaml"
for name in stalls reached bowl; do
    run on b zyg submit "$WORK/$name.yaml"
    assert_status 0
    jobs[${#jobs[@]}]=$out
done
wait_until 60 "the first end at c" is_done c "${jobs[0]}"
wait_until 60 "the second end at c" is_done c "${jobs[1]}"
wait_until 60 "the third end at c" is_done c "${jobs[2]}"
for name in "${NODES[@]}"; do
    for i in 0 1 2; do
        wait_until 20 "the end at $name" is_done "$name" "${jobs[i]}"
    done
    run on "$name" zyg show "${jobs[0]}" -o json
    assert_contains "$out" '"cause":"no better in 2'
    run on "$name" zyg show "${jobs[1]}" -o json
    assert_contains "$out" '"cause":"the target was reached"'
    run on "$name" zyg show "${jobs[2]}" -o json
    assert_contains "$out" '"cause":"no further improvement expected after '
    for i in 1 2; do
        run on "$name" zyg replay "${jobs[i]}"
        assert_status 0
    done
done
end_all "${NODES[@]}"
