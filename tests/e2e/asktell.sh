#!/usr/bin/env bash
# zyg asktell over real pipes, the library in a program of its own, and both examples, each to its end.
# timeout 240
. "$(dirname "$0")/../lib/e2e.sh"

space='{"name":"x","type":"float","low":0,"high":1}'

# A conversation: each reply comes before the next request is written.
coproc TALK { exec zyg asktell --method random; }
talk_pid=$TALK_PID
say() {
    echo "$1" >&"${TALK[1]}"
    read -rt 20 -u "${TALK[0]}" reply || fail "no reply to $1"
}
say '{"op":"init","seed":3,"space":['"$space"']}'
assert_equal '{}' "$reply"
say '{"op":"ask"}'
assert_match "$reply" '^\{"id":0,"params":\{"x":0\.[0-9]+\}\}$'
say '{"op":"tell","id":0,"state":"ok","value":0.5}'
assert_equal '{}' "$reply"
say '{"op":"tell","id":0,"state":"ok","value":0.5}'
assert_equal '{"error":"tell, \"id\": trial 0 is over already"}' "$reply"
echo '{"op":"quit"}' >&"${TALK[1]}"
finish "$talk_pid" 20
assert_status 0

# The same requests in one go, blank lines and a last line without its end among them: the same replies.
printf '%s\n\n%s\r\n%s' '{"op":"init","seed":3,"space":['"$space"']}' '{"op":"ask"}' '{"op":"ask"}' >"$WORK/requests"
for i in 1 2; do
    zyg asktell --method random <"$WORK/requests" >"$WORK/replies.$i"
done
assert_equal 3 "$(wc -l <"$WORK/replies.1")"
cmp "$WORK/replies.1" "$WORK/replies.2"

# A line of 17 MiB is refused in one, and what follows it is heard.
{ head -c 17825792 /dev/zero | tr '\0' ' '; printf '\n%s\n' '{"op":"ask"}'; } | zyg asktell >"$WORK/long"
assert_equal 2 "$(wc -l <"$WORK/long")"
assert_contains "$(head -n 1 "$WORK/long")" 'a line of more than 16777216 bytes'
assert_contains "$(tail -n 1 "$WORK/long")" 'there is no study'

# Little memory: a method that needs less proposes, and says so. 64 MiB in all do for any.
printf '%s\n' '{"op":"init","explain":true,"space":['"$space"']}' '{"op":"ask"}' >"$WORK/requests"
zyg asktell --memory 3MiB <"$WORK/requests" >"$WORK/short"
assert_equal '{"note":"memory is short: tpe proposes in place of auto"}' "$(head -n 1 "$WORK/short")"
assert_match "$(tail -n 1 "$WORK/short")" '"by":"tpe"\}$'
if ! is_sanitized; then
    (ulimit -v 65536; zyg asktell <"$WORK/requests" >"$WORK/short")
    assert_equal '{}' "$(head -n 1 "$WORK/short")"
fi
run zyg asktell --memory little
assert_status 2
assert_contains "$err" "--memory wants 1MiB to 1TiB, not 'little'"

run zyg asktell --method nonsense
assert_status 2
assert_contains "$err" '--method: "nonsense" is not known, expected one of random, nsga2, sobol, tpe, gp, auto, evolution, pareto'
run zyg asktell --scheduler ahsa
assert_status 2
assert_contains "$err" '--scheduler: "ahsa" is not known, expected one of auto, none, asha,'
run zyg help asktell
assert_contains "$out" '[--memory SIZE]'

# The library: nothing of it can be seen but zygtune_..., and it needs nothing but the C library.
library=${ZYG_BUILD:-$ROOT/build/release}/lib/libzygtune.a
assert_equal "" "$(nm -g --defined-only "$library" | awk '$2 ~ /[A-Z]/ && $3 !~ /^zygtune_/ { print $3 }')" "names it shows"
assert_equal "" "$(nm -u "$library" | grep -iE 'msgpack|zmq|sodium|mdb_|pthread|yaml' || true)" "libraries it needs"
command -v cc >/dev/null || skip "no C compiler for the example"
cc -Wall -Wextra -Werror -O2 -I"$ROOT/actors/tuner" "$ROOT/examples/asktell/neighbours.c" "$library" -lm -o "$WORK/neighbours"
run "$WORK/neighbours" "$ROOT/examples/svm/breast_cancer.scale"
assert_status 0
assert_match "$out" 'least error 0\.0[0-4]'
assert_match "$out" 'what mattered: \[\{"verdict":"known",.*\]\}\]
'
cc -Wall -Wextra -Werror -O2 -I"$ROOT/actors/tuner" "$ROOT/tests/e2e/zygtune_lines.c" "$library" -lm -o "$WORK/lines"
run "$WORK/lines"
assert_equal "as expected" "$out"

command -v python3 >/dev/null || skip "no Python for the example"
run python3 "$ROOT/examples/asktell/logistic.py" "$ROOT/examples/svm/breast_cancer.scale"
assert_status 0
assert_match "$out" 'settings looked at for the price of 12 trainings'
assert_match "$out" 'least loss 0\.[01]'
