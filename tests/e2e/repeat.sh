#!/usr/bin/env bash
# Every configuration is run three times and judged by the mean: by itself, and in a cluster whose leader is killed, where what
# is slow counts less; with two objectives and a constraint likewise.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

# repeated NAME METHOD TRIALS PAUSE [KEY]: runs of one configuration are worth x, x + 1 and x + 5; the first runs mislead.
repeated() {
    cat >"$WORK/$1.yaml" <<END
zyg: 1
name: $1
search: {method: $2, trials: $3, repeat: 3, seed: 5, ${5:-}objective: {metric: loss, goal: minimize}}
params: {x: {min: 0, max: 100, type: int}}
run:
  command:
    - sh
    - -c
    - 'sleep $4; case \$(({trial} % 3)) in 0) add=0;; 1) add=1;; *) add=5;; esac; echo seed={seed}; echo loss=\$(({x} + add))'
END
}

# shared NODE JOB CONFIGURATIONS: slots 3k, 3k + 1 and 3k + 2 have one configuration, and all are different.
shared() {
    on "$1" zyg export "$2" -o jsonl >"$WORK/export"
    assert_equal "$(($3 * 3))" "$(wc -l <"$WORK/export")" "trials of $2"
    sed -n 's/.*"trial": *\([0-9]*\).*"params.x": *\([0-9]*\).*/\1 \2/p' "$WORK/export" | sort -n |
        awk '{ key = int($1 / 3) " " $2; if (!(key in seen)) { seen[key]; print $2 } }' >"$WORK/shared"
    assert_equal "$3" "$(wc -l <"$WORK/shared")" "configurations of $2"
    assert_equal "$3" "$(sort -u "$WORK/shared" | wc -l)" "different ones"
    least=$(sort -n "$WORK/shared" | head -1)
}

# several NAME METHOD TRIALS: two objectives, a constraint that some runs alone break; runs of one configuration mislead.
several() {
    cat >"$WORK/$1.yaml" <<END
zyg: 1
name: $1
search:
  method: $2
  trials: $3
  repeat: 3
  seed: 7
  objectives: [{metric: loss, goal: minimize}, {metric: size, goal: minimize}]
  constraints: ["size <= 80"]
params: {x: {min: 0, max: 100, type: int}}
run:
  command:
    - sh
    - -c
    - 'r=\$(({trial} % 3)); echo loss=\$(({x} + r * r)); echo size=\$(({x} * 37 % 101 + 2 * r))'
END
}

# front_is NODE JOB: what stands on the front is reckoned from the configurations alone: x + 5/3, 37 x % 101 + 2; up to + 4.
front_is() {
    on "$1" zyg export "$2" -o jsonl >"$WORK/export"
    sed -n 's/.*"trial": *\([0-9]*\).*"params.x": *\([0-9]*\).*/\1 \2/p' "$WORK/export" | sort -n |
        awk 'BEGIN { n = 0 } $1 % 3 == 0 { x[n] = $2; s[n] = $2 * 37 % 101; t[n++] = $1 }
            END {
                for (i = 0; i < n; i++) {
                    if (s[i] + 4 > 80) { broken++; continue }
                    beaten = 0
                    for (k = 0; k < n; k++)
                        if (s[k] + 4 <= 80 && x[k] <= x[i] && s[k] <= s[i] && k != i) beaten = 1
                    if (!beaten) printf "%d %.9g %d\n", t[i], x[i] + 5 / 3, s[i] + 2
                }
                print broken + 0 >"'"$WORK/broken"'"
            }' | sort -n >"$WORK/front"
    on "$1" zyg best "$2" -o jsonl |
        sed 's/.*"trial":\([0-9]*\).*"value":\([0-9.]*\),"values.size":\([0-9]*\),"broken":null.*/\1 \2 \3/' |
        awk '{ printf "%d %.9g %d\n", $1, $2, $3 }' | sort -n >"$WORK/told"
    assert_equal "$(<"$WORK/front")" "$(<"$WORK/told")" "the front of $2 at $1"
    run on "$1" zyg show "$2" -o json
    assert_contains "$out" "\"front\":$(wc -l <"$WORK/front"),"
    assert_contains "$out" "\"broken\":$(<"$WORK/broken"),"
}

repeated evenly random 30 0
run zyg plan "$WORK/evenly.yaml"
assert_contains "$out" "random, 30 trials, 1 parameter, seed 5, repeat 3"
run zyg plan "$WORK/evenly.yaml" -o json
assert_contains "$out" '"repeat":3,"patience":null,"cost_aware":false'
run zyg submit "$WORK/evenly.yaml" --wait
assert_status 0
shared state last 10
assert_contains "$out" "best loss $((least + 2)) (mean of 3 runs, standard error 1.5), trial "
run zyg show last
assert_match "$out" 'MEAN OF +3'
assert_match "$out" 'ERROR +1\.52'
run zyg best last
assert_match "$out" "loss  $((least + 2)) \+- 1\.5, the mean of 3 runs"
run zyg best last -n 20 -o jsonl # one row a configuration, by the mean
assert_equal 10 "$(wc -l <<<"$out")" "configurations that were ranked"
assert_equal "$(sort -n "$WORK/shared" | awk '{ print $1 + 2 }' | paste -sd' ')" \
    "$(sed 's/.*"value":\([0-9]*\).*/\1/' <<<"$out" | paste -sd' ')" "the ranking"

