#!/usr/bin/env bash
# zyg show says which parameters matter: of small jobs by itself, of any when asked, and why not when it cannot.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

cat >"$WORK/sums.yaml" <<'END'
zyg: 1
name: sums
search: {method: random, seed: 3, trials: 30, parallel: 2, objective: {metric: score, goal: maximize}}
params: {x: {min: 0, max: 1}, y: {min: 0, max: 1}, k: [7]}
run: {command: [echo, "score={x}"]}
END
run zyg submit "$WORK/sums.yaml" --wait -q
assert_status 0

run zyg show sums
assert_status 0
assert_match "$out" 'what matters for score, by a model of 30 trials \(each foreseen from the others: Kendall.s tau [01]\.[0-9]+ of 1\)
  x  \[#{20}\] 100 %'
run zyg show sums --importance -o json
assert_match "$out" '"importance":\[\{"metric":"score","verdict":"known","trials":30,"used":30,"tau":[01]'
assert_contains "$out" '"params":[{"name":"x","alone":'
assert_contains "$out" '{"name":"k","alone":0,"total":0,"active":0,"where_active":0}],"pairs":[]}]'
run zyg show sums -o json
assert_contains "$out" '"importance":null'

# The runs of one configuration are one trial, worth their mean.
sed 's/name: sums/name: means/; s/trials: 30/trials: 60, repeat: 2/' "$WORK/sums.yaml" >"$WORK/means.yaml"
run zyg submit "$WORK/means.yaml" --wait -q
assert_status 0
run zyg show means --importance -o json
assert_contains "$out" '"verdict":"known","trials":30,"used":30,'

# Ten trials are too few, which is said when asked for.
sed 's/name: sums/name: few/; s/trials: 30/trials: 10/' "$WORK/sums.yaml" >"$WORK/few.yaml"
run zyg submit "$WORK/few.yaml" --wait -q
run zyg show few
assert_equal 0 "$(grep -c 'what matters' <<<"$out")"
run zyg show few --importance
assert_status 0
assert_contains "$out" 'what matters for score: 20 trials with a value are needed to say'

run zyg show sums/3 --importance
assert_status 2
run zyg show sums --spec --importance
assert_status 2
assert_contains "$err" 'it does not go with --importance'
