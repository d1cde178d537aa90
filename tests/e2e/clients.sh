#!/usr/bin/env bash
# Clients that run no node: they ask any node of their cluster, go on at another one when theirs dies, and nobody else gets in.
# timeout 240
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

unset ZYG_STATE

door() { # NODE: where clients reach it, and its key
    awk '{print $3 "," $4}' "$WORK/$1/door"
}

token_by() { # NODE [OPTION...]: for clients, with that node's door alone
    on a zyg token create -q --for client --seed "$(door "$1")" "${@:2}"
}

knows_doors() { # FOLDER NUMBER
    [ "$(on "$1" zyg cluster show -o json | grep -o '"client_seeds":\[[^]]*' | grep -o tcp: | wc -l)" = "$2" ]
}

refusals() { # NODE TEXT: how often people were told
    grep -c "a client at 127.0.0.1 was refused: .*$2" "$WORK/$1.err" || true
}

shell_job quick 4 "sleep 0.05; echo score={x}"
shell_job some 60 "sleep 0.25; echo score={x}"
shell_job slow 100 "sleep 5; echo score={x}"
cluster a b c

# ---- entering: the token names all, and a node answers ----

run on a zyg token create --for client
assert_equal 3 "$(grep -c '^\(they ask\|     or\) tcp://127.0.0.1:[0-9]*, which this machine alone can reach$' <<<"$err")"
token=$out
run on u zyg cluster join "$token"
assert_status 0
assert_match "$out" '^lab-[0-9a-f]{4}$'
lab=$out
assert_match "$err" '^the node at tcp://127\.0\.0\.1:[0-9]+ answers$'

# Whoever was told of one node has learned of the others.
for name in a b c; do
    on "by-$name" zyg cluster join -q "$(token_by "$name")" >/dev/null
    knows_doors "by-$name" 1 || knows_doors "by-$name" 3 || fail "doors of by-$name"
    on "by-$name" zyg ls -q
    wait_until 5 "the doors of by-$name" knows_doors "by-$name" 3
    assert_equal 600 "$(stat -c %a "$WORK/by-$name/cluster")"
done

# ---- any node takes a job, shows it and stops it ----

for name in a b c; do
    run on "by-$name" zyg submit "$WORK/quick.yaml" --wait -o json -q
    assert_status 0
    assert_match "$out" '"state": *"done"'
    assert_equal "" "$err"
done
run on u zyg ls -o id
assert_equal 3 "$(wc -l <<<"$out")" "jobs"
run on by-b zyg submit "$WORK/slow.yaml" -o id
assert_status 0
assert_match "$err" '^it runs; watch it:  zyg watch slow-[0-9a-f]{4}   stop it:  zyg cancel slow-[0-9a-f]{4}$'
slow=$out
ZYG_CLUSTER=$(token_by c) run on guest zyg show "$slow" -o json
assert_status 0
assert_contains "$out" "$slow"
[ ! -e "$WORK/guest/cluster" ] || fail "a visit was kept"
run on by-c zyg cancel "$slow" # who did not start it may not stop it
assert_status 5
assert_equal 'zyg: only the job'"'"'s owner may cancel it (say it where it was submitted, or where `zyg cluster init` ran)' "$err"
ZYG_CLUSTER=$(token_by a) run on by-b zyg cancel "$slow"
assert_status 0
run on by-c zyg wait "$slow" --timeout 10s
assert_status 8
other=$(on by-b zyg submit -q "$WORK/slow.yaml" -o id) # but for who holds the cluster's key
ZYG_CLUSTER=$(token_by c) run on a zyg cancel "$other"
assert_status 0
cause_at_c() { on by-c zyg show "$other" -o json | grep -q "with the cluster's key"; }
wait_until 10 "who cancelled it, at c" cause_at_c

# ---- a trial that has not begun is waited for ----

last=$(on by-b zyg submit -q "$WORK/quick.yaml" -o id)/3
run on by-c zyg logs -f "$last"
assert_status 0
assert_contains "$out" "score="
never=$(on by-b zyg submit -q "$WORK/slow.yaml" -o id)
start logs on by-c zyg logs -f "$never/99"
logs=$pid
wait_until 10 "a word about it" grep -qx "zyg: slow-[0-9a-f]*/99 has printed nothing yet; waiting for it" "$WORK/logs.err"
on by-b zyg cancel -q "$never"
finish "$logs" 10
assert_status 0
assert_equal "" "$(<"$WORK/logs.out")"

