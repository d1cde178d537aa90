#!/usr/bin/env bash
# Every verb that looks, in every format, at jobs whose results are known.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

# Nothing there yet: an empty answer, said to people, and still well-formed for programs.
run zyg ls
assert_status 0
assert_equal "" "$out"
assert_equal "no jobs yet; start one: zyg submit JOB_FILE --wait" "$err"
run zyg ls -o json
assert_equal '{"version":1,"jobs":[
]}' "$out"
assert_equal "" "$err"
run zyg ls -o csv
assert_equal id,job,state "$(cut -d, -f1-3 <<<"$out")"
run zyg show
assert_status 4
assert_equal "zyg: no job 'last': there are none here yet (start one: zyg submit JOB_FILE --wait)" "$(head -1 <<<"$err")"
# Who only looks makes no folder for it.
for verb in "show last/3" trials best logs events export watch wait "cancel some" resume; do
    run zyg $verb
    assert_equal 4 "$status" "zyg $verb"
    assert_match "$err" "^zyg: no job '(last|some)': there are none here yet"
done
run zyg show /3
assert_status 2
[ ! -e "$STATE" ] || fail "looking made a state folder"

# Six trials, one after the other: three values, an infeasible one, a crash, a quoted text.
cat >"$WORK/job.yaml" <<'END'
zyg: 1
name: known
search: {method: list, parallel: 1, objective: {metric: score, goal: maximize}}
params:
  kind: [good, bad, infeasible, 'with, "quotes"']
  x: {min: 0, max: 10, when: "kind != infeasible"}
list:
  - {kind: good, x: 1.25}
  - {kind: good, x: 7.5}
  - {kind: bad, x: 3}
  - {kind: infeasible}
  - {kind: 'with, "quotes"', x: 0.1}
run:
  command: [sh, ./train.sh, "{kind}", "{x}"]
END
cat >"$WORK/train.sh" <<'END'
case $1 in
bad) echo "out of cheese" >&2; exit 9 ;;
infeasible) exit 65 ;;
esac
echo "step=1 loss=3"
echo "step=2 loss=1"
echo "score=$2"
END
run zyg submit "$WORK/job.yaml" --wait -q
assert_status 0

run zyg ls -o id
id=$out
assert_match "$id" '^[0-9a-f]{32}$'
job=known-${id:0:4}

run zyg ls
assert_match "$out" "^JOB +STATE +TRIALS +METRIC +BEST +TIME +AGE"$'\n'"$job +done +5/5 +score +7.5 +[0-9.]+ m?s +[0-9]+ s\$"
run zyg ls -o jsonl
assert_contains "$out" "{\"id\":\"$id\",\"job\":\"$job\",\"state\":\"done\",\"trials\":5,\"done\":3,\"stopped\":0,\"paused\":0,\"infeasible\":1,\"failed\":1,\"retried\":0,\"running\":0,\"metric\":\"score\",\"best\":7.5,\"best_trial\":1,\"run_seconds\":"
assert_contains "$out" '"cause":null,"best_params":{"kind":"good","x":7.5}}'

# All names of a job mean the same.
for name in last known "$job" "$id" "${id:0:6}" ""; do
    run zyg best $name
    assert_equal "score  7.5  (trial 1 of $job)
kind   good
x      7.5" "$out" "zyg best $name"
done

run zyg best --args
assert_equal "--kind good --x 7.5" "$out"
run zyg best -n 9 -o id
assert_equal "$id/1
$id/0
$id/4" "$out"
run zyg best -n 9
assert_match "$out" "^TRIAL  STATUS  score +TIME  PARAMETERS"$'\n'" +1  done +7.5 +[0-9.]+ m?s  kind=good x=7.5"$'\n'" +0  done +1.25 .*"$'\n'" +4  done +0.1 .*  kind=with, \"quotes\" x=0.1\$"

run zyg trials -o jsonl
assert_equal 5 "$(wc -l <<<"$out")"
assert_contains "$out" "{\"id\":\"$id/2\",\"job\":\"$job\",\"trial\":2,\"status\":\"crashed\",\"value\":null,\"attempts\":1,"
assert_contains "$out" '"cause":"exit 9; last line: \"out of cheese\"","params":{"kind":"bad","x":3},"metrics":{}}'
assert_contains "$out" '"metrics":{"loss":{"last":1,"min":1,"max":3},"score":{"last":7.5,"min":7.5,"max":7.5}}}'
run zyg trials --status failed -o id
assert_equal "$id/2" "$out"
run zyg trials --status infeasible
assert_match "$out" "CAUSE +PARAMETERS"$'\n'" +3  infeasible +- +[0-9.]+ m?s +exit 65; it printed nothing +kind=infeasible\$"
run zyg trials -n 2 -o id
assert_equal "$id/0
$id/1" "$out"
run zyg trials --status timed_out
assert_equal "" "$out"
assert_equal "$job has no such trials yet" "$err"

