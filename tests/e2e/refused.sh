#!/usr/bin/env bash
# Who does not belong to a cluster is refused, people are told of it once, and nothing else happens: a node of another cluster,
# one with a wrong key, one whose token is old; bytes that are nothing, and messages that are none from somebody with a key.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

SLOTS=1

holds() { [ "$(members "$1")" = "$2" ]; }

said() { grep -c "$2" "$WORK/$1.err" || true; } # NODE TEXT: how often

has_said() { [ "$(said "$1" "$2")" -ge 1 ]; }

# ---- the cluster, and the tokens ----

on a zyg cluster init -q --name lab >"$WORK/name"
node a
endpoint=$(on a zyg nodes -o jsonl | sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p')
port=${endpoint##*:}
key=$(on a zyg cluster show -o json | sed 's/.*"node_key":"\([^"]*\)".*/\1/')
wrong_key=$(printf 'ab%.0s' {1..32})
good=$(on a zyg token create -q)
wrong=$(on a zyg token create -q --seed "$endpoint,$wrong_key")
on other zyg cluster init -q --name field >"$WORK/name"
foreign=$(on other zyg token create -q --seed "$endpoint,$key")

# A node that entered while nobody was there to let it in, and comes when its token is old.
kill -TERM "${pids[a]}"
wait_until 10 "the end of a" gone "${pids[a]}"
old=$(on a zyg token create -q --expires 1500ms --seed "$endpoint,$key")
made=$(now_ms)
node late --join "$old"
token_is_old() { [ $(($(now_ms) - made)) -gt 1600 ]; }
wait_until 5 "the token's end" token_is_old
node a
node b --join "$good"
wait_until 5 "a and b" holds a "a alive b alive"

# ---- strangers ----

node foreign --join "$foreign"
node wrong --join "$wrong"

for head in '' '\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f' '\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE'; do
    for try in 1 2 3; do
        exec {raw}<>"/dev/tcp/127.0.0.1/$port"
        { printf "$head"; head -c 5000 /dev/urandom; } >&"$raw" 2>/dev/null || true
        exec {raw}>&-
    done
done
(exec {raw}<>"/dev/tcp/127.0.0.1/$port"; read -rt 8 -u "$raw" || true) & # one that says nothing
disown $!

# Somebody with a key of its own, who knows the node's, and says what is no message or what only rooms of a node say.
cat >"$WORK/stranger.py" <<'END'
import ctypes, ctypes.util, sys, time
zmq = ctypes.CDLL("libzmq.so.5")
for name in ("zmq_ctx_new", "zmq_socket"):
    getattr(zmq, name).restype = ctypes.c_void_p
context = ctypes.c_void_p(zmq.zmq_ctx_new())
public, secret = ctypes.create_string_buffer(41), ctypes.create_string_buffer(41)
zmq.zmq_curve_keypair(public, secret)
for frame in (b"", b"\xff\xff\xff", b"\x91\xcc\xd0", b"\x93\xcc\xd0\x01\xc4\x00\xc4\x00", b"\x92\x74\x01", b"x" * 300000):
    for again in range(3):
        socket = ctypes.c_void_p(zmq.zmq_socket(context, 5))
        server = bytes.fromhex(sys.argv[2])
        for option, value in ((50, server), (48, public.raw[:40]), (49, secret.raw[:40])):
            assert zmq.zmq_setsockopt(socket, option, value + (b"\0" if len(value) == 40 else b""), len(value) + (len(value) == 40)) == 0
        assert zmq.zmq_connect(socket, sys.argv[1].encode()) == 0
        zmq.zmq_send(socket, frame, len(frame), 0)
        time.sleep(0.05)
        linger = ctypes.c_int(0)
        zmq.zmq_setsockopt(socket, 17, ctypes.byref(linger), 4)
        zmq.zmq_close(socket)
print("done")
END
run python3 "$WORK/stranger.py" "$endpoint" "$key"
assert_status 0

# ---- each is told of once, however often it knocks ----

wait_until 10 "late to be refused" has_said a "refused: the token was good until"
wait_until 10 "foreign to be refused" has_said a "refused: this cluster's key did not sign it"
wait_until 10 "a stranger to be refused" has_said a "somebody at 127.0.0.1 was refused"
wait_until 15 "late to know" has_said late "the node at $endpoint does not let this one in: the token is too old by the clock there, or another cluster's, or that node holds this one off for a while"
wait_until 15 "foreign to know" has_said foreign "the node at $endpoint does not let this one in"
wait_until 15 "wrong to know" has_said wrong "the node at $endpoint does not let this one in: it has another key than the token says"
e2e_pass_time 3 # so long they knock on, and nothing tells of it: that is what is shown
for text in "refused: the token was good until" "refused: this cluster's key did not sign it" "somebody at 127.0.0.1 was refused" \
    "refused: it said what makes no sense"; do
    [ "$(said a "$text")" -le 1 ] || fail "a said it more than once: $text"
done
for name in late foreign wrong; do
    assert_equal 1 "$(said "$name" "does not let this one in")" "what $name said"
    assert_equal "$name alive" "$(members "$name")"
done
assert_less "$(said a refused)" 5 "lines that a said"
assert_equal 0 "$(said b refused)" "lines that b said"

# ---- and nothing else has happened ----

assert_equal "a alive b alive" "$(members a)"
assert_equal "a alive b alive" "$(members b)"
shell_job after 10 "echo score={x}"
run on b zyg submit "$WORK/after.yaml"
assert_status 0
wait_until 20 "the end of a job" is_done b "$out"
assert_numbers b "$out" 10
