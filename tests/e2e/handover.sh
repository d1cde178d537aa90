#!/usr/bin/env bash
# A leader that is asked to stop hands the lead on at once, however long its own trials take to end; a job that is cancelled
# frees its places on all nodes.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=120
NODES=(a b c)
draw_from_seed

# Trials are short, but those of a node that is named in $WORK/stubborn: there they take long and do not listen.
cat >"$WORK/job.yaml" <<END_OF_JOB
zyg: 1
name: shared
search: {method: random, trials: $TRIALS, seed: 3, objectives: [{metric: score, goal: minimize}]}
params: {x: {min: 0, max: 1}}
run:
  command: [sh, '$WORK/trial', '{x}']
  metrics: {regex: {score: 'score=([-0-9.e]+)'}}
END_OF_JOB
cat >"$WORK/trial" <<'END_OF_TRIAL'
work=$(dirname "$0")
date +%s%3N >>"$work/began"
case $ZYG_OUTPUT in
"$work/$(cat "$work/stubborn" 2>/dev/null)/"*) trap '' TERM; sleep 5 ;;
*) sleep 0.1 ;;
esac
echo "score=$1"
END_OF_TRIAL
cat >"$WORK/long.yaml" <<END_OF_JOB
zyg: 1
name: long
search: {trials: 100, method: random}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "echo \$\$ >>'$WORK/long'; exec sleep 60"]}
END_OF_JOB

# began_after MS: a trial that began then or later, in $first
began_after() {
    first=$(awk -v after="$1" '$1 >= after { print $1; exit }' "$WORK/began")
    [ -n "$first" ]
}

all_run() { [ "$(wc -l <"$WORK/long")" -ge 6 ]; }

all_gone() {
    local trial
    while read -r trial; do
        ! kill -0 "$trial" 2>/dev/null || return 1
    done <"$WORK/long"
}

leader_is_known() { [ -n "$(leader a)" ]; }

cluster "${NODES[@]}"
wait_until 20 "a leader" leader_is_known
leads=$(leader a)
for name in "${NODES[@]}"; do
    [ "$name" = "$leads" ] || asked=$name
done

# ---- cancelled ----

: >"$WORK/long"
run on "$asked" zyg submit "$WORK/long.yaml"
assert_status 0
wait_until 20 "all places to be taken" all_run
run on "$asked" zyg cancel last
assert_status 0
wait_until 2 "the places to be free" all_gone
assert_equal 6 "$(wc -l <"$WORK/long")" "trials that were ever begun"

# ---- asked to stop ----

run on "$asked" zyg submit "$WORK/job.yaml"
assert_status 0
job=$out
wait_until 20 "some trials" knows_of "$job" "$asked" 20
echo "$leads" >"$WORK/stubborn"
e2e_pass_time 0.5 # both of its trials are stubborn now
kill -TERM "${pids[$leads]}"
asked_at=$(date +%s%3N)
# What the old leader had still given out has begun by then.
wait_until 2 "the next leader's first lease" began_after $((asked_at + 300))
assert_less $((first - asked_at)) 2000 "ms from the end of one leader to what the next gives out"
run kill -0 "${pids[$leads]}" # it still waits for its trials
assert_status 0
wait_until 60 "the end of the job" is_done "$asked" "$job"
assert_numbers "$asked" "$job" "$TRIALS"

for name in "${NODES[@]}"; do
    kill -TERM "${pids[$name]}" 2>/dev/null || true
done
assert_nothing_left 20