# One column a parameter, in the order of the job; CSV that other programs read as it was.
run zyg export
assert_equal "trial,status,value,params.kind,params.x
0,done,1.25,good,1.25
1,done,7.5,good,7.5
2,crashed,,bad,3
3,infeasible,,infeasible,
4,done,0.1,\"with, \"\"quotes\"\"\",0.1" "$(sed -E 's/^([^,]*,[^,]*,[^,]*),[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,/\1,/' <<<"$out")"
run zyg export -o id
assert_equal "$(seq -f "$id/%g" 0 4)" "$out"
run zyg export --metrics -o jsonl
assert_contains "$out" '"params.kind":"good","params.x":1.25,"metrics.loss":1,"metrics.loss.min":1,"metrics.loss.max":3,"metrics.score":1.25,'
assert_contains "$out" '"params.kind":"infeasible","params.x":null,"metrics.loss":null,'

run zyg show
assert_match "$out" "^JOB +$job"$'\n'"STATE +done"$'\n'"TRIALS +5/5: 3 done, 1 infeasible, 1 failed"$'\n'"OBJECTIVE +maximize score"$'\n'"BEST +7.5"$'\n'"BY TRIAL +1"$'\n'"WITH +kind=good x=7.5"
assert_contains "$out" 'not done
     1  infeasible   #3: exit 65; it printed nothing
     1  crashed      #2: exit 9; last line: "out of cheese"'
assert_contains "$out" "what failed                zyg trials $job --status failed"
run zyg show -o json
assert_contains "$out" "{\"version\":1,\"job\":{\"id\":\"$id\",\"job\":\"$job\",\"state\":\"done\","
run zyg show known/1
assert_match "$out" "^TRIAL +1"$'\n'"STATUS +done"$'\n'"score +7.5"
assert_contains "$out" "METRIC  LAST  MIN  MAX
loss    1     1    3
score   7.5   7.5  7.5"
run zyg show known/2 -o json
assert_contains "$out" '"trial":2,"status":"crashed"'
run zyg show known/1 --curve -o csv
assert_equal "metric,step,value
loss,1,3
loss,2,1
score,,7.5" "$(cut -d, -f1-3 <<<"$out")"

# More trials than there are configurations are no fault, but somebody should know.
cat >"$WORK/few.yaml" <<END
zyg: 1
name: few
search: {trials: 7, objective: {metric: loss, goal: minimize}}
params: {a: [1, 2, 3], b: {type: int, min: 1, max: 2}}
where: a + b < 5
run: {command: [echo, "loss={a}"]}
END
few="zyg: 7 trials, but only 5 configurations: once all were tried, some run again"
for verb in validate plan; do
    run zyg $verb "$WORK/few.yaml"
    assert_status 0
    assert_equal "$few" "$err" "zyg $verb"
done
run zyg validate "$WORK/few.yaml" -q
assert_equal "" "$err"
for enough in 's/trials: 7/trials: 5/' 's/trials: 7/trials: 10, repeat: 2/' 's/b: {type: int/b: {type: float/' \
    's/b: {type: int/b: {type: float, points: 2/'; do
    sed "$enough" "$WORK/few.yaml" >"$WORK/enough.yaml"
    run zyg validate "$WORK/enough.yaml"
    assert_status 0
    assert_equal "" "$err" "$enough"
done

# The long form says the same job.
zyg show --spec >"$WORK/long.yaml"
run zyg validate "$WORK/long.yaml"
assert_equal "$WORK/long.yaml: ok: 2 parameters (1 conditional), list of 5 trials, maximize score" "$out"
run zyg validate - <"$WORK/long.yaml"
assert_status 6 # run reads from /dev/null: an empty file

run zyg logs last/1
assert_equal "step=1 loss=3
step=2 loss=1
score=7.5" "$out"
run zyg logs
assert_equal "zyg: the best trial: $job/1" "$err"
run zyg logs -o id -q
assert_equal "$id/1" "$out"
run zyg logs last/2 --attempt 1
assert_equal "out of cheese" "$out"
run zyg logs last/2 --attempt 0
assert_status 2
assert_equal "zyg logs: --attempt 0: attempts count from 1" "$(head -1 <<<"$err")"
run zyg events -o id
assert_status 2
assert_equal "zyg events: -o id: expected one of table, wide, json, jsonl, csv" "$(head -1 <<<"$err")"
run zyg logs last/3
assert_equal "" "$out"
assert_equal "zyg: $job/3 has printed nothing" "$err"
run zyg logs last/2 -o csv
assert_equal "attempt,offset,line
1,0,out of cheese" "$out"

