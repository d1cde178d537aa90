#!/usr/bin/env bash
# Exit 85 (checkpointed, run me again) on three busy nodes: every attempt finds what the one before it left in $ZYG_CHECKPOINT;
# and when the node that has it dies, another one begins anew.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=12
STEPS=4

attempts() { # NODE JOB: of every trial, one a line
    on "$1" zyg trials "$2" -o jsonl | sed -n 's/.*"attempts": *\([0-9]*\).*/\1/p'
}

has_saved() { # NODE FILE: a trial has left something there since the file was written
    local file
    for file in "$WORK/$1"/runs/*/*/checkpoint/n; do
        [ "$file" -nt "$2" ] && return 0
    done
    return 1
}

draw_from_seed
SLOTS=2 cluster a b c
# Each attempt adds a line; all of them, and no others, are there at last.
shell_job steps $TRIALS "echo x >>\$ZYG_CHECKPOINT/n; n=\$(wc -l <\$ZYG_CHECKPOINT/n); echo step \$n; sleep 0.05; [ \$n -ge $STEPS ] || exit 85; echo score={x}"
shell_job beside 60 "sleep 0.2; echo score={x}"
run on c zyg submit "$WORK/beside.yaml"
assert_status 0
beside=$out
run on b zyg submit "$WORK/steps.yaml"
assert_status 0
steps=$out
wait_until 60 "the end of steps" is_done b "$steps"
assert_numbers b "$steps" $TRIALS
assert_equal "$(yes $STEPS | head -$TRIALS)" "$(attempts b "$steps")" "attempts of each trial"
wait_until 60 "the end of beside" is_done b "$beside"

# ---- the node that has it dies ----

shell_job lost 6 "echo x >>\$ZYG_CHECKPOINT/n; n=\$(wc -l <\$ZYG_CHECKPOINT/n); sleep 0.1; [ \$n -ge 3 ] || exit 85; echo score={x}"
run on a zyg submit "$WORK/lost.yaml"
assert_status 0
wait_until 20 "a checkpoint on c" has_saved c "$WORK/lost.yaml"
kill_node c
wait_until 40 "the end of it without c" is_done a "$out"
assert_numbers a "$out" 6
[ "$(attempts a "$out" | sort -n | tail -1)" -gt 2 ] || fail "nothing went on from a checkpoint"
end_all a b
