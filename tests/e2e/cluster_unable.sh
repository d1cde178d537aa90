#!/usr/bin/env bash
# A machine that lacks the program of a job fails nobody's trials: they run on the others. Where no machine has it the job
# fails soon, and one line says why; a machine alone says it as it always did.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

draw_from_seed
mkdir -p "$WORK/bin"
cat >"$WORK/bin/train-model" <<'END'
#!/bin/sh
node=${ZYG_OUTPUT#"$WORK/"}
echo "$ZYG_TRIAL ${node%%/*}" >>"$WORK/ran"
sleep 0.1
echo "score=$ZYG_TRIAL"
END
chmod +x "$WORK/bin/train-model"

job() { # NAME PROGRAM
    cat >"$WORK/$1.yaml" <<END
zyg: 1
name: $1
search: {method: random, trials: 20, seed: 3, objective: {metric: score, goal: minimize}}
params: {x: {min: 0, max: 1}}
run: {command: [$2]}
END
}

has_failed() { # NODE JOB
    on "$1" zyg show "$2" -o json | grep -q '"state": *"failed"'
}

job here train-model
job nowhere no-such-program

# ---- alone: as without a cluster ----

on a zyg cluster init -q --name lab >/dev/null
node a
run on a zyg submit "$WORK/nowhere.yaml" --wait
assert_status 1
assert_match "$out$err" " failed: cannot start 'no-such-program': it was not found in PATH"

# ---- one of three lacks it ----

token=$(on a zyg token create -q --for node)
PATH=$WORK/bin:$PATH node b --join "$token"
PATH=$WORK/bin:$PATH node c --join "$token"
wait_until 20 "everybody to know everybody" all_know 3 a b c
run on a zyg submit "$WORK/here.yaml" --wait
assert_status 0
assert_numbers a here 20
for name in b c; do
    wait_until 20 "the end of it on $name" is_done "$name" here
    assert_numbers "$name" here 20
done
assert_equal "$(seq 0 19)" "$(cut -d' ' -f1 "$WORK/ran" | sort -n)" "what has run, once each"
assert_equal "$(printf '%s\n' b c)" "$(cut -d' ' -f2 "$WORK/ran" | sort -u)" "where it ran"
tried=$(on a zyg show here -o json | sed -n 's/.*"retried": *\([0-9]*\).*/\1/p' | head -1)
[ "$tried" -gt 0 ] || fail "nothing was given to the node that lacks the program"

# ---- all of them do ----

begun=$(now_ms)
run on b zyg submit "$WORK/nowhere.yaml" --wait
assert_status 1
took=$(($(now_ms) - begun))
[ "$took" -lt 8000 ] || fail "it took $took ms to say that nobody can start it"
assert_match "$out$err" " failed: cannot start 'no-such-program': it was not found in PATH \(tried on 3 nodes\)"
for name in a c; do
    wait_until 20 "the end of it on $name" has_failed "$name" last
done
