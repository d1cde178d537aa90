#!/usr/bin/env bash
# Five nodes, every second one of them is killed, stopped (SIGSTOP), continued or started: every job that was accepted is done, every trial recorded once, on every node.
# `CHAOS_SECONDS=60 bash tests/e2e/chaos.sh` runs the whole minute; SEED=N draws the same again.
# timeout 240
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=200
NODES=(a b c d e)
: "${CHAOS_SECONDS:=20}"
declare -A condition # up, stopped or dead
jobs_accepted=()
draw_from_seed

shell_job shaken $TRIALS "sleep 0.2; echo score={x}"

say_act() { echo "$E2E_NAME: $(($(now_ms) - began)) ms: $*" >&2; }

shake() { # something happens to one of them
    local name
    draw ${#NODES[@]}
    name=${NODES[drawn]}
    draw 2
    case ${condition[$name]}$drawn in
    dead*) launch "$name" && condition[$name]=up ;;
    stopped0) kill -CONT "${pids[$name]}" && condition[$name]=up ;;
    up0) kill -STOP "${pids[$name]}" && condition[$name]=stopped ;;
    *) kill_node "$name" && condition[$name]=dead ;;
    esac
    say_act "$name is ${condition[$name]}"
}

# A job for one of those that are up. What is not accepted because its node died may be known all the same.
submit() {
    local name tries
    for tries in 1 2 3 4 5 6 7 8; do
        draw ${#NODES[@]}
        name=${NODES[drawn]}
        [ "${condition[$name]}" = up ] || continue
        if on "$name" timeout 5 zyg submit -q "$WORK/shaken.yaml" >"$WORK/submit.out" 2>"$WORK/submit.err"; then
            jobs_accepted+=("$(<"$WORK/submit.out")")
            say_act "$name took $(<"$WORK/submit.out")"
            return
        fi
        say_act "$name did not take a job: $(head -n 1 "$WORK/submit.err")"
    done
}

all_jobs_are_done() { # NODE: also those whose submitter was not answered
    local states
    states=$(on "$1" zyg ls -o jsonl | grep -o '"state": *"[a-z]*"') && ! grep -qv '"done"' <<<"$states"
}

cluster "${NODES[@]}"
for name in "${NODES[@]}"; do
    condition[$name]=up
done
began=$(now_ms)
for ((second = 0; second < CHAOS_SECONDS; second++)); do
    [ $((second % 10)) != 0 ] || submit
    shake
    e2e_pass_time 1 # so long the last act has to do its harm: within it a death is noticed, and a stopped node is not yet given up
done
for name in "${NODES[@]}"; do
    case ${condition[$name]} in
    dead) launch "$name" ;;
    stopped) kill -CONT "${pids[$name]}" ;;
    esac
done
say_act "everybody is up"
for name in "${NODES[@]}"; do
    for job in "${jobs_accepted[@]}"; do
        wait_until 90 "the end of $job at $name" is_done "$name" "$job"
        assert_numbers "$name" "$job" "$TRIALS"
    done
    wait_until 90 "the end of every job at $name" all_jobs_are_done "$name"
done
say_act "${#jobs_accepted[@]} jobs are done"
[ ${#jobs_accepted[@]} -gt 0 ] || fail "no job was accepted"

end_all "${NODES[@]}"