# ---- the node that somebody looks through is killed ----

on by-b zyg submit "$WORK/some.yaml" --wait >"$WORK/submit.out" 2>"$WORK/submit.err" &
submits=$!
wait_until 20 "the start" grep -q "started: 60" "$WORK/submit.out"
handle=$(sed -n '1s/ .*//p' "$WORK/submit.out")
on by-b zyg watch "$handle" >"$WORK/watch.out" 2>"$WORK/watch.err" &
watches=$!
on by-b zyg wait "$handle" >"$WORK/wait.out" 2>"$WORK/wait.err" &
waits=$!
wait_until 20 "news" grep -q "10%" "$WORK/submit.out"
wait_until 20 "news for who watches" grep -q "$handle" "$WORK/watch.out"
kill_node b
for who in submits watches waits; do
    finish "${!who}" 60
    assert_status 0
done
for name in submit watch wait; do
    assert_equal "" "$(<"$WORK/$name.err")"
    assert_contains "$(<"$WORK/$name.out")" "$handle is done: 60/60"
done
run on by-b zyg export "$handle" -o csv
assert_equal "$(seq 0 59)" "$(tail -n +2 <<<"$out" | cut -d, -f1 | sort -n)" "the numbers of the trials"

# It comes back to the same door, and is found there.
before=$(door b)
node b
assert_equal "$before" "$(door b)" "the door of b"
wait_until 20 "three nodes again" knows_members a 3

# ---- what a trial prints is followed through another node, and when the trial itself is lost, where it is made again ----

cat >"$WORK/talks.yaml" <<END
zyg: 1
name: talks
search: {method: random, trials: 1, seed: 3}
params: {x: {min: 0, max: 1}}
run: {command: [sh, -c, "for i in \$(seq 60); do echo line \$i; sleep 0.1; done"]}
END
lines=$(seq -f 'line %g' 60)

