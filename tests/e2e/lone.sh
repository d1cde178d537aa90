#!/usr/bin/env bash
# Two nodes, and one stands still: the other takes a job as soon as it knows that, runs it, and both know all of it in the end.
# Meanwhile it says what it waits for, and who does not want to wait hears what has become of it.
# timeout 90
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=8
KNOWN_S=12 # a stopped process is unreachable after 4 to 5 s (actors/member); the rest is for a machine that has others to serve

shell_job lone $TRIALS "echo score={x}"
shell_job slow $TRIALS "sleep 30; echo score={x}"

takes_part() { # NODE COUNT: so many members are counted on, as it knows
    [ "$(on "$1" zyg nodes -o jsonl | grep -c '"active": *true')" = "$2" ]
}

# interrupted NODE VERB ARGUMENT: by Ctrl-C, while it waits; what it said at last is in $told.
interrupted() {
    start interrupted env ZYG_STATE="$WORK/$1" zyg "${@:2}"
    wait_until 10 "a word of $2" grep -q " waits until another disk" "$WORK/interrupted.err"
    kill -INT "$pid"
    finish "$pid" 5
    assert_status 130
    told=$(tail -1 "$WORK/interrupted.err")
}

without_submit() { # ASKED OTHER
    kill -STOP "${pids[$2]}"
    interrupted "$1" submit "$WORK/lone.yaml"
    assert_match "$told" "interrupted; lone-[0-9a-f]+ lies on the disk of the node of .*/$1, perhaps on no other yet; stop it: zyg cancel lone-"
}

without_cancel() { # ASKED OTHER
    on "$1" zyg submit -q "$WORK/slow.yaml"
    kill -STOP "${pids[$2]}"
    interrupted "$1" cancel last
    assert_match "$told" "interrupted; the node of .*/$1 has heard that slow-[0-9a-f]+ is cancelled, and tells the others; look: zyg show slow-"
}

# still ASKED OTHER VERB: OTHER stands still, ASKED is given a job.
still() {
    local asked=$1 other=$2 verb=$3 begin job
    wait_until 20 "both to know both" all_know 2 a b
    wait_until 30 "$other to take part" takes_part "$asked" 2
    kill -STOP "${pids[$other]}"
    begin=$(now_ms)
    start submit on "$asked" zyg submit "$WORK/lone.yaml"
    finish "$pid" "$KNOWN_S"
    assert_status 0
    assert_contains "$(<"$WORK/submit.err")" "zyg: node $asked waits until another disk keeps it, too, but $other does not answer;"
    job=$(<"$WORK/submit.out")
    echo "$E2E_NAME: $asked has accepted a job $(($(now_ms) - begin)) ms after $other was stopped" >&2
    wait_until 30 "the end of the job at $asked" is_done "$asked" "$job"
    kill -CONT "${pids[$other]}"
    wait_until 20 "$other to take part again" takes_part "$asked" 2
    "without_$verb" "$asked" "$other"
    kill -CONT "${pids[$other]}"
    wait_until 30 "$other to know what it has missed" is_done "$other" "$job"
    assert_numbers "$other" "$job" "$TRIALS"
}

cluster a b
still a b submit
still b a cancel
end_all a b
