#!/usr/bin/env bash
# Everything that people get wrong, with the exact answer each gets: command lines, files, selectors, and programs that
# do not do what a trial should (tests/script/programs). Bad job files have a table of their own beside the job file room.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"

PROGRAMS=$ROOT/tests/script/programs
cd "$WORK"

# ---- programs: one job, one trial each. NAME|STATUS|ATTEMPTS|VALUE|CAUSE, with @ for the programs' folder ----

programs() {
    cat <<'END'
closes-its-output|no_metric|1||never printed 'accuracy'; it printed nothing
daemonizes|done|1|0.875|
exits-137|crashed|1||exit 137 (something in it was killed by SIGKILL, perhaps for lack of memory); it printed nothing
exits-3|crashed|1||exit 3; last line: "ValueError: bad shape"
exits-65|infeasible|1||exit 65; last line: "kernel=rbf needs gamma"
exits-75|transient|6||exit 75; last line: "license server is busy"
exits-85|done|3|0.75|
floods|flooded|1||printed more than limits.output (12 MiB); last line: "epoch after epoch after epoch"
killed|crashed|1||killed by SIGSEGV (11); last line: "about to fail"
kills-its-group|crashed|1||killed by SIGKILL (9), perhaps for lack of memory; it printed nothing
leaves-files|done|1|0.5|
no-interpreter|no_start|1||cannot start './no-interpreter': its interpreter '/no/such/interpreter' was not found
no-shebang|no_start|1||cannot start './no-shebang': it is no program and its first line names no interpreter (#!...)
not-executable|no_start|1||cannot start './not-executable': it may not be executed (chmod +x it, or name its interpreter first)
prints-a-long-line|done|1|0.625|
prints-bad-json|no_metric|1||never printed 'accuracy'; printed nothing like a metric; a line meant for zyg is no JSON: expected a value; last line: "::zyg accuracy"
prints-chatter|no_metric|1||never printed 'accuracy'; printed nothing like a metric; last line: "all good, bye"
prints-half-a-line|done|1|0.5|
prints-invalid-utf8|done|1|0.25|
prints-nan|no_metric|1||'accuracy' was never a finite number (2 times nan or inf); last line: "accuracy=inf"
prints-nothing|no_metric|1||never printed 'accuracy'; it printed nothing
prints-wrong-name|no_metric|1||never printed 'accuracy'; printed 'loss', 'acuracy'; nearest: 'acuracy'; last line: "acuracy=0.9"
reads-input|done|1|0.375|
says-infeasible|infeasible|1||"batch too large"
says-interrupted|interrupted|6||exit 130 (something in it was ended by SIGINT); last line: "^C"
terminated|interrupted|6||killed by SIGTERM (15); it printed nothing
missing|no_start|1||cannot start './missing': it was not found in '@'
lib|no_start|1||cannot start './lib': it is a folder
END
}

# A copy, so that a checkout without file modes or on a mount without execution tells us here and not in the table.
cp -r "$PROGRAMS" programs
mkdir programs/lib
[ -x programs/exits-3 ] && [ ! -x programs/not-executable ] || fail "the programs have lost their modes"
programs >expected
{
    cat <<END
zyg: 1
name: bad-programs
search: {method: list, objective: {metric: accuracy, goal: maximize}}
params:
  program: [$(cut -d'|' -f1 expected | paste -sd,)]
list:
$(sed 's/|.*/}/; s/^/  - {program: /' expected)
run:
  dir: programs
  command: ["./{program}"]
  limits: {wall: 10m, grace: 300ms, output: 12MiB}
  retry: {transient: 5}
END
} >programs.yaml
run zyg submit programs.yaml --wait -q
assert_status 0
assert_nothing_left
zyg export -o jsonl >results
while IFS='|' read -r name status attempts value cause; do
    cause=${cause/@/$WORK/programs}
    cause=${cause//\"/\\\"}
    row=$(grep "\"params.program\":\"$name\"" results) || fail "no result of $name"
    got=$(sed -E 's/.*"status":"([^"]*)","value":([^,]*),"attempts":([^,]*),.*,"cause":(null|".*"),"params.*/\1|\3|\2|\4/; s/\|null/|/g; s/\|"(.*)"$/|\1/' <<<"$row")
    assert_equal "$status|$attempts|$value|$cause" "$got" "$name"
done <expected
assert_equal "$(wc -l <expected)" "$(wc -l <results)"
# What is left of a flood and of the long line fits what is kept of any trial.
assert_equal 65536 "$(zyg logs last/7 2>/dev/null | wc -c)"
assert_equal 65536 "$(zyg logs last/14 2>/dev/null | wc -c)"
assert_equal weights "$(cat "$STATE"/runs/*/10/output/model)"
job=$(zyg ls -o csv | tail -1 | cut -d, -f2)

# One that never ends, in a job of its own: what is little time for a busy machine would be too little for the others.
sed '/^  - /d; s/^  program: .*/  program: [hangs]/; s/^list:/list: [{program: hangs}]/; s/^name: .*/name: hangs/
     s/wall: 10m/wall: 4s/' programs.yaml >hangs.yaml
run zyg submit hangs.yaml --wait -q
assert_status 1
assert_nothing_left
run zyg show last/0 -o json
assert_contains "$out" '"status":"timed_out"'
assert_contains "$out" '"cause":"ran longer than limits.wall (4 s); last line: \"accuracy=0.1\""'
hangs=$(zyg ls -n 1 -o csv | tail -1 | cut -d, -f2)

# A job whose every trial fails says so by its exit status.
sed '/^  - /d; s/^list:/list: [{program: exits-3}]/; s/^name: .*/name: hopeless/' programs.yaml >hopeless.yaml
run zyg submit hopeless.yaml --wait
assert_status 1
run zyg best
assert_status 4
assert_match "$err" '^zyg: no trial of hopeless-.... has a value yet \(1 of 1 finished\)'

hopeless=$(zyg ls -n 1 -o csv | tail -1 | cut -d, -f2)

# ---- command lines: STATUS|ARGUMENTS|FIRST LINE ON STANDARD ERROR ----

cat >job.yaml <<'END'
zyg: 1
name: job
search: {method: random, trials: 20}
params:
  learner: [svc, knn]
  C: {min: 0.01, max: 100, scale: log, when: "learner == svc"}
run: {command: ["true"]}
END
printf 'zyg: 1\nname: job\nsearch: {method: rondom, trials: 3}\nrun: {command: [x]}\n' >wrong.yaml
printf 'zyg: 1\nname: job\nsearch: {trials: 3}\nparams: {a: {min: 0, max: 1}}\nwhere: a > 2\nrun: {command: [x]}\n' >nowhere.yaml
: >empty.yaml
head -c 2000000 /dev/zero | tr '\0' '#' >huge.yaml
printf 'zyg: \377\n' >bytes.yaml

while IFS='|' read -r expected arguments message; do
    eval "run zyg $arguments"
    [ "$status" = "$expected" ] || fail "zyg $arguments: exit status $status, expected $expected: $err"
    assert_equal "" "$out" "standard output of zyg $arguments"
    assert_equal "$message" "$(head -1 <<<"$err")" "zyg $arguments"
done <<END
2|sbumit job.yaml|zyg: there is no verb 'sbumit' (did you mean 'submit'?)
2|frobnicate|zyg: there is no verb 'frobnicate'; all verbs: zyg help
2|help nope|zyg: there is no verb 'nope' (did you mean 'nodes'?)
2|completion fish|zyg completion: 'fish': expected bash or zsh
2|submit|zyg submit: JOB_FILE is missing
2|submit a b|zyg submit: 'b' is one argument too many
2|submit job.yaml --wiat|zyg submit: unknown option '--wiat' (did you mean '--wait'?)
2|submit job.yaml -z|zyg submit: unknown option '-z'
2|submit job.yaml --wait=3|zyg submit: option '--wait=3' takes no value
2|submit job.yaml -o csv|zyg submit: -o csv: expected one of table, json, id
6|submit nope.yaml|nope.yaml: there is no such file
6|submit .|.: cannot be read: Is a directory
6|submit empty.yaml --wait|empty.yaml:1:1: the file is empty; a job begins with 'zyg: 1'
6|submit wrong.yaml --wait|wrong.yaml:3:18: 'method' expects auto, gp, tpe, evolution, pareto, nsga2, sobol, random, grid or list, not 'rondom' (did you mean 'random'?)
6|validate wrong.yaml|wrong.yaml:3:18: 'method' expects auto, gp, tpe, evolution, pareto, nsga2, sobol, random, grid or list, not 'rondom' (did you mean 'random'?)
6|validate nowhere.yaml|nowhere.yaml:5:1: 'where' leaves none of 4096 random configurations, nor any that was found from there
6|validate huge.yaml|huge.yaml: longer than 1048576 bytes; a job file is at most that long
6|validate bytes.yaml|bytes.yaml:1:6: not UTF-8 (byte 0xff)
6|validate no/such/folder.yaml|no/such/folder.yaml: there is no such file
6|plan - </dev/null|standard input:1:1: the file is empty; a job begins with 'zyg: 1'
2|plan job.yaml -o jsonl|zyg plan: -o jsonl: expected one of table, json
2|try|zyg try: JOB_FILE is missing
2|try job.yaml C=1|zyg try: 'C=1': values of parameters come after --set
2|try job.yaml --set|zyg try: --set: NAME=VALUE is missing
2|try job.yaml --set C|zyg: --set C: expected NAME=VALUE
2|try job.yaml --set =1|zyg: --set =1: expected NAME=VALUE
2|try job.yaml --set lerner=svc|zyg: --set: the job has no parameter 'lerner' (did you mean 'learner'?)
2|try job.yaml --set learner=svm|zyg: --set learner=svm: expected svc | knn
2|try job.yaml --set learner=svc C=1000|zyg: --set C=1000: expected 0.01 to 100, log
2|try job.yaml --set learner=svc C=abc|zyg: --set C=abc: expected 0.01 to 100, log
2|try job.yaml --set learner=knn C=1|zyg: --set C: it is only there when learner == svc
2|try job.yaml --set learner=knn learner=knn|zyg: --set learner=knn: set twice
2|try job.yaml --slot 20|zyg: --slot 20: the job's trials are numbered 0 to 19
2|try job.yaml --slot -1|zyg try: --slot -1: expected a whole number
2|ls extra|zyg ls: 'extra' is one argument too many
2|ls -n 0|zyg ls: --limit 0: expected at least 1
2|ls -n abc|zyg ls: --limit abc: expected a whole number
2|ls -o yaml|zyg ls: -o yaml: expected one of table, wide, json, jsonl, csv, id
2|ls -o|zyg ls: option '-o' needs a value
2|ls --state|zyg ls: option '--state' needs a value
4|show nope|zyg: no job 'nope'; there are $hopeless, $hangs, $job
4|show \$'\\377'|zyg: no job has such a name
4|show last/999|zyg: $hopeless has no trial 999: they are numbered 0 to 0
2|show last/x|zyg: 'last/x': expected a trial's number after the '/', as in last/17
2|show last/|zyg: 'last/': expected a trial's number after the '/', as in last/17
2|show last/-1|zyg: 'last/-1': expected a trial's number after the '/', as in last/17
2|show /3|zyg: '/3': expected a job: last, its name, its handle or the start of its id
2|show ''|zyg: '': expected a job: last, its name, its handle or the start of its id
2|show last/0 --spec|zyg: '$hopeless/0' is a trial; expected a job, as in $hopeless
2|show last --curve|zyg: --curve: expected a trial, as in $hopeless/0
2|show --spec -o json|zyg show: --spec prints YAML; it does not go with -o
4|trials last/3|zyg: $hopeless has no trial 3: they are numbered 0 to 0
2|trials --status fialed|zyg: --status fialed: there is no such status (did you mean 'failed'?)
2|trials --status zzz|zyg: --status zzz: expected done, failed, running or another status of a trial
2|best --args -o json|zyg best: --args and -o exclude each other
4|logs nope/1|zyg: no job 'nope'; there are $hopeless, $hangs, $job
4|logs last/0 --attempt 7|zyg: nothing is kept of attempt 7 of $hopeless/0
2|logs -f --attempt 1|zyg logs: --follow shows the attempt that runs; it does not go with --attempt
2|events -o id|zyg events: -o id: expected one of table, wide, json, jsonl, csv
2|export last/0|zyg: '$hopeless/0' is a trial; expected a job, as in $hopeless
2|wait last --timeout 5|zyg wait: --timeout 5: expected a duration such as 30s, 5m or 2h
1|ls --state /dev/null/x|zyg: cannot make the folder /dev/null/x: Not a directory
END

# ---- little address space: a sentence instead of an abort ----

if ! is_sanitized; then # they take terabytes themselves
    run bash -c 'ulimit -v 200000 && exec zyg ls'
    assert_status 1
    assert_match "$err" '^zyg: cannot reserve [0-9]+ MiB more of address space \(ulimit -v is 195 MiB\)$'
fi

# ---- few open files, closed streams ----

run bash -c 'ulimit -n 12 && exec zyg ls'
assert_status 1
assert_equal 'zyg: only 12 open files are allowed (ulimit -n), at least 64 are needed' "$err"
run bash -c 'exec zyg version >&-'
assert_status 1
assert_equal 'zyg: cannot write the output: Bad file descriptor' "$err"
