#!/usr/bin/env bash
# The agent of a machine: runs what is handed in, to its end, whoever looks; stops on SIGTERM and goes on at its next start.
# timeout 90
. "$(dirname "$0")/../lib/e2e.sh"

cat >"$WORK/job.yaml" <<END
zyg: 1
name: agent
search:
  method: random
  trials: 30
  seed: 7
  objectives: [{metric: score, goal: maximize}]
params:
  x: {min: 0, max: 1}
run:
  command: [sh, -c, "until [ {trial} -lt 12 ] || [ -e '$WORK/open' ]; do sleep 0.02; done; sleep 0.1; echo score={x}"]
END

run zyg-node --version
assert_status 0
assert_match "$out" '^zyg-node [0-9]+\.[0-9]+'
run zyg-node --slots 0
assert_status 2
assert_contains "$err" "--slots 0: expected a number from 1 to"
run zyg-node --nonsense
assert_status 2

start node zyg-node --slots 3
node=$pid
wait_until 10 "the agent" grep -q listens "$WORK/node.err"
assert_match "$(<"$WORK/node.err")" "^zyg-node [0-9a-f]+ listens on tcp://127\.0\.0\.1:[0-9]+, 3 slots, state in $STATE"

# One agent a folder.
run zyg-node
assert_status 1
assert_contains "$err" "zyg-node: "
run zyg-node --quiet
assert_status 1

run zyg submit "$WORK/job.yaml"
assert_status 0
job=$out
assert_contains "$err" "it runs; watch it:  zyg watch $job"
some_done() { zyg ls -q -o jsonl | grep -q '"done":[1-9]'; }
wait_until 10 "the first trial" some_done

# It stops when it is told to, and what it ran can be seen to stand still.
kill -TERM "$node"
finish "$node" 15
assert_status 0
assert_nothing_left
run zyg watch "$job"
assert_status 3
assert_contains "$err" "zyg resume $job"

# Its next start goes on by itself; two look at the same time.
touch "$WORK/open"
start node zyg-node --slots 3
node=$pid
wait_until 10 "the agent" grep -q listens "$WORK/node.err"
start look zyg watch "$job"
look=$pid
run zyg wait "$job"
assert_status 0
assert_contains "$out" "$job is done: 30/30 trials in"
finish "$look" 5
assert_status 0

# A job that is cancelled while somebody waits for it.
sed 's/sleep 0.1/sleep 5/' "$WORK/job.yaml" >"$WORK/long.yaml"
start wait zyg submit "$WORK/long.yaml" --wait
wait=$pid
wait_until 5 "the job" grep -q started "$WORK/wait.out"
run zyg cancel last
assert_status 0
finish "$wait" 15
assert_status 8
assert_contains "$(<"$WORK/wait.out")" "was cancelled"
kill -TERM "$node"
finish "$node" 15
assert_nothing_left

# SIGQUIT does not wait for trials that do not want to end.
cat >"$WORK/stubborn.yaml" <<END
zyg: 1
name: stubborn
search: {method: random, trials: 1}
run:
  command: [sh, -c, "trap '' TERM; echo ready; while :; do sleep 0.1; done"]
  limits: {grace: 1h}
END
start node zyg-node
node=$pid
wait_until 10 "the agent" grep -q listens "$WORK/node.err"
run zyg submit "$WORK/stubborn.yaml"
wait_until 10 "the trial" sh -c 'zyg trials last --status running -o id | grep -q /0'
kill -TERM "$node"
gone "$node" && fail "it did not wait for its trial"
kill -QUIT "$node"
finish "$node" 5
assert_status 0
assert_nothing_left

# What it has to say goes into a pipe that is full and that nobody reads: it works, and ends, all the same.
mkfifo "$WORK/full"
exec {full}<>"$WORK/full"
dd if=/dev/zero of="$WORK/full" bs=4096 oflag=nonblock status=none 2>/dev/null && fail "the pipe takes whatever comes"
zyg-node 2>"$WORK/full" &
node=$!
sed -i 's/sleep 5/echo score=1/' "$WORK/long.yaml"
wait_until 10 "the agent" grep -q " $node\$" "$STATE/door"
run zyg cancel last # the stubborn one
run zyg submit "$WORK/long.yaml" --wait -q
assert_status 0
kill -TERM "$node"
finish "$node" 5
assert_status 0
exec {full}>&-
assert_nothing_left
