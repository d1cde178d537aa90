#!/usr/bin/env bash
# Three nodes in three network namespaces: a node is cut off, then one pair of nodes, in the middle of a job; it completes with
# every trial recorded once, and when the links are back all see each other and follow one leader.
# timeout 240
if [ -z "${PARTITION_INSIDE:-}" ]; then
    if unshare -Urn ip link add probe type bridge 2>/dev/null; then
        PARTITION_INSIDE=1 exec unshare -Urn "$BASH" "$0" "$@"
    fi
    echo "partition: skipped: network namespaces cannot be made here (unshare -Urn, ip link add type bridge)" >&2
    exit 77
fi
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=240

# ---- the network: a bridge for every pair, so that one that is down swallows what it is given and nobody is told ----

declare -A inside address=([a]=10.9.0.1 [b]=10.9.0.2 [c]=10.9.0.3)

at() { # NODE COMMAND...: in its namespace
    local node=$1
    shift
    nsenter -t "${inside[$node]}" -n "$@"
}

# The process that holds a namespace has made it when its own differs from ours.
has_namespace() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

plug() { # NODE OTHER BRIDGE
    ip link add "$3$1" type veth peer name "to_$2" netns "${inside[$1]}"
    ip link set "$3$1" master "$3" up
    at "$1" ip link set "to_$2" up
    at "$1" ip route add "${address[$2]}/32" dev "to_$2" src "${address[$1]}"
}

for name in a b c; do
    start "space-$name" unshare -n sleep infinity
    disown "$pid"
    inside[$name]=$pid
    wait_until 5 "a namespace for $name" has_namespace "$pid"
    at "$name" ip link set lo up
    at "$name" ip address add "${address[$name]}/32" dev lo
done
for pair in "a b" "a c" "b c"; do
    read -r one other <<<"$pair"
    ip link add "br_$one$other" type bridge
    ip link set "br_$one$other" up
    plug "$one" "$other" "br_$one$other"
    plug "$other" "$one" "br_$one$other"
done

deafen() { # on|off NODE OTHER: what NODE says does not reach OTHER, what OTHER says reaches NODE
    local port
    port=br_$(printf '%s\n' "$2" "$3" | sort | tr -d '\n')$3
    ip link set "$port" type bridge_slave learning "$([ "$1" = on ] && echo off || echo on)" fdb_flush
    ip link set "$port" type bridge_slave flood "$([ "$1" = on ] && echo off || echo on)"
}

links() { # up|down PAIR...
    local way=$1 pair
    shift
    for pair in "$@"; do
        ip link set "br_$pair" "$way"
    done
}

# ---- the cluster ----

on() { # NODE COMMAND...: as the client of that node's folder
    local node=$1
    shift
    at "$node" env ZYG_STATE="$WORK/$node" "$@"
}

launch() { # NAME [ARGUMENT...]
    start "$1" nsenter -t "${inside[$1]}" -n zyg-node --state "$WORK/$1" --cluster "tcp://${address[$1]}:7420" \
        --name "$1" --slots 2 "${@:2}"
    pids[$1]=$pid
}

misses() { ! sees "$1" alive alive alive; } # NODE

one_leader() {
    local first
    first=$(leader a)
    [ -n "$first" ] && [ "$first" = "$(leader b)" ] && [ "$first" = "$(leader c)" ]
}

shell_job shared $TRIALS "sleep 0.2; echo score={x}"

begin_job() { # NODE: in $job; some of it is done
    run on "$1" zyg submit "$WORK/shared.yaml"
    assert_status 0
    job=$out
    wait_until 20 "some trials" knows_of "$job" "$1" 30
}

expect_all_seen() { # SECONDS
    local name
    for name in a b c; do
        wait_until "$1" "$name to see all" sees "$name" alive alive alive
    done
}

heal_and_expect_all() { # PAIR...
    local name
    links up "$@"
    expect_all_seen 30
    wait_until 30 "one leader" one_leader
    for name in a b c; do
        wait_until 60 "the end of the job at $name" is_done "$name" "$job"
        assert_numbers "$name" "$job" "$TRIALS"
    done
}

cluster a b c

# ---- with nothing to do: what passes the wires, all headers included ----

sent() { at "$1" awk '/to_/ { bytes += $10 } END { print bytes + 0 }' /proc/net/dev; }
declare -A before
e2e_pass_time 3 # what their meeting has left to say is said; it would count as idleness
for name in a b c; do
    before[$name]=$(sent "$name")
done
begin=$(now_ms)
e2e_pass_time 10 # what is measured is a rate: the longer, the less one message matters
for name in a b c; do
    assert_less $((($(sent "$name") - before[$name]) * 1000 / ($(now_ms) - begin))) 1000 "bytes a second that $name sends"
done

# ---- one node is cut off from both others: each side goes on, and knows in time ----

for lost in a b; do
    begin_job c
    links down ab "$([ $lost = a ] && echo ac || echo bc)"
    wait_until 30 "c to miss $lost" misses c
    before=$(finished "$job" c)
    wait_until 20 "trials without $lost" knows_of "$job" c $((before + 30))
    heal_and_expect_all ab ac bc
done

# ---- for so long that both sides have given each other up ----

begin_job c
links down ab ac
wait_until 30 "c to give up a" sees c dead alive alive
wait_until 60 "a to give up b and c" sees a alive dead dead
wait_until 60 "the end of the job at c" is_done c "$job"
heal_and_expect_all ab ac

# ---- two that do not reach each other, and a third that reaches both ----

begin_job a
links down ab
wait_until 60 "the end of the job at a" is_done a "$job"
wait_until 30 "the end of the job at b" is_done b "$job"
expect_all_seen 30
heal_and_expect_all ab

# ---- one hears the other, which does not hear it; the third hears both ----

begin_job a
deafen on a b
wait_until 60 "the end of the job at a" is_done a "$job"
wait_until 30 "the end of the job at b" is_done b "$job"
expect_all_seen 30
deafen off a b
heal_and_expect_all ab
