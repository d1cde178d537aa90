#!/usr/bin/env bash
# A leader that is asked to stop hands the lead on at once, however long its own trials take to end; a job that is cancelled
# frees its places on all nodes.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=120
NODES=(a b c)
draw_from_seed

# Trials are short, but those of a node that is named in $WORK/stubborn: there they do not listen and end when $WORK/free is there.
cat >"$WORK/job.yaml" <<END_OF_JOB
zyg: 1
name: shared
search: {method: random, trials: $TRIALS, seed: 3, objectives: [{metric: score, goal: minimize}]}
params: {x: {min: 0, max: 1}}
run:
  command: [sh, '$WORK/trial', '{x}']
  metrics: {regex: {score: 'score=([-0-9.e]+)'}}
  limits: {grace: 10m}
END_OF_JOB
cat >"$WORK/trial" <<'END_OF_TRIAL'
work=$(dirname "$0")
echo >>"$work/began"
case $ZYG_OUTPUT in
"$work/$(cat "$work/stubborn" 2>/dev/null)/"*)
    trap '' TERM
    echo >>"$work/stuck"
    until [ -e "$work/free" ]; do sleep 0.05; done
    ;;
*) sleep 0.1 ;;
esac
echo "score=$1"
END_OF_TRIAL
shell_job long 100 "echo \$\$ >>'$WORK/long'; exec sleep 600"

begun() { wc -l <"$WORK/began"; }

has_begun() { [ "$(begun)" -ge "$1" ]; } # COUNT

are_stuck() { [ "$(wc -l <"$WORK/stuck")" = 2 ]; }

led_anew() { has_leader "$asked" && [ "$(leader "$asked")" != "$leads" ]; }

all_run() { [ "$(wc -l <"$WORK/long")" -ge 6 ]; }

all_gone() {
    local trial
    while read -r trial; do
        ! kill -0 "$trial" 2>/dev/null || return 1
    done <"$WORK/long"
}

cluster "${NODES[@]}"
wait_until 20 "a leader" has_leader a
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
wait_until 30 "the places to be free" all_gone # by themselves they would end after ten minutes
assert_equal 6 "$(wc -l <"$WORK/long")" "trials that were ever begun"

# ---- asked to stop ----

: >"$WORK/stuck"
run on "$asked" zyg submit "$WORK/job.yaml"
assert_status 0
job=$out
wait_until 20 "some trials" knows_of "$job" "$asked" 20
echo "$leads" >"$WORK/stubborn"
wait_until 20 "both of its trials to be stubborn" are_stuck
kill -TERM "${pids[$leads]}"
wait_until 30 "the next leader" led_anew
# More than the old leader can have given out: all places, twice over.
wait_until 30 "what the next leader gives out" has_begun $(($(begun) + 12))
run kill -0 "${pids[$leads]}" # it still waits for its trials
assert_status 0
: >"$WORK/free"
wait_until 60 "the end of the job" is_done "$asked" "$job"
assert_numbers "$asked" "$job" "$TRIALS"

end_all "${NODES[@]}"
