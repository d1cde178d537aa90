#!/usr/bin/env bash
# Three nodes: whoever of them is killed, whichever took the job, every trial is recorded once and every node knows all of it.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"

TRIALS=200

on() { # NODE COMMAND...: as the client of that node's folder
    local node=$1
    shift
    ZYG_STATE=$WORK/$node "$@"
}

node() { # NAME [TOKEN]
    start "$1" zyg-node --state "$WORK/$1" --cluster 'tcp://127.0.0.1:*' --name "$1" --slots 2 ${2:+--join "$2"}
    disown "$pid" # or bash would tell everybody that it was killed
    pids[$1]=$pid
    wait_until 10 "node $1" grep -q listens "$WORK/$1.err"
}

finished() { # NODE: trials of the newest job that are finished, as it knows
    on "$1" zyg ls -n 1 -o json | sed -n 's/.*"done": *\([0-9]*\).*/\1/p' | head -1
}

knows() { # NODE COUNT
    [ "$(finished "$1")" -ge "$2" ]
}

is_done() { on "$1" zyg ls -n 1 -o json | grep -q '"state": *"done"'; }

assert_numbers() { # NODE: 0..199, once each, all done
    on "$1" zyg export last -o csv >"$WORK/$1.csv"
    assert_equal "$(seq 0 $((TRIALS - 1)))" "$(tail -n +2 "$WORK/$1.csv" | cut -d, -f1 | sort -n)" "the numbers that $1 knows"
    assert_equal "$TRIALS" "$(tail -n +2 "$WORK/$1.csv" | cut -d, -f2 | grep -cx done)" "trials that are done, as $1 knows"
}

cat >"$WORK/job.yaml" <<END
zyg: 1
name: shared
search: {method: random, trials: $TRIALS, seed: 3, objectives: [{metric: score, goal: minimize}]}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "sleep 0.05; echo score={x}"]}
END

declare -A pids
run on a zyg cluster init --name lab
assert_status 0
node a
token=$(on a zyg token create --for node 2>/dev/null)
node b "$token"
node c "$token"

# ---- a worker, then whoever is left beside the node that took the job ----

run on c zyg submit "$WORK/job.yaml"
assert_status 0
wait_until 20 "some trials" knows c 30
kill -KILL "${pids[b]}"
wait_until 20 "trials without b" knows c 80
kill -KILL "${pids[a]}"
wait_until 60 "the end of the job" is_done c
assert_numbers c

# ---- they come back and know it all ----

node a
node b
for name in a b; do
    wait_until 20 "$name to know what it has missed" is_done "$name"
    assert_numbers "$name"
done

# ---- the node that took the job ----

run on a zyg submit "$WORK/job.yaml"
assert_status 0
wait_until 20 "the job at b" knows b 30
kill -KILL "${pids[a]}"
wait_until 60 "the end of the job" is_done b
wait_until 20 "its end at c" is_done c
assert_numbers b
assert_numbers c
