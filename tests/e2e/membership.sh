#!/usr/bin/env bash
# Who belongs to which cluster: beginning, tokens, entering and leaving, and what is said about tokens that are no good.
# timeout 60
. "$(dirname "$0")/../lib/e2e.sh"

key=$(printf 'ab%.0s' {1..32})
seed=tcp://127.0.0.1:1,$key
home=$STATE away=$WORK/away field=$WORK/field

# ---- none yet ----

for verb in "cluster show" "cluster leave" "token create"; do
    run zyg $verb
    assert_status 4
    assert_equal "zyg: $home belongs to no cluster
begin one: zyg cluster init; enter one: zyg cluster join TOKEN" "$err" "zyg $verb"
done
[ ! -e "$home" ] || fail "looking made a state folder"

# ---- begin ----

run zyg cluster init --name lab
assert_status 0
lab=$out
assert_match "$lab" '^lab-[0-9a-f]{4}$'
assert_equal "its key is $home/keys/cluster; keep a copy
start zyg-node here; let others in:  zyg token create" "$err"
assert_equal "600 600 700" "$(stat -c %a "$home/cluster" "$home/keys/cluster" "$home/keys" | paste -sd' ')"
before=$(cat "$home/cluster" "$home/keys/cluster" | cksum)
run zyg cluster init --name other
assert_status 5
assert_equal "zyg: $home belongs to cluster $lab already; to begin another: zyg cluster leave" "$err"
assert_equal "$before" "$(cat "$home/cluster" "$home/keys/cluster" | cksum)"
run zyg cluster show
assert_status 0
assert_match "$out" "^CLUSTER +$lab"
assert_match "$out" "MAKES TOKENS +yes"
run zyg cluster show -o json
assert_contains "$out" "\"cluster\":\"$lab\",\"from\":\"$home\","
assert_contains "$out" '"makes_tokens":true,"node":true,"node_until":null,'
node_key=$(sed 's/.*"node_key":"\([^"]*\)".*/\1/' <<<"$out")
assert_match "$node_key" '^[0-9a-f]{64}$'

# ---- tokens: they alone are on standard output ----

run zyg token create
assert_status 2
assert_equal "zyg: nobody to ask is known: start zyg-node here, or say --seed ENDPOINT,KEY" "$err"
run zyg token create --seed "$seed" --seed "tcp://10.0.0.7:7420,$node_key"
assert_status 0
token=$out
assert_match "$token" '^zyg1\.[A-Za-z0-9_-]+$'
assert_match "$err" "^it admits nodes to $lab until 20[0-9T:-]+Z \(1 h\); use it:  zyg-node --join TOKEN"
assert_equal "they ask tcp://127.0.0.1:1, which this machine alone can reach
     or tcp://10.0.0.7:7420" "$(tail -n 2 <<<"$err")"
run zyg token create --for client --seed "$seed"
assert_match "$err" "^it admits clients to $lab until 20[0-9T:-]+Z \(30 d\); use it:  zyg cluster join TOKEN"
run zyg token create --for client --expires 2d --seed "$seed" -q
assert_status 0
client_token=$out
assert_equal "" "$err"
old_token=$(zyg token create -q --expires 1ms --seed "$seed")
old_client_token=$(zyg token create -q --for client --expires 1ms --seed "$seed")
ZYG_STATE=$field zyg cluster init -q --name field >"$WORK/field.name"
foreign=$(ZYG_STATE=$field zyg token create -q --seed "$seed")
foreign_client=$(ZYG_STATE=$field zyg token create -q --for client --seed "$seed")

while IFS='|' read -r expected arguments message; do
    eval "run zyg $arguments"
    [ "$status" = "$expected" ] || fail "zyg $arguments: exit status $status, expected $expected: $err"
    assert_equal "" "$out" "standard output of zyg $arguments"
    assert_equal "$message" "$(head -1 <<<"$err")" "zyg $arguments"
