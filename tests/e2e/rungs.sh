#!/usr/bin/env bash
# Early stopping on three nodes: examples/epochs finds about what it finds in full, for less than two thirds of the epochs,
# though the leader and then a worker are killed; and trials that are stopped for good say
# where and why; on a short ladder, too, and none by chance alone.
# timeout 400
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=20
EPOCHS=27
NODES=(a b c)

# The example, whose every epoch is written down and takes at least as long as in $PAUSE. In one process: signals reach it.
cat >"$WORK/counted.py" <<END_OF_PROGRAM
import os, runpy, sys, time

class Out:
    def write(self, text):
        if text.startswith("epoch="):
            with open(os.environ["EPOCHS_LOG"], "a") as log:
                log.write(f"{os.environ['ZYG_TRIAL']} {os.environ['ZYG_ATTEMPT']} {text}\n")
            time.sleep(float(os.environ["PAUSE"]))
        return sys.__stdout__.write(text)

    def flush(self):
        sys.__stdout__.flush()

sys.stdout, sys.argv = Out(), sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
END_OF_PROGRAM

# example NAME SCHEDULER PAUSE: $WORK/NAME.yaml, which writes to $WORK/NAME.log
example() {
    sed -e "s/^name: .*/name: $1/" -e "s/trials: .*/trials: $TRIALS/" -e "s/scheduler: [a-z]*/scheduler: $2/" \
        -e "s|command: .*|command: [python3, $WORK/counted.py, $ROOT/examples/epochs/train.py, '{args}']|" \
        -e "s|^run:|run:\n  env: {EPOCHS_LOG: $WORK/$1.log, PAUSE: '$3'}|" "$ROOT/examples/epochs/job.yaml" >"$WORK/$1.yaml"
    : >"$WORK/$1.log"
}

count_of() { # NODE JOB FIELD
    on "$1" zyg show "$2" -o json | sed -n 's/.*"'"$3"'": *\([0-9]*\).*/\1/p' | head -1
}

ended() { # JOB NODE COUNT: so many trials went all the way or rest at a rung
    [ $(($(count_of "$2" "$1" done) + $(count_of "$2" "$1" paused))) -ge "$3" ]
}

least_losses() { # LOG: of each trial, in order
    sed 's/ [0-9]* epoch=.* loss=/ /' "$1" | sort -k1,1n -k2,2g | sort -su -k1,1n | cut -d' ' -f2 | sort -g
}

replays() { # NODE JOB: what was proposed, and who went on, follows from the facts
    run on "$1" zyg replay "$2"
    assert_status 0
    assert_match "$out" '^([0-9]+) of \1 proposals are the same(; [0-9]+ of them let a trial go on that had paused)?$'
}

another_than() { # NAME...: in $found
    for found in "${NODES[@]}"; do
        [[ " $* " == *" $found "* ]] || return 0
    done
}

# ---- in full, on one machine ----

example full none 0
run zyg submit "$WORK/full.yaml" --wait
assert_status 0
assert_equal $((TRIALS * EPOCHS)) "$(wc -l <"$WORK/full.log")" "epochs of $TRIALS trials in full"

# ---- with rungs, on three ----

SLOTS=2 cluster "${NODES[@]}"
example early asha 0.1
run on a zyg submit "$WORK/early.yaml"
assert_status 0
job=$out
wait_until 20 "a leader" has_leader a
led=$(leader a)
another_than "$led"
asked=$found
wait_until 60 "some trials" ended "$job" "$asked" 4
kill_node "$led"
wait_until 60 "more of them without $led" ended "$job" "$asked" 8
node "$led"
wait_until 30 "everybody to know everybody" all_know 3 "${NODES[@]}"
another_than "$(leader "$asked")" "$asked"
worker=$found
kill_node "$worker"
wait_until 120 "the end of the job" is_done "$asked" "$job"
node "$worker"
for name in "${NODES[@]}"; do
    wait_until 30 "the end of the job at $name" is_done "$name" "$job"
    wait_until 30 "all trials at $name" knows_all "$name" "$job" "$TRIALS"
    assert_equal "$(seq 0 $((TRIALS - 1)))" "$(tail -n +2 "$WORK/numbers.csv" | cut -d, -f1 | sort -n)" "the numbers that $name knows"
    assert_equal "$TRIALS" "$(tail -n +2 "$WORK/numbers.csv" | cut -d, -f2 | grep -cxE 'done|paused')" "trials that ended well, as $name knows"
    replays "$name" "$job"
done

