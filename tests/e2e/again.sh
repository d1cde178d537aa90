#!/usr/bin/env bash
# A cluster that was switched off finds itself again: its token has expired, and the node that everybody was told of is gone.
# timeout 120
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

SLOTS=1

alive() { # NODE NAMES: whom it holds for alive
    [ "$(on "$1" zyg nodes -o jsonl | sed -n 's/.*"name":"\([a-z]*\)".*"state":"alive".*/\1/p' | sort | paste -sd' ')" = "$2" ]
}

on a zyg cluster init -q --name lab >"$WORK/name"
node a
token=$(on a zyg token create -q --for node --expires 15s)
made=$(now_ms)
node b --join "$token"
node c --join "$token"
for name in a b c; do
    wait_until 20 "all at $name" alive "$name" "a b c"
done
token_is_old() { [ $(($(now_ms) - made)) -gt 15500 ]; }
wait_until 20 "the token's end" token_is_old

# ---- one that was told to stop and comes back ----

kill -TERM "${pids[c]}"
wait_until 20 "c to have left" alive b "a b"
wait_until 20 "the end of c" gone "${pids[c]}"
node c
for name in a b c; do
    wait_until 20 "all at $name" alive "$name" "a b c"
done

# ---- all of them; the first one does not come back ----

kill_node a
kill -TERM "${pids[b]}"
wait_until 20 "the end of b" gone "${pids[b]}"
kill -TERM "${pids[c]}"
wait_until 20 "the end of c" gone "${pids[c]}"
node b
wait_until 20 "b on its own" alive b b
node c
for name in b c; do
    wait_until 20 "b and c at $name" alive "$name" "b c"
done
assert_equal "" "$(grep -h refused "$WORK"/[bc].err)" "somebody was refused"
