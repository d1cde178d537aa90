#!/usr/bin/env bash
# Three nodes, the disk of one is full: no trial is charged with that, the others run them all, one line says so and `zyg nodes`
# shows it; and when there is space again it takes trials by itself. The same where there are too few descriptors.
# timeout 120
if [ -z "${FULL_DISK_INSIDE:-}" ]; then
    if unshare -Urm mount -t tmpfs none /mnt 2>/dev/null; then
        FULL_DISK_INSIDE=1 exec unshare -Urm "$BASH" "$0" "$@"
    fi
    echo "full_disk: skipped: a small file system cannot be made here (unshare -Urm, mount -t tmpfs)" >&2
    exit 77
fi
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

TRIALS=40

said() { # NODE TEXT: how many lines on its standard error have it
    grep -c "$2" "$WORK/$1.err" || true
}

has_said() { [ "$(said "$1" "$2")" -ge "$3" ]; }

trouble_of() { # NODE ASKED
    on "$2" zyg nodes -o jsonl | sed -n 's/.*"name": *"'"$1"'".*"trouble": *"\([^"]*\)".*/\1/p'
}

is_troubled() { [ -n "$(trouble_of "$1" "$2")" ]; }
is_well() { ! is_troubled "$1" "$2"; }

# ran JOB ASKED: nothing but what is done, every number once.
ran() {
    wait_until 60 "the end of $1" is_done "$2" "$1"
    assert_numbers "$2" "$1" "$TRIALS"
    assert_match "$(on "$2" zyg show "$1" -o json)" '"failed": *0'
}

mkdir "$WORK/b"
mount -t tmpfs -o size=8m none "$WORK/b"
SLOTS=2 cluster a b c

# ---- no space ----

dd if=/dev/zero of="$WORK/b/ballast" bs=64k 2>/dev/null || true
shell_job full $TRIALS "echo score={x}; sleep 0.05"
run on a zyg submit "$WORK/full.yaml"
assert_status 0
full=$out
wait_until 20 "b to say that it takes no trials" has_said b "takes no trials for now" 1
wait_until 20 "a to show that b rests" is_troubled b a
assert_match "$(trouble_of b a)" "space"
assert_match "$(on a zyg nodes | grep '^b ')" "rests"
ran "$full" a
e2e_pass_time 3 # it looks again and again, and says nothing more
assert_equal 1 "$(said b "takes no trials for now")" "lines that say so"
assert_equal 0 "$(said b "takes trials again")" "lines that say that it is over"
assert_match "$(grep "takes no trials for now" "$WORK/b.err")" "$WORK/b.*space"
assert_equal "" "$(trouble_of a a)$(trouble_of c a)" "trouble of the others"

rm "$WORK/b/ballast"
wait_until 30 "b to take trials again" has_said b "takes trials again" 1
wait_until 10 "a to show that" is_well b a
wait_until 20 "b to know what it has missed" is_done b "$full"
assert_numbers b "$full" "$TRIALS"

# ran on b: its folder is in the trials' environment
shell_job again $TRIALS "echo \$ZYG_OUTPUT >>'$WORK/places'; echo score={x}; sleep 0.1"
run on a zyg submit "$WORK/again.yaml"
assert_status 0
ran "$out" a
assert_match "$(cat "$WORK/places")" "$WORK/b/runs/"

# ---- no descriptors: just enough for the node as it is ----

descriptors() { ls "/proc/${pids[b]}/fd" | wc -l; }
prlimit --pid "${pids[b]}" --nofile="$(descriptors):"
shell_job few $TRIALS "echo score={x}; sleep 0.05"
run on a zyg submit "$WORK/few.yaml"
assert_status 0
wait_until 20 "b to say that it takes no trials" has_said b "takes no trials for now" 2
wait_until 20 "a to show that b rests" is_troubled b a
assert_match "$(trouble_of b a)" "ulimit -n"
ran "$out" a
prlimit --pid "${pids[b]}" --nofile=1024:
wait_until 30 "b to take trials again" has_said b "takes trials again" 2
wait_until 10 "a to show that" is_well b a

# ---- enough of them for one trial, not for two: that one place is used, and nothing swings to and fro ----

narrow() { said b "runs at most 1 of 2 trials at once for now: .*ulimit -n"; }

for spare in 4 3 2 1; do # which of them are in use, and for a moment only, is the node's business
    prlimit --pid "${pids[b]}" --nofile="$(($(descriptors) + spare)):"
    shell_job few 12 "echo score={x}; sleep 0.1"
    run on a zyg submit "$WORK/few.yaml"
    assert_status 0
    wait_until 60 "the end of few" is_done a "$out"
    [ "$(narrow)" = 0 ] || break
done
assert_equal 1 "$(narrow)" "lines that say that fewer run at once"
shell_job one 60 "echo \$ZYG_OUTPUT >>'$WORK/places-one'; echo score={x}; sleep 0.2"
run on a zyg submit "$WORK/one.yaml"
assert_status 0
wait_until 60 "the end of one" is_done a "$out"
assert_numbers a "$out" 60
assert_equal 1 "$(narrow)" "lines that say that fewer run at once"
assert_equal 2 "$(said b "takes no trials for now")" "lines that say that it takes none"
assert_less 6 "$(grep -c "^$WORK/b/runs/" "$WORK/places-one")" "trials that b has run"

end_all a b c
umount "$WORK/b"
