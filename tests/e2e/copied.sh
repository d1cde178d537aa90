#!/usr/bin/env bash
# A copy of a node's state folder, keys and all, started as a second node: the copy says so and ends, the other one goes on.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$(dirname "$0")/../lib/cluster.sh"

draw_from_seed
cluster one two three

cat >"$WORK/job.yaml" <<'END'
zyg: 1
name: copied
search: {method: random, trials: 240, seed: 5, objectives: [{metric: score, goal: minimize}]}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "sleep 0.2; echo score={x}"]}
END

lines() { # NODE TEXT: how many lines with it were said to people
    grep -c "$2" "$WORK/$1.err" || true
}

# Ended by itself: its exit status is looked at.
again() { # NAME
    start "$1" zyg-node --state "$WORK/$1" --cluster "tcp://127.0.0.1:${ports[$1]:-*}" --name "$1" --slots 2
    finish "$pid" 20
    assert_status 5
    assert_equal 1 "$(lines "$1" "has this node's key and goes on")" "lines of $1 about it"
}

# The folder as it is between two lives: that is what an image holds.
kill_node two
cp -r "$WORK/two" "$WORK/copy"
rm "$WORK/copy/lock" "$WORK/copy/door"
node two
wait_until 20 "everybody to know everybody" all_know 3 one two three
run on one zyg submit "$WORK/job.yaml"
assert_status 0
job=$out
wait_until 60 "half of the trials" knows_of "$job" one 120 # two is four seconds old by then; of lives that began at once any one may end

# As long as the first one runs, no copy does, however often it is tried.
for round in 1 2; do
    again copy
    assert_contains "$(<"$WORK/copy.err")" "at tcp://127.0.0.1:${ports[two]} has this node's key"
done
gone "${pids[two]}" && fail "the first one ended"
wait_until 60 "the end of the job" is_done three "$job"
for name in one two three; do
    wait_until 20 "all trials at $name" knows_of "$job" "$name" 240
    assert_numbers "$name" "$job" 240
done
all_know 3 one two three || fail "somebody is missing"

# The other way round: what ran first is what stays, whichever folder was there first.
kill_node two
launch copy
wait_until 20 "the copy, alone" is_up copy
wait_until 20 "everybody to know everybody" all_know 3 one copy three
sed -i 's/trials: 240/trials: 120/' "$WORK/job.yaml" # four seconds for six slots
run on one zyg submit "$WORK/job.yaml"
assert_status 0
wait_until 60 "the end of another job" is_done three "$out"
again two
gone "${pids[copy]}" && fail "both have ended"
wait_until 20 "everybody to know everybody" all_know 3 one copy three
