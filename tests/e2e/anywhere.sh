#!/usr/bin/env bash
# What a user sees of a job is the same whichever node he asks, while its trials run on others, and when one of those dies.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

SLOTS=1

# A trial writes where it runs into trial/NUMBER/node, prints a line every 50 ms and ends when trial/NUMBER/go is there.
runs_at() { # NODE: the number of a trial that has begun there
    { grep -lx "$1" "$WORK"/trial/*/node 2>/dev/null || true; } | sed 's,.*/trial/\(.*\)/node,\1,' | tail -1
}

begun() { # NODE
    [ -n "$(runs_at "$1")" ]
}

running() { # NODE COUNT: trials that run, as ls says there
    on "$1" zyg ls -n 1 -o jsonl | grep -q "\"running\":$2,"
}

cat >"$WORK/train.sh" <<'END'
number=$ZYG_TRIAL dir=$WORK/trial/$ZYG_TRIAL
node=${ZYG_OUTPUT#"$WORK/"}
node=${node%%/*}
mkdir -p "$dir"
echo "attempt at $node"
echo "$node" >"$dir/node.new"
mv "$dir/node.new" "$dir/node"
i=0
until [ -e "$dir/go" ]; do
    i=$((i + 1))
    echo "line $i"
    sleep 0.05
done
echo "score=$number"
END
cat >"$WORK/job.yaml" <<END
zyg: 1
name: shared
search: {method: random, trials: 4, seed: 3, objective: {metric: score, goal: minimize}}
params: {x: {min: 0, max: 1}}
run: {command: [sh, "$WORK/train.sh"]}
END

cluster a b c

# ---- submitted at a: what runs is the same at b ----

run on a zyg submit "$WORK/job.yaml"
assert_status 0
for name in a b c; do
    wait_until 20 "a trial at $name" begun "$name"
    wait_until 20 "three trials that run, as $name says" running "$name" 3
done
there=$(runs_at c)
for name in a b c; do
    run on "$name" zyg show last -o json
    assert_contains "$out" '"state":"running"'
    assert_contains "$out" '"running":3'
    run on "$name" zyg trials last --status running -o id
    assert_equal 3 "$(wc -l <<<"$out")" "running trials, as $name says"
    run on "$name" zyg show "last/$there" -o json
    assert_contains "$out" '"status":"running"'
    assert_contains "$out" '"attempts":1'
    run on "$name" zyg logs "last/$there"
    assert_status 0
    assert_equal "attempt at c" "$(head -1 <<<"$out")" "what $there prints, as $name says"
done

# ---- followed at b to its end ----

start watch on b zyg watch last
watch=$pid
start follow on b zyg logs -f "last/$there"
follow=$pid
wait_until 10 "what is printed at c" grep -qx "line 20" "$WORK/follow.out"
: >"$WORK/trial/$there/go"
finish "$follow" 10
assert_status 0
assert_equal "" "$(<"$WORK/follow.err")"
assert_equal "attempt at c
$(seq -f 'line %g' "$(grep -c line "$WORK/follow.out")")
score=$there" "$(<"$WORK/follow.out")" "all that was printed at c"

# ---- the last trial runs in its place; c dies, and it runs again elsewhere ----

last_at_c() { grep -qx c "$WORK/trial/3/node"; }
wait_until 20 "the last trial at c" last_at_c
start again on b zyg logs -f last/3
follow=$pid
wait_until 10 "what is printed at c" grep -qx "line 10" "$WORK/again.out"
kill_node c
here=$(runs_at b)
: >"$WORK/trial/$here/go"
wait_until 30 "the trial elsewhere" grep -qxE "attempt at (a|b)" "$WORK/again.out"
runs_again() { on a zyg show last/3 -o json | grep -q '"status":"running"'; }
wait_until 20 "a to know it, too" runs_again
for number in 0 1 2 3; do
    : >"$WORK/trial/$number/go"
done
finish "$follow" 20
assert_status 0
assert_equal "[zyg: attempt 1 again]" "$(<"$WORK/again.err")"
assert_equal "score=3" "$(tail -1 "$WORK/again.out")"
assert_equal "line 1" "$(sed -n '/^attempt at [ab]$/,$p' "$WORK/again.out" | sed -n 2p)" "what comes after the new start"
finish "$watch" 20
assert_status 0
assert_contains "$(<"$WORK/watch.out")" "is done: 4/4 trials"