assert_less "$(wc -l <"$WORK/early.log")" $((TRIALS * EPOCHS * 2 / 3)) "epochs with rungs"
assert_less 0 "$(count_of a "$job" paused)" "trials that rest at a rung (is 0)"
run on a zyg trials "$job" -o jsonl
assert_match "$out" '"status":"done"[^}]*"attempts":[2-9]' # was paused, and went on
assert_match "$out" '"cause":"paused at [0-9]* of 27 epochs: others go first'
run on a zyg show "$job"
assert_match "$out" '[0-9]+ done, [0-9]+ paused, not resumed'
# One that goes on does so from its checkpoint: no epoch is said twice but those that were lost with their node.
assert_less "$(cut -d' ' -f1,3 "$WORK/early.log" | sort | uniq -d | wc -l)" $((4 * EPOCHS)) "epochs that were repeated"
best=$(on a zyg best "$job" -o json | sed -n 's/.*"value": *\([0-9.]*\).*/\1/p' | head -1)
assert_equal "$(least_losses "$WORK/early.log" | head -1)" "$best" "the best loss is the least that was printed"
assert_less "$best" "$(least_losses "$WORK/full.log" | sed -n 5p)" "the best loss, among the four best in full"

# ---- stopped for good ----

cat >"$WORK/stops.yaml" <<'END_OF_JOB'
zyg: 1
name: stops
search:
  method: random
  trials: 24
  seed: 3
  objective: {metric: score, goal: minimize}
  rungs: {scheduler: asha-stop, min: 3, max: 18}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "for i in $(seq 18); do echo step=$i score={x}; sleep 0.1; done"]}
END_OF_JOB
run on b zyg submit "$WORK/stops.yaml"
assert_status 0
job=$out
wait_until 90 "the end of $job" is_done b "$job"
assert_less 0 "$(count_of b "$job" stopped)" "trials that were stopped early (is 0)"
assert_equal 24 $(($(count_of b "$job" stopped) + $(count_of b "$job" done))) "trials that ended well"
run on b zyg trials "$job" --status stopped
assert_match "$out" 'stopped early at step [0-9]+ of 18: others were better there'
replays b "$job"

# ---- on a short ladder, without a checkpoint ----

# At its rungs three values are known of a curve: how much of that is chance is known by those that went all the way.
# short NAME SCHEDULER SPREAD: a job whose trials differ by SPREAD, and whose curves fall, with ups and downs.
cat >"$WORK/short.awk" <<'END_OF_PROGRAM'
BEGIN {
    srand(seed)
    for (i = 1; i <= 9; i++) {
        printf "step=%d score=%.6f\n", i, spread * x + 1 / i + 0.02 * (rand() + rand() - 1)
        fflush()
        system("sleep 0.1")
    }
}
END_OF_PROGRAM
short() {
    cat <<END_OF_JOB >"$WORK/$1.yaml"
zyg: 1
name: $1
search:
  method: random
  trials: 24
  seed: 3
  objective: {metric: score, goal: minimize}
  rungs: {scheduler: $2, max: 9}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, 'exec awk -v seed=\$ZYG_SEED -v spread=$3 -v x={x} -f $WORK/short.awk']}
END_OF_JOB
    run on c zyg submit "$WORK/$1.yaml"
    assert_status 0
    job=$out
    wait_until 90 "the end of $1" is_done c "$job"
    assert_equal 24 $(($(count_of c "$job" stopped) + $(count_of c "$job" done))) "trials of $1 that ended well"
    replays a "$job"
}
for scheduler in asha asha-stop median; do
    short "differ-$scheduler" "$scheduler" 1
    assert_less 3 "$(count_of c "$job" stopped)" "trials that were clearly behind and stopped"
done

# Who breaks a constraint by what he prints at a rung is stopped there, however good he is.
cat >"$WORK/narrow.yaml" <<'END_OF_JOB'
zyg: 1
name: narrow
search:
  method: random
  trials: 24
  seed: 3
  objective: {metric: score, goal: minimize}
  constraints: ["width >= 0.5"]
  rungs: {scheduler: asha-stop, min: 1, max: 9}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "for i in $(seq 9); do echo step=$i score={x} width={x}; sleep 0.1; done"]}
END_OF_JOB
run on c zyg submit "$WORK/narrow.yaml"
assert_status 0
job=$out
wait_until 90 "the end of narrow" is_done c "$job"
run on c zyg trials "$job" --status stopped
assert_match "$out" 'stopped early at step [0-9]+ of 9: others were better there; it broke constraints'
best=$(on c zyg best "$job" -o json | sed -n 's/.*"value": *\([0-9.]*\).*/\1/p' | head -1)
assert_less 0.5 "$best" "the least score of those that keep the constraint"
run on c zyg trials "$job" --status done -o csv
narrow=$(tail -n +2 <<<"$out" | wc -l)
assert_less 4 "$narrow" "trials that keep the constraint and went all the way"
replays a "$job"

short equal asha-stop 0
assert_equal 0 "$(count_of c "$job" stopped)" "trials that were stopped by chance alone"
end_all "${NODES[@]}"
