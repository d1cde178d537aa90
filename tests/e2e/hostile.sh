#!/usr/bin/env bash
# Members in somebody else's hands flood, lie and forge with real keys: a job goes on at full numbers, memory and lines for people stay bounded, and whoever does it is shut out.
# timeout 240
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=2400
MS_EACH=2000
HEALTHY=(a b c)
TAKEN=(m1 m2 m3 m4 m5 m6) # each of them is believed once by each of the healthy
WORDS=(garbage broken large twice beats self invented impostor verdicts looks claims leases heads bundles results questions knocks)
draw_from_seed

# Not under a sanitizer, whose memory is several times as much.
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/${pids[$1]}/status"; }

# assault BY TARGET WORDS: how often it was let in is in $let_in.
assault() {
    run "${ZYG_BUILD:-$ROOT/build/release}/tests/hostile" "$WORK/$1" "$WORK/$2" "tcp://127.0.0.1:${ports[$2]}" "$3" $MS_EACH "$id"
    assert_status 0
    echo "$E2E_NAME: $3 from $1 to $2: $out" >&2
    assert_match "$out" "^let in ([0-9]+) "
    let_in=${BASH_REMATCH[1]}
}

# The healthy see each other and a leader; what they think of the others is theirs.
all_is_well() {
    local name
    for name in "${HEALTHY[@]}"; do
        [[ "$(members "$name")" == "a alive b alive c alive"* ]] && has_leader "$name" || return 1
    done
}

goes_on() { # NODE COUNT: more trials are done than that, or all
    knows_of "$job" "$1" $(($2 + 1)) || is_done "$1" "$job"
}

shell_job shared $TRIALS "sleep 0.1; echo score={x}"
cluster "${HEALTHY[@]}" "${TAKEN[@]}"
for name in "${TAKEN[@]}"; do
    kill_node "$name"
done
wait_until 60 "the others to be dead" sees a alive alive alive dead dead dead dead dead dead
run on b zyg submit "$WORK/shared.yaml"
assert_status 0
job=$out
id=$(on b zyg show "$job" -o json | sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p' | head -1)
wait_until 30 "the first trials" knows_of "$job" b 20

turn=0
for word in "${WORDS[@]}"; do
    target=${HEALTHY[turn % 3]}
    before=$(finished "$job" "$target")
    assault "${TAKEN[turn / 3]}" "$target" "$word"
    # It dials again as soon as it is cut off, hundreds of times a second. Who only comes and goes has done nothing wrong, and what is
    # too long ZMQ does not show to anybody.
    [[ $word == knocks || $word == large ]] && most=25 || most=5
    assert_less "$let_in" $most "edges of $word in $MS_EACH ms"
    wait_until 10 "$target to hear of a trial after $word" goes_on "$target" "$before"
    turn=$((turn + 1))
done

wait_until 20 "the healthy to be well" all_is_well
for name in "${HEALTHY[@]}"; do
    wait_until 60 "the end of the job at $name" is_done "$name" "$job"
    assert_numbers "$name" "$job" $TRIALS
    [[ ${ZYG_BUILD:-} == *san ]] || assert_less "$(memory_kib "$name")" 65536 "KiB of memory of $name"
    # One for each of six keys, and one of what came before there was a name.
    assert_less "$(grep -c refused "$WORK/$name.err")" 8 "lines of $name about who was refused: $(<"$WORK/$name.err")"
done
end_all "${HEALTHY[@]}"
