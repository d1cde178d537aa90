# population - what tests of jobs that breed share, on top of e2e.sh: a program whose checkpoint says how far it has come, and by
# which trials, and that writes down what it finds there when it begins.

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
    sleep "$PAUSE"
done
END_OF_PROGRAM

# population TRIALS PARALLEL STEPS PAUSE: $WORK/population.yaml; each step takes PAUSE seconds.
population() {
    cat >"$WORK/population.yaml" <<END_OF_JOB
zyg: 1
name: population
search:
  method: random
  trials: $1
  parallel: $2
  seed: 3
  objective: {metric: score, goal: minimize}
  rungs: {scheduler: pbt, min: 2, max: $3}
params: {x: {min: 0, max: 1}}
run: {command: [sh, $WORK/member.sh, '{x}'], env: {FOUND_LOG: $WORK/found.log, PAUSE: '$4'}}
END_OF_JOB
    : >"$WORK/found.log"
}

# Whoever begins with something has it from the trial that he was told, or, in a further attempt, from himself. How many had it
# from another one is in $went_on; one of them that needed a single attempt in $once, its parent in $copied.
assert_inherited() {
    local trial attempt parent step by from
    went_on=0 once= copied=
    while read -r trial attempt parent step by; do
        [ "$step" -gt 0 ] || continue
        from=${by##*,}
        [ "$from" = "$parent" ] || [ "$from" = "$trial" ] ||
            fail "attempt $attempt of #$trial, told '$parent', began at step $step with the checkpoint of #$from"
        [ "$from" = "$trial" ] && continue
        went_on=$((went_on + 1))
        [ "$(grep -c "^$trial " "$WORK/found.log")" -gt 1 ] || once=$trial copied=$parent
    done <"$WORK/found.log"
}

# assert_replayed TRIALS COMMAND...: what this COMMAND, a zyg replay -o json, says. Who was cut off for a moment may lead beside another
# one and propose the same slots: then there are more proposals than trials, and of theirs that know of a result which another
# one's has replaced by now nobody can say what follows. None may be another one than follows.
assert_replayed() {
    local trials=$1 proposals same lost
    shift
    run "$@"
    proposals=$(sed -n 's/.*"proposals": *\([0-9]*\).*/\1/p' <<<"$out")
    same=$(sed -n 's/.*"same": *\([0-9]*\).*/\1/p' <<<"$out")
    lost=$(sed -n 's/.*"not_derivable": *\([0-9]*\).*/\1/p' <<<"$out")
    [ "${proposals:-0}" -gt "$trials" ] || assert_equal "$trials of $trials" "${same:-none} of ${proposals:-none}" "proposals that are the same"
    assert_equal "$proposals" $((same + lost)) "proposals that are the same, or of which nobody can say what follows"
}
