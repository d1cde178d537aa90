# cluster - what tests and benchmarks of several nodes on this machine share, on top of e2e.sh (or bench.sh). Given to it:
#
#   pids[NAME]    the process of a node, as it was started last     ports[NAME]   where other nodes reach it, in every life
#
# SEED draws what the test leaves to chance; it is printed, and SEED=N repeats it. Who needs more to reach a node than its folder
# defines `on` and `launch` anew (partition.sh).
declare -A pids ports

draw_from_seed() {
    RANDOM=${SEED:=$(((EPOCHSECONDS * 31 + $$) % 32768))} # tests that begin in one second draw other ports
    echo "$E2E_NAME: SEED=$SEED draws the same again" >&2
}

draw() { # LIMIT: 0 to LIMIT - 1, in $drawn; not in $(...), where what was drawn would be drawn again
    drawn=$((RANDOM % $1))
}

on() { # NODE COMMAND...: as the client of that node's folder
    local node=$1
    shift
    ZYG_STATE=$WORK/$node "$@"
}

# A port below those that the kernel gives to connections, so that nobody has it when the node comes back.
free_port() { # in $port
    until draw 22000 && port=$((10000 + drawn)) && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        :
    done
}

# node NAME [ARGUMENT...]: starts it, again when it was killed; SLOTS (2) at once. It is up when this returns.
node() {
    local name=$1
    shift
    launch "$name" "$@"
    wait_until 20 "node $name" is_up "$name"
}

launch() { # NAME [ARGUMENT...]: the same, and nobody waits
    local name=$1
    shift
    if [ -z "${ports[$name]:-}" ]; then
        free_port
        ports[$name]=$port
    fi
    [ ! -e "$WORK/$name.err" ] || cat "$WORK/$name.err" >>"$WORK/$name.past" # what earlier lives said
    start "$name" zyg-node --state "$WORK/$name" --cluster "tcp://127.0.0.1:${ports[$name]}" --name "$name" --slots "${SLOTS:-2}" "$@"
    pids[$name]=$pid
}

is_up() { grep -q listens "$WORK/$1.err"; }

# cluster NAME...: a cluster of these nodes, the first of them made it.
cluster() {
    local first=$1 name token
    on "$first" zyg cluster init -q --name lab >/dev/null
    node "$first"
    token=$(on "$first" zyg token create -q --for node)
    for name in "${@:2}"; do
        node "$name" --join "$token"
    done
    wait_until 20 "everybody to know everybody" all_know $# "$@"
}

leader() { # NODE: the name of the leader, as it knows
    on "$1" zyg nodes -o jsonl 2>/dev/null | sed -n 's/.*"name": *"\([^"]*\)".*"leads": *true.*/\1/p'
}

active() { # NODE: how many members take part, as it knows
    on "$1" zyg nodes -o jsonl 2>/dev/null | grep -c '"state": *"alive"'
}

has_leader() { # NODE
    [ -n "$(leader "$1")" ]
}

find_victim() { # NODE, of NODES: $victim is the leader, as it knows, "${others[@]}" are the rest
    local name
    wait_until 20 "a leader" has_leader "$1"
    victim=$(leader "$1")
    others=()
    for name in "${NODES[@]}"; do
        [ "$name" = "$victim" ] || others+=("$name")
    done
}

members() { # NODE: all of them by name, as it knows, such as "a alive b dead"
    on "$1" zyg nodes -o jsonl | sed -n 's/.*"name": *"\([^"]*\)".*"state": *"\([a-z]*\)".*/\1 \2/p' | sort | paste -sd' '
}

sees() { # NODE STATE...: of all members, by name
    local node=$1
    shift
    [ "$(members "$node" | tr ' ' '\n' | sed -n 'n; p' | paste -sd' ')" = "$*" ]
}

knows_members() { # NODE COUNT
    [ "$(active "$1")" = "$2" ]
}

all_know() { # COUNT NODE...
    local name
    for name in "${@:2}"; do
        knows_members "$name" "$1" || return 1
    done
}

finished() { # JOB NODE: how many of its trials are done, as the node knows
    on "$2" zyg show "$1" -o json | sed -n 's/.*"done": *\([0-9]*\).*/\1/p' | head -1
}

knows_of() { # JOB NODE COUNT
    [ "$(finished "$1" "$2")" -ge "$3" ]
}

is_done() { # NODE JOB
    on "$1" zyg show "$2" -o json | grep -q '"state": *"done"'
}

knows_all() { # NODE JOB TRIALS: as many rows
    on "$1" zyg export "$2" -o csv >"$WORK/numbers.csv" && [ "$(wc -l <"$WORK/numbers.csv")" -gt "$3" ]
}

# NODE JOB TRIALS: 0 to TRIALS - 1, once each, all done; as many are counted. For a node that was not up yet another may have
# said that the job is done, and it catches up.
assert_numbers() {
    wait_until 30 "$3 rows of $2 at $1" knows_all "$@"
    assert_equal "$(seq 0 $(($3 - 1)))" "$(tail -n +2 "$WORK/numbers.csv" | cut -d, -f1 | sort -n)" "the numbers of $2 that $1 knows"
    assert_equal "$3" "$(tail -n +2 "$WORK/numbers.csv" | cut -d, -f2 | grep -cx done)" "trials of $2 that are done, as $1 knows"
    assert_match "$(on "$1" zyg show "$2" -o json)" '"done": *'"$3"','
}

# shell_job NAME TRIALS COMMAND: $WORK/NAME.yaml, whose trials are this line of shell.
shell_job() {
    cat >"$WORK/$1.yaml" <<END_OF_JOB
zyg: 1
name: $1
search: {method: random, trials: $2, seed: 3, objectives: [{metric: score, goal: minimize}]}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "$3"]}
END_OF_JOB
}

end_all() { # NODE...: each is asked to stop; nothing is left of them, nor of those that were killed
    local name
    for name in "$@"; do
        kill -TERM "${pids[$name]}" 2>/dev/null || true
    done
    assert_nothing_left 60
}

kill_node() { # NAME
    disown "${pids[$1]}" # or bash would tell everybody that it was killed
    kill -KILL "${pids[$1]}"
    wait_until 10 "the end of $1" gone "${pids[$1]}"
}
