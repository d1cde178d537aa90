#!/usr/bin/env bash
# Three nodes, two objectives and a constraint on one of them: the leader is killed in the middle, and every node shows the same
# front afterwards, derives the same proposals and takes no trial that breaks the constraint for the best. Then targets, a metric
# that is missing, and a constraint that no trial keeps.
# timeout 240
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=48
NODES=(a b c)

# front_job NAME TRIALS PROGRAM CONSTRAINT OBJECTIVES
front_job() {
    cat >"$WORK/$1.yaml" <<END
zyg: 1
name: $1
search: {trials: $2, seed: 3, objectives: [$5], constraints: ["$4"]}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, '$3']}
END
}
# The greater x, the better and the larger.
program='sleep 0.1; awk "BEGIN {{ x = {x}; print \"acc=\" x; print \"mb=\" 40 * x * x + 5 }}"'
both='{metric: acc, goal: maximize}, {metric: mb, goal: minimize}'

# front NODE JOB: its trials, as every node is to show them.
front() {
    on "$1" zyg best "$2" -o csv | cut -d, -f3-6
}

cluster "${NODES[@]}"
wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
front_job front $TRIALS "$program" "mb <= 20" "$both"
run on a zyg submit "$WORK/front.yaml"
assert_status 0
job=$out
find_victim a
wait_until 60 "16 trials" knows_of "$job" "${others[0]}" 16
kill_node "$victim"
for name in "${others[@]}"; do
    wait_until 90 "the end of the job at $name" is_done "$name" "$job"
done
node "$victim"
wait_until 20 "$victim to know what it has missed" is_done "$victim" "$job"
first=$(front "${others[0]}" "$job")
[ "$(wc -l <<<"$first")" -gt 3 ] || fail "a front of a few: $first"
for name in "${NODES[@]}"; do
    assert_numbers "$name" "$job" "$TRIALS"
    run on "$name" zyg replay "$job"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same$'
    [ "$(front "$name" "$job")" = "$first" ] || fail "$name shows another front: $(front "$name" "$job"), not $first"
    run on "$name" zyg show "$job"
    assert_match "$out" 'OBJECTIVE  maximize acc; minimize mb, with mb <= 20'
    assert_match "$out" 'FRONT      [1-9]'
done
# What is on the front keeps the constraint; some trial does not, and says so.
run on a zyg export "$job" -o csv
awk -F, 'NR > 1 && $2 == "done" && ($10 > 20) != ($11 != "") { exit 1 } NR > 1 && $10 > 20 { broken++ } END { exit !broken }' <<<"$out" ||
    fail "values and what is broken do not agree: $out"
run on a zyg best "$job" -o csv
awk -F, 'NR > 1 && $6 > 20 { exit 1 }' <<<"$out" || fail "a trial on the front breaks the constraint: $out"
run on a zyg best "$job"
assert_match "$out" 'front of [0-9]+ of [0-9]+ trials that keep all constraints; hypervolume [0-9.]+ up to acc '

# One trial reaches both targets.
front_job reach 200 "$program" "mb <= 20" '{metric: acc, goal: maximize, target: 0.2}, {metric: mb, goal: minimize, target: 15}'
run on b zyg submit "$WORK/reach.yaml" --wait
assert_status 0
assert_match "$out" 'the targets were reached'

# The second objective has another name in what is printed.
front_job missing 8 'echo acc={x}; echo model-mb=3' "mb <= 20" "$both"
sed -i 's/metric: mb/metric: model_mb/; s/mb <= 20/model_mb <= 20/' "$WORK/missing.yaml"
run on b zyg submit "$WORK/missing.yaml" --wait
assert_status 1
assert_match "$out$err" "trials ended well and none printed all of 'acc', 'model_mb'"
run on b zyg trials last --status no_metric
assert_match "$out" "never printed 'model_mb'; printed 'model-mb'; nearest: 'model-mb'"

# All are done, none is the best.
front_job broken 4 "$program" "mb <= 1" "$both"
run on c zyg submit "$WORK/broken.yaml" --wait
assert_status 1
assert_match "$out$err" 'is done, but no trial keeps all constraints'
run on c zyg wait last
assert_status 1
run on c zyg best last
assert_status 4
assert_match "$err" 'no trial of .* keeps all constraints \(4 are done\)'

end_all "${NODES[@]}"
