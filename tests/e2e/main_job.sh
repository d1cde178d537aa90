#!/usr/bin/env bash
# The main job as people meet it: submit and see, interrupt, kill, resume, watch from the side, wait, cancel.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"

# job TRIALS SECONDS > FILE: trials that each take a while; every start leaves a line in $WORK/started.
job() {
    cat <<END
zyg: 1
name: main
search:
  method: random
  trials: $1
  parallel: 2
  seed: 7
  objectives: [{metric: score, goal: maximize}]
params:
  x: {min: 0, max: 1}
run:
  command: [sh, -c, "echo {trial} >>'$WORK/started'; until [ {trial} -lt \$(cat '$WORK/gate') ]; do sleep 0.02; done;
                     sleep $2; echo score={x}"]
END
}

# Trials from this number on wait, so that no machine is fast enough to end a job before its test has done what it wants to do.
gate() {
    echo "$1" >"$WORK/gate.new"
    mv "$WORK/gate.new" "$WORK/gate"
}
gate 1000

finished() { # N: at least so many trials of the last job are kept
    [ "$(zyg ls -q -o jsonl | sed -n '1s/.*"done": *\([0-9]*\).*/\1/p')" -ge "$1" ]
}

# Every number once, each with a value.
assert_complete() { # TRIALS
    run zyg export last -o csv
    assert_status 0
    assert_equal "$(seq 0 $(($1 - 1)))" "$(tail -n +2 <<<"$out" | cut -d, -f1 | sort -n)" "the numbers of the trials"
    assert_equal "$1" "$(cut -d, -f2 <<<"$out" | grep -cx done)" "trials that are done"
}

job 12 0.1 >"$WORK/quick.yaml"
job 40 0.1 >"$WORK/slow.yaml"

# In a pipe: lines that say what matters, the best model, what to type next.
here="no node runs here: it runs in this process, and stops with it"
run zyg submit "$WORK/quick.yaml" --wait
assert_status 0
assert_equal "$here" "$err"
handle=${out%%  *}
assert_match "$handle" '^main-[0-9a-f]{4}$'
assert_contains "$out" "$handle  started: 12 trials"
assert_match "$out" "$handle  best score 0\.[0-9]+  #[0-9]+  x=0\.[0-9]+"
assert_match "$out" "$handle  [4-7]0%  [5-9]/12"
assert_contains "$out" "$handle is done: 12/12 trials in"
assert_match "$out" 'best score (0\.[0-9]+), trial ([0-9]+):'
best=${BASH_REMATCH[1]}
assert_contains "$out" "  x  $best"
assert_contains "$out" "zyg logs $handle/${BASH_REMATCH[2]}"
[[ $out != *$'\033'* ]] || fail "escape sequences in a pipe"
assert_complete 12
assert_nothing_left

# What is over stays over; its end can be asked for again, in a form for programs too.
run zyg resume last --quiet
assert_status 0
assert_contains "$out" "$handle is done: 12/12 trials in"
run zyg wait "$handle" -o json -q
assert_status 0
assert_equal "" "$err"
assert_match "$out" '"state": *"done"'
assert_match "$out" '"best": *'"$best"

# An answer that could not be written is no success.
for verb in "submit $WORK/quick.yaml --wait" "wait last" "watch last" "resume last" "wait last -o json" "submit $WORK/quick.yaml -o id --wait -q"; do
    status=0
    zyg $verb >/dev/full 2>"$WORK/full.err" || status=$?
    assert_equal 1 "$status" "zyg $verb >/dev/full"
    assert_contains "$(<"$WORK/full.err")" "zyg: cannot write the output"
done
zyg submit "$WORK/quick.yaml" --wait 2>"$WORK/head.err" | head -n 1 >/dev/null
assert_equal 0 "${PIPESTATUS[0]}" "submit --wait | head -n 1"
assert_equal "$here" "$(<"$WORK/head.err")"

# Without --wait the job is only kept, and said to be.
run zyg submit "$WORK/quick.yaml"
assert_status 0
kept=$out
assert_match "$kept" '^main-[0-9a-f]{4}$'
assert_contains "$err" "no agent runs here"
assert_contains "$err" "zyg resume $kept"
run zyg wait "$kept" --timeout 5s
assert_status 3
run zyg cancel "$kept"
assert_status 0
assert_equal "$kept is cancelled" "$out"
run zyg resume "$kept"
assert_status 8
assert_contains "$out" "$kept was cancelled"

# Standard input, quiet, an id.
run bash -c "zyg submit - -o id --wait -q <'$WORK/quick.yaml'"
assert_status 0
assert_match "$out" '^[0-9a-f]{32}$'
assert_equal "" "$err"

# Ctrl-C: the trials end, the job can be resumed and repeats nothing that was finished.
rm "$WORK/started"
gate 20
start first zyg submit "$WORK/slow.yaml" --wait
first=$pid
wait_until 20 "the start" grep -q started "$WORK/first.out"
wait_until 20 "six trials" finished 6
kill -INT "$first"
finish "$first" 15
assert_status 130
assert_match "$(<"$WORK/first.err")" "main-[0-9a-f]{4} is kept; go on:  zyg resume main-"
assert_nothing_left
start again zyg resume last
again=$pid
wait_until 20 "ten trials" finished 10

# Somebody looks from the side and goes; the job goes on.
start look zyg watch last
look=$pid
wait_until 5 "the look" grep -q 'goes on' "$WORK/look.out"
kill -INT "$look"
finish "$look" 5
assert_status 130
assert_contains "$(<"$WORK/look.err")" "goes on without you"
run zyg wait last --timeout 100ms
assert_status 124

# kill -9 of the one that runs it: another that waits for the same job takes its place.
start other zyg resume last
other=$pid
start waits zyg wait last
waits=$pid
start looks zyg watch last
looks=$pid
wait_until 5 "the other" grep -q 'goes on' "$WORK/other.out"
wait_until 5 "the look" grep -q 'goes on' "$WORK/looks.out"
disown "$again" # or bash would tell that it was killed
kill -KILL "$again"
gate 1000
finish "$other" 60
assert_status 0
assert_contains "$(<"$WORK/other.out")" "is done: 40/40 trials in"
# Whoever only looked need not have noticed, whichever of the three became the node.
for look in "$waits" "$looks"; do
    finish "$look" 10
    assert_status 0
done
assert_contains "$(<"$WORK/waits.out")" "is done: 40/40 trials in"
assert_complete 40
assert_nothing_left
# What ran at an interrupt runs again, and after a kill what was not yet on the disk; no more.
assert_less "$(wc -l <"$WORK/started")" 52 "starts of 40 trials with two interruptions"

# kill -9 of the only node while somebody waits: whoever waits runs what is left, and says so.
start node zyg-node --state "$STATE" --slots 2
node=$pid
wait_until 20 "the node" grep -q listens "$WORK/node.err"
start waits zyg submit "$WORK/quick.yaml" --wait
waits=$pid
wait_until 20 "the start" grep -q started "$WORK/waits.out"
disown "$node"
kill -KILL "$node"
finish "$waits" 60
assert_status 0
assert_contains "$(<"$WORK/waits.out")" "is done: 12/12 trials in"
assert_contains "$(<"$WORK/waits.err")" "no node runs here any more: it runs in this process, and stops with it"
assert_nothing_left

# Bad lines: one sentence, the usage, exit status 2; an unknown job says what there is.
run zyg submit
assert_status 2
assert_contains "$err" "JOB_FILE is missing"
run zyg sumbit x
assert_status 2
assert_contains "$err" "did you mean 'submit'?"
run zyg watch nothing
assert_status 4
assert_contains "$err" "no job 'nothing'; there are main-"
