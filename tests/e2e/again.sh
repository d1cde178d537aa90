#!/usr/bin/env bash
# A cluster that was switched off finds itself again: its token has expired, and the node that everybody was told of is gone.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

on() { # NODE COMMAND...: as the client of that node's folder
    local node=$1
    shift
    ZYG_STATE=$WORK/$node "$@"
}

declare -A pids port

node() { # NAME [TOKEN]
    start "$1" zyg-node --state "$WORK/$1" --cluster "tcp://127.0.0.1:${port[$1]:-*}" --name "$1" --slots 1 ${2:+--join "$2"}
    disown "$pid"
    pids[$1]=$pid
    wait_until 10 "node $1" grep -q listens "$WORK/$1.err"
    port[$1]=$(on "$1" zyg nodes -o jsonl | sed -n "s/.*\"name\":\"$1\".*\"endpoint\":\"[^\"]*:\([0-9]*\)\".*/\1/p")
}

alive() { # NODE NAMES: whom it holds for alive
    [ "$(on "$1" zyg nodes -o jsonl | sed -n 's/.*"name":"\([a-z]*\)".*"state":"alive".*/\1/p' | sort | paste -sd' ')" = "$2" ]
}

on a zyg cluster init -q --name lab >"$WORK/name"
node a
token=$(on a zyg token create -q --for node --expires 5s)
made=$(now_ms)
node b "$token"
node c "$token"
for name in a b c; do
    wait_until 5 "all at $name" alive "$name" "a b c"
done
token_is_old() { [ $(($(now_ms) - made)) -gt 5500 ]; }
wait_until 10 "the token's end" token_is_old

# ---- one that was told to stop and comes back ----

kill -TERM "${pids[c]}"
wait_until 5 "c to have left" alive b "a b"
wait_until 5 "the end of c" gone "${pids[c]}"
node c
for name in a b c; do
    wait_until 5 "all at $name" alive "$name" "a b c"
done

# ---- all of them; the first one does not come back ----

kill -KILL "${pids[a]}"
kill -TERM "${pids[b]}"
wait_until 5 "the end of b" gone "${pids[b]}"
kill -TERM "${pids[c]}"
wait_until 5 "the end of c" gone "${pids[c]}"
node b
wait_until 5 "b on its own" alive b b
node c
for name in b c; do
    wait_until 10 "b and c at $name" alive "$name" "b c"
done
assert_equal "" "$(grep -h refused "$WORK"/[bc].err)" "somebody was refused"
