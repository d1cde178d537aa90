#!/usr/bin/env bash
# Idle nodes go, one after the other, with nothing lost and the last one staying; a node that is told to stop has left at once.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

row_of() { # ASKED NAME: what it says of that member, as one line of JSON
    on "$1" zyg nodes -o jsonl | grep "\"name\":\"$2\""
}
says() { row_of "$1" "$2" | grep -q "$3"; }

# ---- options ----

run zyg-node --on-idle exit
assert_status 2
assert_equal "$err" "zyg-node: --on-idle says what to do, not when: add --idle TIME, such as --idle 10m"
run zyg-node --idle soon
assert_status 2
assert_equal "$err" "zyg-node: --idle soon: expected a duration such as 30s, 5m or 2h"
run zyg-node --idle 5m --on-idle halt
assert_status 2
assert_equal "$err" "zyg-node: --on-idle halt: expected exit, poweroff or exec:COMMAND"

# ---- in no cluster: when no job is open ----

shell_job alone 4 "sleep 1; echo score={x}"
start alone zyg-node --state "$WORK/alone" --slots 1 --idle 1s --on-idle 'exec:echo "$ZYG_NODE_NAME" "$ZYG_STATE" "$ZYG_IDLE"; exit 9' --name solo
alone=$pid
wait_until 10 "the agent" grep -q listens "$WORK/alone.err"
run on alone zyg submit "$WORK/alone.yaml"
assert_status 0
finish "$alone" 30
assert_status 9
assert_equal "solo $WORK/alone 1" "$(<"$WORK/alone.out")" "what the command was told"
assert_contains "$(<"$WORK/alone.err")" "zyg-node: was idle for 1 s"
assert_equal 1 "$(grep -c 'ended with status 9$' "$WORK/alone.err")" "lines about the command's end"
assert_numbers alone last 4

mkdir "$WORK/bin" # it asks this one to power the machine off
printf '#!/bin/sh\necho "$*" >"%s/systemctl"\n' "$WORK" >"$WORK/bin/systemctl"
chmod +x "$WORK/bin/systemctl"
PATH=$WORK/bin:$PATH run zyg-node --quiet --state "$WORK/alone" --idle 1s --on-idle poweroff
assert_status 0
assert_equal "poweroff" "$(<"$WORK/systemctl")" "what systemctl was asked"
assert_equal "" "$err" "what --quiet says"

# ---- three nodes: all but one go when there is nothing left to do ----

idle=(--idle 3s --on-idle "exec:echo \$ZYG_NODE_NAME \$ZYG_CLUSTER_NAME >>$WORK/gone; exit 3")
run on a zyg cluster init --name lab
assert_status 0
node a "${idle[@]}"
token=$(on a zyg token create --for node 2>/dev/null)
echo "$token" >"$WORK/token"
node b --join "file:$WORK/token" "${idle[@]}"
node c --join "$token" "${idle[@]}"
shell_job many 60 "sleep 0.05; echo score={x}"
run on b zyg submit "$WORK/many.yaml"
assert_status 0
two_went() { [ "$(wc -l <"$WORK/gone")" = 2 ]; }
wait_until 60 "two of three to go" two_went
for name in a b c; do
    if grep -q "^$name lab-[0-9a-f]*$" "$WORK/gone"; then
        finish "${pids[$name]}" 20
        assert_status 3
        assert_contains "$(<"$WORK/$name.err")" "zyg-node: was idle for 3 s"
    else
        rest=$name
    fi
done
assert_numbers "$rest" last 60
for name in a b c; do
    [ "$name" = "$rest" ] || wait_until 20 "$rest to say that $name has left" says "$rest" "$name" '"state":"left"'
done
gone "${pids[$rest]}" && fail "the last one went, too"
assert_match "$(on "$rest" zyg nodes)" "$rest +alive +leads, asked +- +0/2 +[0-9.]+ +stays +tcp://"
says "$rest" "$rest" '"goes_in":null'

# Its disk stays where it ends with `exit`: then the last one may go as well.
kill -TERM "${pids[$rest]}"
finish "${pids[$rest]}" 20
assert_status 0
assert_equal 2 "$(wc -l <"$WORK/gone")" "who was told to stop was not idle"
node "$rest" --idle 1s
finish "${pids[$rest]}" 20
assert_status 0
assert_contains "$(<"$WORK/$rest.err")" "zyg-node: was idle for 1 s"

# ---- SIGTERM in the middle of a job ----

cluster d e f
wait_until 20 "a leader" has_leader d
# Trials from the number on that the gate says wait for it, so that the job is not over before all has been tried.
shell_job long 150 "until [ {trial} -lt \$(cat '$WORK/gate') ]; do sleep 0.02; done; sleep 0.1; echo score={x}"
echo 40 >"$WORK/gate"
run on f zyg submit "$WORK/long.yaml"
assert_status 0
wait_until 20 "some trials" knows_of last f 10

stop() { # NODE: with the leave of the others, who know it at once
    local name=$1 other
    kill -TERM "${pids[$name]}"
    for other in d e f; do
        [ -z "${pids[$other]:-}" ] || [ "$other" = "$name" ] ||
            wait_until 20 "$other to say that $name leaves" says "$other" "$name" '"state":"le' # leaving, left
    done
    finish "${pids[$name]}" 20
    assert_status 0
    unset "pids[$name]"
    for other in d e f; do
        [ -z "${pids[$other]:-}" ] || wait_until 20 "$other to say that $name has left" says "$other" "$name" '"state":"left"'
    done
}
led_by_another() { # ASKED NAME
    local leader
    leader=$(leader "$1")
    [ -n "$leader" ] && [ "$leader" != "$2" ]
}

first=$(leader f)
stop "$first"
rest=$([ "$first" = f ] && echo e || echo f)
wait_until 20 "another leader" led_by_another "$rest" "$first"
second=$(leader "$rest")
worker=$(printf '%s\n' d e f | grep -vx -e "$first" -e "$second")
echo 100 >"$WORK/gate"
wait_until 20 "trials under the new leader" knows_of last "$second" 60
stop "$worker"
echo 150 >"$WORK/gate"
wait_until 60 "the end of the job" is_done "$second" last
assert_numbers "$second" last 150
stop "$second"