several weighed auto 45
run zyg submit "$WORK/weighed.yaml" --wait
assert_status 0
front_is state last
run zyg best last
assert_match "$out" 'front of [0-9]+ of [0-9]+ configurations that keep all constraints, by the means of 3 runs each'
run zyg trials last --best
assert_contains "$out" "by some of 3 runs"
run zyg show last --importance -o json
assert_contains "$out" '"importance":['
sed 's/^name: .*/name: after/; s/method: auto/&\n  learn_from: [weighed]/' "$WORK/weighed.yaml" >"$WORK/after.yaml"
run zyg submit "$WORK/after.yaml"
assert_contains "$err" "'learn_from' needs one 'objective'"

# lucky NAME TRIALS: a bowl whose runs are worth up to 100 more, by their numbers.
lucky() {
    cat >"$WORK/$1.yaml" <<END
zyg: 1
name: $1
search: {method: gp, trials: $2, repeat: auto, seed: 5, objective: {metric: loss, goal: minimize}}
params: {x: {min: 0, max: 100}, y: {min: 0, max: 100}}
run:
  command: [awk, 'BEGIN {{ a = {x} - 30; b = {y} - 60; print "loss=" (a * a + b * b) / 50 + {trial} * 7919 % 101 }}']
END
}

lucky lucky 60
run zyg submit "$WORK/lucky.yaml" --wait
assert_status 0
assert_match "$out" 'best loss [0-9.]+ \((1 run|mean of [0-9]+ runs, standard error [0-9.]+); recommended, expected to be worth [0-9.]+\), trial'
run zyg show last
assert_match "$out" 'EXPECTED +[0-9.]+'
run zyg best last
assert_match "$out" '^loss  [0-9.]+.*; recommended, expected to be worth [0-9.]+  \(trial'
run zyg replay last
assert_equal "60 of 60 proposals are the same, and so is what is recommended" "$out"
run zyg trials last -o jsonl
assert_equal 60 "$(grep -c . <<<"$out")"
(($(sed 's/.*"params":\({[^}]*}\).*/\1/' <<<"$out" | sort -u | wc -l) < 60)) || fail "nothing was run again"
run zyg extend last --trials +20 --wait
assert_status 0
run zyg show last -o json
assert_match "$out" '"best_expected":[0-9.]+'
assert_contains "$out" '"trials":80,'
sed 's/^name: .*/name: lucky-after/; s/repeat: auto/learn_from: [lucky]/' "$WORK/lucky.yaml" >"$WORK/lucky-after.yaml"
run zyg submit "$WORK/lucky-after.yaml" --wait
assert_match "$err" 'learns from lucky-[0-9a-f]+: 0 of 80 trials count, the best of 80 that are alike are tried first'

NODES=(a b c)
cluster "${NODES[@]}"
wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
repeated learns gp 60 '0.$(({x} % 4))' 'cost_aware: true, '
run on a zyg submit "$WORK/learns.yaml"
assert_status 0
job=$out
several both auto 60
run on a zyg submit "$WORK/both.yaml"
assert_status 0
both=$out
lucky chance 60
run on a zyg submit "$WORK/chance.yaml"
assert_status 0
chance=$out
find_victim a
wait_until 60 "20 trials" knows_of "$job" "${others[0]}" 20
kill_node "$victim"
for name in "${others[@]}"; do
    wait_until 60 "the end of the job at $name" is_done "$name" "$job"
    assert_numbers "$name" "$job" 60
    shared "$name" "$job" 20
    run on "$name" zyg show "$job" -o json
    assert_contains "$out" "\"best\":$((least + 2)),\"best_runs\":3,"
    wait_until 60 "the end of the other job at $name" is_done "$name" "$both"
    front_is "$name" "$both"
    wait_until 60 "the end of the job with luck at $name" is_done "$name" "$chance"
    run on "$name" zyg show "$chance" -o json
    assert_match "$out" '"best_expected":[0-9.]+'
    sed 's/.*\("best":.*\),"run_seconds".*/\1/' <<<"$out" >>"$WORK/recommended"
    run on "$name" zyg replay "$chance"
    assert_match "$out" '^([0-9]+) of \1 proposals are the same, and so is what is recommended$'
    for other in "$job" "$both"; do
        run on "$name" zyg replay "$other"
        assert_status 0
        assert_match "$out" '^([0-9]+) of \1 proposals are the same; each was for [0-9]+ trials$'
    done
done
assert_equal 1 "$(sort -u "$WORK/recommended" | wc -l)" "recommendations"
end_all "${NODES[@]}"
