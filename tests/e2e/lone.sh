#!/usr/bin/env bash
# Two nodes, and one stands still: the other takes a job as soon as it knows that, runs it, and both know all of it in the end.
# timeout 90
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=8
KNOWN_S=12 # a stopped process is unreachable after 4 to 5 s (actors/member); the rest is for a machine that has others to serve

shell_job lone $TRIALS "echo score={x}"

# still ASKED OTHER: OTHER stands still, ASKED is given a job.
still() {
    local asked=$1 other=$2 begin job
    wait_until 20 "both to know both" all_know 2 a b
    kill -STOP "${pids[$other]}"
    begin=$(now_ms)
    start submit on "$asked" zyg submit "$WORK/lone.yaml"
    finish "$pid" "$KNOWN_S"
    assert_status 0
    job=$(<"$WORK/submit.out")
    echo "$E2E_NAME: $asked has accepted a job $(($(now_ms) - begin)) ms after $other was stopped" >&2
    wait_until 30 "the end of the job at $asked" is_done "$asked" "$job"
    kill -CONT "${pids[$other]}"
    wait_until 30 "$other to know what it has missed" is_done "$other" "$job"
    assert_numbers "$other" "$job" "$TRIALS"
}

cluster a b
still a b
still b a
end_all a b
