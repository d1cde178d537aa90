#!/usr/bin/env bash
# What a terminal gets: a block painted in place, cut to the width, in colours or not; a second Ctrl-C kills.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

command -v script >/dev/null || skip "script (bsdutils) makes the terminal"

cat >"$WORK/job.yaml" <<END
zyg: 1
name: shown
search:
  method: random
  trials: 12
  parallel: 2
  seed: 7
  objectives: [{metric: score, goal: maximize}]
params:
  a_parameter_with_a_long_name: {min: 0, max: 1}
  another_one_with_a_long_name: {min: 0, max: 1}
run:
  command: [sh, -c, "sleep 0.1; echo score={a_parameter_with_a_long_name}"]
END

# on_terminal NAME VARIABLE=VALUE...: the job on a terminal of 50 columns; everything it was sent is in $WORK/NAME.
on_terminal() {
    local name=$1
    shift
    env -u NO_COLOR "$@" script -qec "stty cols 50; zyg submit '$WORK/job.yaml' --wait" "$WORK/$name" \
        </dev/null >/dev/null
    shown=$(tr -d '\r' <"$WORK/$name")
}
up3=$'\033[3A\033[J'
bold=$'\033[1m'

on_terminal color TERM=xterm
assert_contains "$shown" "$up3"
assert_contains "$shown" "${bold}RUNNING"
assert_match "$shown" 'is done.*: 12/12 trials in'
assert_match "$shown" 'see more:  zyg trials shown-'
[[ ${shown##*"$up3"} != *RUNNING* ]] || fail "the block still stands at the end"
# No line of the block is longer than the terminal, sequences left out.
longest=$(sed 's/\x1b\[[?0-9;]*[A-Za-z]//g' <<<"$shown" | grep -E '^best score [^ ]+  #|^shown-.*(RUNNING)|elapsed' |
    awk '{ if (length > n) n = length } END { print n }')
assert_equal 50 "$longest" "the longest line of the block"

on_terminal plain TERM=xterm NO_COLOR=1
assert_contains "$shown" "$up3"
[[ $shown != *"$bold"* ]] || fail "colours in spite of NO_COLOR"

on_terminal dumb TERM=dumb
[[ $shown != *$'\033'* ]] || fail "escape sequences for a dumb terminal"
assert_contains "$shown" "started: 12 trials"

stubborn() { # SIGNAL: to a job whose trials do not want to end
    start stubborn zyg submit "$WORK/stubborn.yaml" --wait
    wait_until 10 "two trials" two_run
    wait_until 5 "the view" grep -q started "$WORK/stubborn.out"
    kill "-$1" "$pid"
}

# A program that does not want to end is given its time; whoever asks twice does not wait for it.
sed "s/sh, -c, .*/sh, -c, \"trap '' TERM; while :; do sleep 0.1; done\"]/" "$WORK/job.yaml" >"$WORK/stubborn.yaml"
two_run() { [ "$(grep -lsa "trap '' TERM" $(e2e_leftovers | sed 's|.*|/proc/&/cmdline|') | wc -l)" -ge 2 ]; }
stubborn INT
wait_until 5 "word of the stop" grep -q "Ctrl-C again kills them" "$WORK/stubborn.err"
gone "$pid" && fail "it did not wait for its trials"
kill -INT "$pid"
finish "$pid" 5
assert_status 130
assert_nothing_left

# Ctrl-\ asks once for both.
stubborn QUIT
finish "$pid" 5
assert_status 130
assert_nothing_left
