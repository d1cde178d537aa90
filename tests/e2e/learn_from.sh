#!/usr/bin/env bash
# A job that knows what an earlier one found out: it begins where that ended, shows none of its trials as its own, and what it
# proposes follows from its own facts.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"

job() { # NAME TRIALS SEARCH PARAMS
    cat >"$WORK/$1.yaml" <<END_OF_JOB
zyg: 1
name: $1
search: {method: tpe, trials: $2, parallel: 1, seed: 3, objectives: [{metric: score, goal: minimize}]$3}
params: {$4}
run: {command: [sh, -c, "awk 'BEGIN {{ d = {x} - 0.3; print \"score=\" d * d }}'"]}
END_OF_JOB
}

job old 24 "" 'x: {min: 0, max: 1}'
run zyg submit --wait -q "$WORK/old.yaml"
assert_status 0
job new 3 ', learn_from: [old]' 'x: {min: 0, max: 1}, more: {min: 4, max: 4, type: int}'
run zyg submit --wait "$WORK/new.yaml"
assert_status 0
assert_contains "$err" "learns from old-"
assert_match "$err" "24 of 24 trials count"
# Three trials that are no search from the beginning: each is near the best of the 24.
run zyg best new -o json
assert_match "$out" '"value": *0\.0[0-9]|"value": *[0-9.]+e-'
run zyg trials new -o jsonl
assert_equal 3 "$(grep -c . <<<"$out")"
run zyg show new --spec
assert_contains "$out" "# knows from the start 24 trials of earlier jobs"
run zyg replay new
assert_status 0
assert_equal "3 of 3 proposals are the same" "$out"

# Half of the trials lie outside, and a parameter has gone: the best are tried first, and no more is believed.
job two 8 "" 'x: {min: 0, max: 1}, y: {min: 0, max: 1}'
run zyg submit --wait -q "$WORK/two.yaml"
job part 8 "" 'x: {min: 0.1, max: 0.9}'
run zyg submit --wait --learn-from two "$WORK/part.yaml"
assert_status 0
assert_match "$err" "learns from two-[0-9a-f]+: 0 of 8 trials count, the best of [1-8] that are alike are tried first"
run zyg show part --spec
assert_contains "$out" "try_first:"

job other 4 "" 'z: {min: 0, max: 1}'
sed -i 's/{x}/{z}/' "$WORK/other.yaml"
run zyg submit --wait --learn-from old "$WORK/other.yaml"
assert_status 0
assert_contains "$err" "0 of 24 trials count, not the others: 24 without a value for 'z'"
run zyg submit --learn-from nonsense "$WORK/new.yaml"
assert_status 4
assert_contains "$err" "zyg: no job 'nonsense'; there are "
assert_contains "$err" "(--learn-from)"
job lost 4 ', learn_from: [old, nonsense]' 'x: {min: 0, max: 1}'
run zyg plan "$WORK/lost.yaml"
assert_contains "$out" ", learns from 2 jobs that 'submit' looks for"
run zyg validate "$WORK/lost.yaml"
assert_contains "$out" ", learns from 2 jobs that 'submit' looks for"
run zyg submit "$WORK/lost.yaml"
assert_status 4
assert_match "$err" "^zyg: no job 'nonsense'; there are .* \('learn_from' of .*/lost.yaml\)"

# A parameter is new: the best are tried first with the middle of it.
job wider 6 "" 'x: {min: 0, max: 1}, z: {min: 1, max: 100, scale: log}'
run zyg submit --wait --learn-from old "$WORK/wider.yaml"
assert_status 0
assert_match "$err" "learns from old-[0-9a-f]+: 0 of 24 trials count, the best of 24 that are alike are tried first"
run zyg trials wider -o jsonl
assert_equal 5 "$(grep -c '"z":10[,}]' <<<"$out")"

# What a constraint is about counts though the earlier job only printed it; who did not print it says too little.
sed -e 's/^name: .*/name: printed/' -e 's/print \\"score=\\" d \* d/print \\"score=\\" d * d \\" mb=\\" 100 * {x}/' "$WORK/old.yaml" >"$WORK/printed.yaml"
run zyg submit --wait -q "$WORK/printed.yaml"
assert_status 0
job limited 3 ', learn_from: [printed], constraints: ["mb <= 20"]' 'x: {min: 0, max: 1}'
sed -i 's/print \\"score=\\" d \* d/print \\"score=\\" d * d \\" mb=\\" 100 * {x}/' "$WORK/limited.yaml"
run zyg submit --wait "$WORK/limited.yaml"
assert_status 0
assert_match "$err" "learns from printed-[0-9a-f]+: 24 of 24 trials count"
# Without a constraint it would go to 0.3, where nothing is lost; with it to 0.2, where a hundredth is.
run zyg best limited -o json
assert_match "$out" '"value": *0\.0[1-9]'
run zyg replay limited
assert_status 0
assert_equal "3 of 3 proposals are the same" "$out"
run zyg submit --learn-from old "$WORK/limited.yaml"
assert_status 0
assert_match "$err" "learns from old-[0-9a-f]+: 0 of 24 trials count, the best of 24 that are alike are tried first"