done <<'LIST'
2|cluster jion x|zyg cluster: there is no 'jion' (did you mean 'join'?)
2|cluster frobnicate|zyg cluster: 'frobnicate': expected init, join, show or leave
2|cluster join|zyg cluster: TOKEN is missing
2|cluster join a b|zyg cluster: 'b' is one argument too many
2|cluster show --name x|zyg cluster: --name goes with init
2|cluster show --forget-key|zyg cluster: --forget-key goes with leave
2|cluster leave -o json|zyg cluster: -o goes with show
2|cluster init --state x --name 'a b'|zyg: --name a b: expected 1 to 63 characters of ASCII without blanks
2|token|zyg token: create is missing
2|token print|zyg token: 'print': expected create
2|token create --for all|zyg token: --for all: expected node or client
2|token create --expires soon|zyg token: --expires soon: expected a duration such as 30s, 5m or 2h
2|token create --expires 0s|zyg token: --expires: expected 1ms to 3650d
2|token create --expires 4000d|zyg token: --expires: expected 1ms to 3650d
2|token create --seed tcp://h:1|zyg: --seed tcp://h:1: expected ENDPOINT,KEY: tcp://HOST:PORT, a comma, 64 hex digits
2|token create --seed tcp://h:*,$key|zyg: --seed tcp://h:*,abababababababababababababababababababababababababababababababab: expected ENDPOINT,KEY: tcp://HOST:PORT, a comma, 64 hex digits
2|token create --seed h:1,$key|zyg: --seed h:1,abababababababababababababababababababababababababababababababab: expected ENDPOINT,KEY: tcp://HOST:PORT, a comma, 64 hex digits
LIST

