#!/usr/bin/env bash
# A population on three nodes: the worst members end, and copies of the best take their places, from their checkpoints where
# they run on the same node. A node is killed meanwhile.
# timeout 400
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=24
STEPS=12
NODES=(a b c)

# Its checkpoint says how far it has come, and by which trials; what it finds at its beginning is written down.
cat >"$WORK/member.sh" <<'END_OF_PROGRAM'
step=0 by=
[ -f "$ZYG_CHECKPOINT/state" ] && read -r step by <"$ZYG_CHECKPOINT/state"
echo "$ZYG_TRIAL $ZYG_ATTEMPT ${ZYG_PARENT:--} $step $by" >>"$FOUND_LOG"
[ "${by##*,}" = "$ZYG_TRIAL" ] || by="$by,$ZYG_TRIAL"
while [ "$step" -lt "$ZYG_BUDGET" ]; do
    step=$((step + 1))
    echo "$step $by" >"$ZYG_CHECKPOINT/state.new"
    mv "$ZYG_CHECKPOINT/state.new" "$ZYG_CHECKPOINT/state"
    awk -v step="$step" -v x="$1" 'BEGIN { printf "step=%d score=%.6f\n", step, 10 * x - 0.1 * step }'
    sleep 0.4
done
END_OF_PROGRAM

cat >"$WORK/population.yaml" <<END_OF_JOB
zyg: 1
name: population
search:
  method: random
  trials: $TRIALS
  parallel: 6
  seed: 3
  objective: {metric: score, goal: minimize}
  rungs: {scheduler: pbt, min: 2, max: $STEPS}
params: {x: {min: 0, max: 1}}
run: {command: [sh, $WORK/member.sh, '{x}'], env: {FOUND_LOG: $WORK/found.log}}
END_OF_JOB
: >"$WORK/found.log"

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
    run on "$name" zyg replay "$job"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same$'
done
assert_equal "$TRIALS" $(($(count_of a "$job" stopped) + $(count_of a "$job" done) + $(count_of a "$job" failed))) "trials that ended"

# Whoever begins with something has it from the trial that he was told, or, in a further attempt, from himself.
went_on=0 once=
while read -r trial attempt parent step by; do
    [ "$step" -gt 0 ] || continue
    from=${by##*,}
    [ "$from" = "$parent" ] || [ "$from" = "$trial" ] ||
        fail "attempt $attempt of #$trial, told '$parent', began at step $step with the checkpoint of #$from"
    [ "$from" = "$trial" ] && continue
    went_on=$((went_on + 1))
    [ "$(grep -c "^$trial " "$WORK/found.log")" -gt 1 ] || once=$trial copied=$parent
done <"$WORK/found.log"
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
