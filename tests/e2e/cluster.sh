#!/usr/bin/env bash
# Three nodes: a worker, the leader, the node that took the job: whoever is killed, and when, every trial is recorded once and every node knows all of it.
# timeout 180
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=200
NODES=(a b c)
draw_from_seed

shell_job shared $TRIALS "echo {trial} >>'$WORK/started'; sleep 0.05; echo score={x}"

# victim_of AIM: a node that is a worker, the leader or the one submitted to ($asked), in $victim.
victim_of() {
    local name leads
    wait_until 20 "a leader" has_leader "$asked"
    leads=$(leader "$asked")
    case $1 in
    leader) victim=$leads ;;
    asked) victim=$asked ;;
    worker)
        for name in "${NODES[@]}"; do
            [ "$name" = "$leads" ] || [ "$name" = "$asked" ] || victim=$name
        done
        ;;
    esac
}

# round AIM ASKED: a job given to ASKED; after a drawn number of trials AIM is killed; the others end it, and the dead learns.
round() {
    local name others=() job
    asked=$2 victim=
    rm -f "$WORK/started"
    wait_until 20 "everybody to know everybody" all_know 3 "${NODES[@]}"
    run on "$asked" zyg submit "$WORK/shared.yaml"
    assert_status 0
    job=$out
    victim_of "$1"
    for name in "${NODES[@]}"; do
        [ "$name" = "$victim" ] || others+=("$name")
    done
    draw 120
    echo "$E2E_NAME: $job was given to $asked; $victim ($1) is killed after $drawn trials" >&2
    wait_until 30 "$drawn trials" knows_of "$job" "${others[0]}" "$drawn"
    kill_node "$victim"
    for name in "${others[@]}"; do
        wait_until 60 "the end of the job at $name" is_done "$name" "$job"
        assert_numbers "$name" "$job" "$TRIALS"
    done
    # What ran on the victim, and what it had not yet given to a second disk, runs again; nothing else.
    assert_less "$(wc -l <"$WORK/started")" $((TRIALS + 60)) "starts of $TRIALS trials with one kill"
    node "$victim"
    wait_until 20 "$victim to know what it has missed" is_done "$victim" "$job"
    assert_numbers "$victim" "$job" "$TRIALS"
}

cluster "${NODES[@]}"
for aim in worker leader asked; do
    draw 3
    round "$aim" "${NODES[drawn]}"
done

end_all "${NODES[@]}"