# A node that runs here and is open to others is whom a token names, by an address that others can dial. What its process
# does is played: it holds the folder's lock, and its door stands there.
start holder python3 -c "
import fcntl, signal
file = open('$home/lock', 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
print('held', flush=True)
signal.pause()"
wait_until 10 "the lock" grep -q held "$WORK/holder.out"
write_door() { (umask 077 && echo "zyg-door 1 $1 $node_key $pid${2:+ $2}" >"$home/door"); }
write_door tcp://0.0.0.0:7421 tcp://0.0.0.0:7420
run zyg token create
assert_status 0
assert_match "$(tail -n 1 <<<"$err")" "^they ask tcp://[0-9.]+:7420(, which this machine alone can reach)?$"
[[ $err != *0.0.0.0* ]] || fail "nobody can dial that: $err"
run zyg token create --for client
assert_match "$(tail -n 1 <<<"$err")" "^they ask tcp://[0-9.]+:7421(, which this machine alone can reach)?$"
run zyg token create --seed "$seed"
assert_equal "they ask tcp://127.0.0.1:1, which this machine alone can reach" "$(tail -n +2 <<<"$err")"
write_door tcp://127.0.0.1:7421 # not open to other nodes
run zyg token create
assert_status 2
kill -TERM "$pid"
finish "$pid"
rm "$home/lock" "$home/door"

# ---- tokens that are no good, wherever they are given ----

expect_refused() { # TOKEN MESSAGE CLIENT_TOKEN
    ZYG_STATE=$away run zyg-node --join "$1"
    assert_status 5
    assert_equal "zyg-node: $2" "$err"
    ZYG_STATE=$away run zyg cluster join "$3"
    assert_status 5
    assert_equal "zyg: $2" "$err"
    ZYG_CLUSTER=$3 ZYG_STATE=$away run zyg cluster show
    assert_status 5
    assert_equal "zyg: $2 (ZYG_CLUSTER)" "$err"
    [ ! -e "$away/cluster" ] || fail "a bad token let somebody in"
}

moment="20[0-9-]+T[0-9:]+Z"
not_whole="the token is not whole or was changed"
no_token='that is not a token of zyg: one begins with "zyg1."'
expect_refused garbage "$no_token" garbage
expect_refused zyg1 "$no_token" zyg1
expect_refused zyg1. "$not_whole" zyg1.
expect_refused "zyg1.%%%%" "$not_whole" "zyg1.%%%%"
expect_refused "${token::-1}" "$not_whole" "${client_token::-1}"
expect_refused "${token::100}" "$not_whole" "${client_token::100}"
expect_refused "${token}A" "$not_whole" "${client_token}A"
expect_refused "${token/zyg1.l/zyg1.k}" "$not_whole" "${client_token/zyg1.l/zyg1.k}"
swapped=$(tr 'A-Za-z' 'N-ZA-Mn-za-m' <<<"${token:60}")
expect_refused "${token::60}$swapped" "$not_whole" "${token::60}$swapped"
ZYG_STATE=$away run zyg-node --join "$old_token"
assert_status 5
assert_match "$err" "^zyg-node: the token was good until $moment, and the clock that looked says $moment; ask for a new one, or set the clock$"
ZYG_STATE=$away run zyg cluster join "$old_client_token"
assert_status 5
assert_match "$err" "^zyg: the token was good until $moment, and the clock that looked says $moment; ask for a new one, or set the clock$"
ZYG_STATE=$away run zyg-node --join "$client_token"
assert_status 5
assert_equal "zyg-node: the token is not for a node; make one that is: zyg token create --for node" "$err"
ZYG_STATE=$away run zyg cluster join "$token"
assert_status 5
assert_equal "zyg: the token is not for a client; make one that is: zyg token create --for client" "$err"
[ ! -e "$away/cluster" ] || fail "a token for something else let somebody in"

# ---- entering ----

ZYG_STATE=$away run zyg-node --cluster tcp://127.0.0.1:1
assert_status 2
assert_equal "zyg-node: --cluster: the node of $away belongs to no cluster; begin one: zyg cluster init; enter one: zyg-node --join TOKEN" "$err"
for file in "$WORK" "$WORK/none"; do
    ZYG_STATE=$away run zyg-node --join "file:$file"
    assert_status 2
    assert_match "$err" "^zyg-node: --join: cannot read $file: (Is a directory|No such file or directory)$"
done
run zyg-node --cluster nowhere
assert_status 2
assert_equal "zyg-node: --cluster nowhere: expected an endpoint such as tcp://0.0.0.0:7420" "$err"
run zyg-node --cluster tcp://127.0.0.1:99999 # libzmq would bind 34463
assert_status 2
assert_equal "zyg-node: --cluster tcp://127.0.0.1:99999: expected an endpoint such as tcp://0.0.0.0:7420" "$err"
run zyg-node --listen tcp://127.0.0.1:99999
assert_status 2
assert_equal "zyg-node: --listen tcp://127.0.0.1:99999: expected an endpoint such as tcp://0.0.0.0:7420" "$err"
run zyg-node --name "a b"
assert_status 2
assert_equal "zyg-node: --name a b: expected 1 to 63 characters of ASCII without blanks" "$err"

node_starts() { # ARGUMENT...: as the node of $away; stops it again
    rm -f "$WORK/node.err" # of the one before
    ZYG_STATE=$away start node zyg-node --cluster "tcp://127.0.0.1:*" --slots 1 "$@"
    wait_until 10 "the node" grep -q "state in $away, nodes on tcp://[0-9.:]*, cluster $lab\$" "$WORK/node.err"
}
node_stops() {
    kill -TERM "$pid"
    finish "$pid" 15
    assert_status 0
}
node_starts --join "$token"
ZYG_STATE=$away run zyg cluster leave
assert_status 1
assert_equal "zyg: process $pid runs the node of $away; stop it first" "$err"
node_stops
assert_equal 600 "$(stat -c %a "$away/cluster")"
entered=$(cksum <"$away/cluster")
node_starts # it needs no token any more,
node_stops
node_starts --join "$old_token" # and an old one in a unit file does no harm
node_stops
assert_equal "$entered" "$(cksum <"$away/cluster")"
ZYG_STATE=$away run zyg-node --join "$foreign"
assert_status 5
assert_equal "zyg-node: the token is for cluster $(<"$WORK/field.name"), but $away belongs to $lab; to change: zyg cluster leave" "$err"

export ZYG_STATE=$away
run zyg cluster join "$foreign_client"
assert_status 5
assert_equal "zyg: the token is for cluster $(<"$WORK/field.name"), but $away belongs to $lab; to change: zyg cluster leave" "$err"
run zyg cluster join "$client_token"
assert_status 0
assert_equal "$lab" "$out"
assert_equal "no node of cluster $lab answers; asked 127.0.0.1:1; it may do so later" "$err"
run zyg cluster # shows, too
assert_contains "$out" "$lab"
run zyg cluster show -o json
assert_contains "$out" "\"cluster\":\"$lab\",\"from\":\"$away\","
assert_contains "$out" '"makes_tokens":false,"node":true,"node_until":"20'
assert_contains "$out" '"node_seeds":["tcp://127.0.0.1:1","tcp://10.0.0.7:7420"],"client":true,'
assert_contains "$out" '"client_seeds":["tcp://127.0.0.1:1"]}}'
run zyg token create --seed "$seed"
assert_status 5
assert_equal "zyg: the key of cluster $lab is not here; it is where \`zyg cluster init\` ran" "$err"

# A client that only visits keeps nothing of it.
ZYG_STATE=$WORK/guest ZYG_CLUSTER=$client_token run zyg cluster show
assert_status 0
assert_match "$out" "FROM +ZYG_CLUSTER"
assert_match "$out" "CLIENT +admitted"
[ ! -e "$WORK/guest/cluster" ] || fail "a visit was kept"
ZYG_CLUSTER=$foreign_client run zyg cluster show
assert_contains "$out" "$(<"$WORK/field.name")"

# ---- leaving ----

run zyg cluster leave
assert_status 0
assert_equal "left $lab" "$out"
[ ! -e "$away/cluster" ] || fail "left, and still there"
ZYG_STATE=$home run zyg cluster leave
assert_status 5
assert_equal "zyg: $home/keys/cluster is the cluster's key: without it nobody can be admitted any more; keep a copy and say --forget-key" "$err"
cp "$home/keys/cluster" "$WORK/key.copy"
ZYG_STATE=$home run zyg cluster leave --forget-key -q
assert_status 0
assert_equal "" "$out$err"
[ ! -e "$home/keys/cluster" ] || fail "the key is still there"

# The copy of the key is the cluster.
mkdir -p -m 700 "$WORK/new/keys"
install -m 600 "$WORK/key.copy" "$WORK/new/keys/cluster"
assert_equal "$lab" "$(zyg cluster init -q --name lab --state "$WORK/new")"
zyg token create -q --state "$WORK/new" --seed "$seed" >/dev/null

# What it wrote is damaged: said, and not taken for no cluster.
echo nonsense >"$WORK/new/cluster"
run zyg cluster show --state "$WORK/new"
assert_status 1
assert_equal "zyg: $WORK/new/cluster is not a membership file of zyg; move it away" "$err"

# The shell completes the words of a verb.
complete_of() { # WORD...
    bash -c 'eval "$(zyg completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zyg; echo "${COMPREPLY[*]}"' - "$@"
}
mkdir "$WORK/empty" && cd "$WORK/empty" # file names are offered, too
assert_equal "init join show leave" "$(complete_of zyg cluster '')"
assert_equal last "$(complete_of zyg show '')"
assert_equal create "$(complete_of zyg token cr)"
assert_equal "--for --expires --seed --quiet --state --help" "$(complete_of zyg token --)"
assert_equal "--name --forget-key --quiet --state --help" "$(complete_of zyg cluster --)"