where_it_runs() { # into $busy
    busy=$(on u zyg nodes -o csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 && $at["running"] > 0 { print $at["name"] }')
    [ -n "$busy" ]
}

run on u zyg submit "$WORK/talks.yaml" -q
wait_until 10 "a node that runs it" where_it_runs
[ "$busy" = a ] && idle=c || idle=a
start raw on "by-$idle" zyg logs -f last/0
raw=$pid
start rows on "by-$idle" zyg logs -f last/0 -o csv -q
rows=$pid
wait_until 10 "its first lines" grep -q "line 12" "$WORK/raw.out"
wait_until 10 "its first lines" grep -q "line 12" "$WORK/rows.out"
kill_node "$idle"
for who in raw rows; do
    finish "${!who}" 30
    assert_status 0
    assert_equal "" "$(<"$WORK/$who.err")"
done
assert_equal "$lines" "$(<"$WORK/raw.out")" "what was printed"
assert_equal "$lines" "$(tail -n +2 "$WORK/rows.out" | cut -d, -f3)" "what was printed, as rows"
node "$idle"
wait_until 20 "three nodes again" knows_members b 3

run on u zyg submit "$WORK/talks.yaml" -q
wait_until 10 "a node that runs it" where_it_runs
start raw on "by-$busy" zyg logs -f last/0
raw=$pid
wait_until 10 "its first lines" grep -q "line 12" "$WORK/raw.out"
kill_node "$busy"
finish "$raw" 60
assert_status 0
assert_equal "[zyg: attempt 1 again]" "$(<"$WORK/raw.err")"
assert_equal "$lines" "$(tail -n 60 "$WORK/raw.out")" "what was printed again"
first=$(head -n -60 "$WORK/raw.out")
assert_equal "$(head -n "$(wc -l <<<"$first")" <<<"$lines")" "$first" "what was printed at first"
node "$busy"
wait_until 20 "three nodes again" knows_members "$busy" 3

# ---- a node that hangs: another one is asked after three seconds ----

run on by-a zyg submit "$WORK/some.yaml" -o id -q
hangs=$out
start hang on by-a zyg watch "$hangs"
watches=$pid
wait_until 20 "news" grep -q "some-" "$WORK/hang.out"
kill -STOP "${pids[a]}"
run on by-a zyg ls -q -o id # and who comes now is not kept waiting
assert_status 0
finish "$watches" 60
assert_status 0
assert_contains "$(<"$WORK/hang.out")" "is done: 60/60"
kill -CONT "${pids[a]}"
wait_until 20 "a is back" knows_members a 3

# ---- a submit without an answer is said again, and is one job ----

lists() { [ "$(on "$1" zyg ls -o id | wc -l)" = "$2" ]; } # NODE JOBS

count=$(on u zyg ls -o id | wc -l)
kill -STOP "${pids[a]}" "${pids[c]}" # nobody else can keep a copy
start twice on by-b zyg submit "$WORK/quick.yaml" --wait -q
twice=$pid
wait_until 20 "b to have heard it" lists b $((count + 1))
kill_node b
kill -CONT "${pids[a]}" "${pids[c]}"
finish "$twice" 60
assert_status 0
node b
wait_until 20 "three nodes again" knows_members b 3
for name in a b c; do
    wait_until 20 "all jobs at $name" lists "$name" $((count + 1))
done

# ---- many at once ----

for i in 1 2 3 4 5 6; do
    start "crowd-$i" on "crowd-$i" env ZYG_CLUSTER="$token" zyg submit "$WORK/quick.yaml" --wait -q
    crowd[i]=$pid
done
for i in 1 2 3 4 5 6; do
    finish "${crowd[i]}" 60
    assert_status 0
done

# ---- who gets nothing: one line each, told once at the node ----

expect_refused() { # FOLDER REASON: twice
    local line
    for _ in 1 2; do
        run on "$1" zyg ls
        assert_status 5
        assert_equal "" "$out"
        assert_equal 1 "$(wc -l <<<"$err")" "$err"
        assert_match "$err" "$2"
    done
    assert_equal 1 "$(refusals c "$2")" "lines of node c about $1"
}
expired=$(token_by c --expires 2s)
on old zyg cluster join -q "$expired" >/dev/null
wait_until 10 "the end of a token" bash -c "! ZYG_STATE='$WORK/old' zyg ls -q"
expect_refused old 'the token was good until 20'
run on late zyg cluster join "$expired"
assert_status 5

on home zyg cluster init -q --name other >/dev/null
on foreign zyg cluster join -q "$(on home zyg token create -q --for client --seed "$(door c)")" >/dev/null
expect_refused foreign "this cluster's key did not sign it"

run on nobody zyg cluster join "$(on a zyg token create -q)"
assert_status 5
assert_equal "zyg: the token is not for a client; make one that is: zyg token create --for client" "$err"

# Somebody who has a door, and nothing else. What its process does is played.
mkdir -m 700 "$WORK/stranger"
start holder python3 -c "
import fcntl, signal
file = open('$WORK/stranger/lock', 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
print('held', flush=True)
signal.pause()"
holder=$pid
wait_until 10 "the lock" grep -q held "$WORK/holder.out"
(umask 077 && echo "zyg-door 1 $(door c | tr , " ") $holder" >"$WORK/stranger/door")
expect_refused stranger 'no certificate came with it'
kill -TERM "$holder"
assert_equal 3 "$(refusals c '')" "lines of node c"
run on by-c zyg ls -q # nobody else has noticed
assert_status 0

# ---- a machine that entered with a node's token alone: while its node is down its client asks the others ----

kill_node b
count=$(on u zyg ls -o id | wc -l)
run on b zyg ls -o id
assert_status 0
assert_equal "$count" "$(wc -l <<<"$out")" "jobs that b's client is shown"
run on b zyg submit "$WORK/quick.yaml" --wait -o id
assert_status 0
[[ $err != *"in this process"* ]] || fail "it ran here: $err"
run on b zyg submit "$WORK/slow.yaml" -o id -q
assert_status 0
run on b zyg cancel "$out" # which it started, at whatever node
assert_status 0
node b
wait_until 20 "three nodes again" knows_members a 3

# ---- nobody is left ----

for name in a b c; do
    kill_node "$name"
done
run on u zyg ls
assert_status 3
assert_match "$err" "^zyg: no node of cluster $lab answers; asked 127\.0\.0\.1:[0-9]+, 127\.0\.0\.1:[0-9]+, 127\.0\.0\.1:[0-9]+ \(if they have moved, a new token knows where: zyg cluster join TOKEN\)$"
run on u zyg submit "$WORK/quick.yaml" --wait # it is not run here
assert_status 3
