#!/usr/bin/env bash
# One trial in the foreground: what it prints, what of it was understood, how it ended, and that nothing is kept.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

# job COMMAND_LINE > FILE: the command reads its parameters from the environment.
job() {
    cat <<END
zyg: 1
name: tried
search: {method: random, trials: 9, seed: 3, objective: {metric: accuracy, goal: maximize}}
params:
  learner: [svc, knn]
  C: {min: 0.5, max: 2, when: "learner == svc"}
  k: {min: 1, max: 9, type: int, when: "learner == knn"}
run:
  command: [sh, -c, '$1']
  limits: {wall: 20s, grace: 200ms}
END
}

# Every line comes as it is, and under it what was understood.
job 'echo loading; echo epoch=1 loss=0.5; echo accuracy=0.25; echo "::zyg {{\"final\": {{\"accuracy\": 0.75}}}}"; printf "accuracy=nan\rbye"' >"$WORK/a.yaml"
run zyg try "$WORK/a.yaml" --set learner=svc C=1.5
assert_status 0
assert_equal "trial 0 with learner=svc C=1.5

loading
epoch=1 loss=0.5
    -> loss = 0.5 (step 1)
accuracy=0.25
    -> accuracy = 0.25, the objective
::zyg {\"final\": {\"accuracy\": 0.75}}
    -> accuracy = 0.75 (final), the objective
accuracy=nan"$'\r'"bye
    -> accuracy is not a finite number: not counted

STATUS    done
accuracy  0.75" "$(sed '/^TIME/,$d' <<<"$out")"
assert_equal "" "$err"

# The verdict for programs; what the trial prints is then out of its way.
run zyg try "$WORK/a.yaml" -o json --set learner=knn k=7
assert_status 0
assert_contains "$out" '{"version":1,"trial":{"status":"done","value":0.75,"cause":null,"run_seconds":0'
assert_contains "$out" '"params":{"learner":"knn","k":7}}}'
assert_contains "$err" 'epoch=1 loss=0.5'

# Quiet: only what the program prints and the verdict.
run zyg try "$WORK/a.yaml" -q
assert_status 0
assert_equal "loading" "$(head -1 <<<"$out")"

# The same parameters as the search gives to that slot, in the environment and in {trial}.
job 'echo "$ZYG_TRIAL $ZYG_PARAMS"; echo accuracy=1' >"$WORK/b.yaml"
run zyg plan "$WORK/b.yaml" -o json
planned=$(grep -o '"first":.*' <<<"$out" | grep -o '{[^}]*}' | sed -n 4p)
run zyg try "$WORK/b.yaml" --slot 3 -q
assert_status 0
assert_equal "3 $planned" "$(head -1 <<<"$out")"

# A value that was set wakes other parameters; those that were not set stand in the middle of their range.
run zyg try "$WORK/b.yaml" --slot 3 -q --set learner=knn
middle_knn=$(head -1 <<<"$out")
run zyg try "$WORK/b.yaml" --slot 3 -q --set learner=svc
middle_svc=$(head -1 <<<"$out")
assert_contains "$middle_knn$middle_svc" '"learner":"knn","k":'
assert_contains "$middle_knn$middle_svc" '"learner":"svc","C":'

# The objective was never seen: what was, and what was probably meant. Exit status 1.
job 'echo acuracy=0.5' >"$WORK/c.yaml"
run zyg try "$WORK/c.yaml" -q
assert_status 1
assert_contains "$out" "    -> acuracy = 0.5"
assert_contains "$out" "STATUS    no_metric"
assert_contains "$out" "CAUSE     never printed 'accuracy'; printed 'acuracy'; nearest: 'acuracy'; last line: \"acuracy=0.5\""

job 'echo accuracy=0.5; exit 3' >"$WORK/d.yaml"
run zyg try "$WORK/d.yaml" -q
assert_status 1
assert_contains "$out" 'CAUSE     exit 3; last line: "accuracy=0.5"'

# Files that a trial leaves are not lost.
job 'echo weights >"$ZYG_OUTPUT/model"; echo accuracy=1' >"$WORK/e.yaml"
run env TMPDIR="$WORK" zyg try "$WORK/e.yaml" -q
assert_status 0
left=$(sed -n 's/^LEFT IN *//p' <<<"$out")
assert_equal weights "$(cat "$left"/*/0/output/model)"
rm -r "$left"

# An interrupt stops the trial and all it started, also what does not listen.
job 'trap "" TERM; echo ready; sleep 1000 & while :; do wait; done' >"$WORK/f.yaml"
start tried zyg try "$WORK/f.yaml"
wait_until 10 "the trial's first line" grep -q ready "$WORK/tried.out"
kill -INT "$pid"
finish "$pid" 10
assert_equal 130 "$status"
assert_contains "$(cat "$WORK/tried.err")" "interrupted"
assert_nothing_left

# Ctrl-\ does not wait for it.
sed 's/grace: .*/grace: 1h}/' "$WORK/f.yaml" >"$WORK/g.yaml"
start hurried zyg try "$WORK/g.yaml"
wait_until 10 "the trial's first line" grep -q ready "$WORK/hurried.out"
kill -QUIT "$pid"
finish "$pid" 10
assert_equal 130 "$status"
assert_nothing_left

# A try that is killed leaves its folder; the next one removes it, and nothing that is in use or was left on purpose.
export TMPDIR=$WORK
start killed zyg try "$WORK/g.yaml"
killed=$pid
wait_until 10 "the trial's first line" grep -q ready "$WORK/killed.out"
deserted=$(echo "$WORK"/zyg-try-*)
run zyg try "$WORK/e.yaml" -q
assert_status 0
left=$(sed -n 's/^LEFT IN *//p' <<<"$out")
[ -d "$deserted" ] || fail "the folder of a try that runs was removed"
disown "$killed"
kill -KILL "$killed"
assert_nothing_left
run zyg try "$WORK/a.yaml" -q
assert_status 0
[ ! -e "$deserted" ] || fail "the folder of a try that was killed is still there"
assert_equal weights "$(cat "$left"/*/0/output/model)"
rm -r "$left"

# Nothing was kept anywhere.
[ ! -e "$STATE" ] || fail "try made a state folder"
ls -d "$WORK"/zyg-try-* 2>/dev/null && fail "try left its folder behind"
exit 0