run zyg events -o csv
assert_contains "$out" ",submitted"
assert_contains "$out" ",best score 7.5 by #1"
assert_match "$out" ',done$'

# A reader that has seen enough ends it quietly.
for verb in ls trials export events logs "show --spec" "show -o json"; do
    zyg $verb 2>"$WORK/pipe.err" | head -c 1 >"$WORK/pipe.out"
    assert_equal 0 "${PIPESTATUS[0]}" "zyg $verb | head -c 1"
    assert_equal "" "$(grep -v 'the best trial' "$WORK/pipe.err" || true)"
done
seq -f "  p%g: {min: 0, max: 1}" 100 | cat <(printf '%s\n' 'zyg: 1' 'name: wide' 'search: {method: random, trials: 9}' \
    'run: {command: ["true"]}' params:) - >"$WORK/wide.yaml"
zyg plan "$WORK/wide.yaml" 2>"$WORK/pipe.err" | head -n 1 >"$WORK/pipe.out"
assert_equal 0 "${PIPESTATUS[0]}" "zyg plan | head -n 1"
assert_equal "" "$(<"$WORK/pipe.err")"
# A full disk does not.
status=0
zyg trials -o csv >/dev/full 2>"$WORK/full.err" || status=$?
assert_status 1
assert_equal "zyg: cannot write the output: No space left on device" "$(<"$WORK/full.err")"

# A cause that is too long for the summary is cut between two characters; the trial itself says all of it.
cat >"$WORK/long-cause.yaml" <<END
zyg: 1
name: nameless
search: {method: random, trials: 1}
run: {command: [./$(printf 'é%.0s' $(seq 100))]}
END
run zyg submit "$WORK/long-cause.yaml" --wait -q
assert_status 1
run zyg show
shown=$(grep ' #0: ' <<<"$out")
assert_match "$shown" "#0: cannot start './é+\.\.\.\$"
assert_equal 90 "$(grep -o é <<<"$shown" | wc -l)" "letters that are left of the cause"
run zyg trials -o csv
assert_contains "$out" "it was not found in"

# What is not kept of a long output is said where it is missing, and only there.
cat >"$WORK/long-output.yaml" <<'END'
zyg: 1
name: wordy
search: {method: random, trials: 1}
run: {command: [sh, -c, "echo first; seq 100000; echo last"]}
END
run zyg submit "$WORK/long-output.yaml" --wait -q
run zyg logs last/0
assert_equal first "$(head -1 <<<"$out")"
assert_equal last "$(tail -1 <<<"$out")"
assert_match "$err" '^\[zyg: [0-9.]+ KiB were not kept here\]$'
assert_equal 65536 "$(zyg logs last/0 2>/dev/null | wc -c)"
run zyg best
assert_status 4
assert_equal "zyg: $(zyg ls -n 1 -o csv | tail -1 | cut -d, -f2) has no objective, so no trial of it is the best" "$(head -1 <<<"$err")"

# A trial that runs: followed to its end, line by line. It waits for a line, whatever opens and closes the pipe meanwhile: the
# writer of the one before it may still hold it.
mkfifo "$WORK/go"
cat >"$WORK/running.yaml" <<END
zyg: 1
name: live
search: {method: random, trials: 2, parallel: 1}
run: {command: [sh, -c, "echo begun; until read x <'$WORK/go'; do :; done; echo ended"]}
END
start job zyg submit "$WORK/running.yaml" --wait
submitted=$pid
wait_until 10 "the first trial" sh -c 'zyg trials live --status running -o id | grep -q /0'
start follow zyg logs -f live
wait_until 10 "the first line" grep -qx begun "$WORK/follow.out"
run zyg ls -n 1
assert_match "$out" 'live-.... +running +0/2'
run zyg show live/0
assert_contains "$out" "STATUS      running"
run zyg show live/1
assert_status 4
assert_match "$err" 'trial 1 of live-.... has not begun \(0 of 2 finished\)'
echo >"$WORK/go"
finish "$pid" 10
assert_status 0
assert_equal "begun
ended" "$(<"$WORK/follow.out")"
wait_until 10 "the second trial" sh -c 'zyg trials live --status running -o id | grep -q /1'
start follow zyg logs -f live/1
wait_until 10 "its first line" grep -qx begun "$WORK/follow.out"
kill -INT "$pid"
finish "$pid" 10
assert_equal 130 "$status"
assert_equal "zyg: interrupted; the trial goes on" "$(<"$WORK/follow.err")"
echo >"$WORK/go"
finish "$submitted" 10
assert_status 0
