#!/usr/bin/env bash
# kill -9 of zyg, of zyg-run or its reaper, or of two of them, at random moments of a job: it resumes, and every trial is recorded exactly once.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"

TRIALS=200
KILLS=20
RANDOM=${SEED:=$((EPOCHSECONDS % 32768))}
echo "$E2E_NAME: SEED=$SEED repeats the moments" >&2

cat >"$WORK/job.yaml" <<END
zyg: 1
name: killed
search:
  method: random
  trials: $TRIALS
  parallel: 2
  seed: 3
  objectives: [{metric: score, goal: minimize}]
params:
  x: {min: 0, max: 1}
run:
  # Every trial leaves a process that hides: another session, none of zyg's variables, no output.
  command: [sh, -c, "echo {trial} >>'$WORK/started'; setsid env -i E2E_MARK=$E2E_MARK sleep 1000 >/dev/null 2>&1 & sleep 0.05; echo score={x}"]
END

named() { # NAME: the id of the process of this test that is called so
    local pid
    for pid in $(e2e_leftovers); do
        if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ]; then
            echo "$pid"
            return
        fi
    done
    return 1
}

running() { gone "$1" && return 1 || return 0; }

run zyg submit "$WORK/job.yaml"
assert_status 0
job=$out
start zyg zyg resume "$job"
zyg=$pid
for ((kill = 1; kill <= KILLS; kill++)); do
    e2e_pass_time "0.$(printf %03d $((RANDOM % 200)))"
    running "$zyg" || fail "the job ended before kill $kill: $(<"$WORK/zyg.out") $(<"$WORK/zyg.err")"
    aims=(zyg "zyg zyg-run" "zyg reaper" zyg-run reaper)
    victims=
    for aim in ${aims[RANDOM % 5]}; do
        if [ "$aim" = zyg ]; then
            victims=$zyg
        else # it may be between two lives just now
            victims="$victims $(named "$aim" || true)"
        fi
    done
    [ -n "${victims// /}" ] || victims=$zyg
    case $victims in
    "$zyg"*) disown "$zyg" ;; # or bash would tell everybody that it was killed
    esac
    kill -KILL $victims 2>/dev/null || true
    case $victims in
    "$zyg"*) ;;
    *) continue ;; # the node starts another one
    esac
    wait_until 5 "the end of zyg" gone "$zyg"
    assert_nothing_left
    start zyg zyg resume "$job"
    zyg=$pid
done
finish "$zyg" 90
assert_status 0
assert_nothing_left

run zyg export "$job" -o csv
assert_status 0
assert_equal "$(seq 0 $((TRIALS - 1)))" "$(tail -n +2 <<<"$out" | cut -d, -f1 | sort -n)" "the numbers of the trials"
assert_equal "$TRIALS" "$(cut -d, -f2 <<<"$out" | grep -cx done)" "trials that are done"
run zyg show "$job" -o json
assert_match "$out" '"done": *'"$TRIALS"
# A kill costs what ran at that moment and what was not yet on the disk, no more.
assert_less "$(wc -l <"$WORK/started")" $((TRIALS + KILLS * 8)) "starts of $TRIALS trials with $KILLS kills"
