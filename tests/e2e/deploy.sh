#!/usr/bin/env bash
# What deploy/ says to systemd is understood by it: the unit, and the lines that the cloud's user data adds.
. "$(dirname "$0")/../lib/e2e.sh"

command -v systemd-analyze >/dev/null || skip "there is no systemd-analyze"
here() { sed "s#/usr/local/bin/#$ZYG_BIN/#"; }

mkdir -p "$WORK/unit/zyg-node.service.d"
here <"$ROOT/deploy/zyg-node.service" >"$WORK/unit/zyg-node.service"
run systemd-analyze verify "$WORK/unit/zyg-node.service"
assert_status 0
assert_equal "" "$out$err" "complaints about the unit"

# The text of one file in the user data: what is indented below its "content: |".
awk '/path: .*rented.conf$/ { found = 1 } found && /^      / { print substr($0, 7) } found && /^$/ { exit }' \
    "$ROOT/deploy/cloud-init.yaml" | here >"$WORK/unit/zyg-node.service.d/rented.conf"
assert_contains "$(<"$WORK/unit/zyg-node.service.d/rented.conf")" "--join file:%d/token --idle 10m --on-idle poweroff"
run systemd-analyze verify "$WORK/unit/zyg-node.service"
assert_status 0
assert_equal "" "$out$err" "complaints about the unit of a rented machine"

# The programs take the options that stand there.
for line in $(grep -ho -- '--[a-z-]*' "$WORK"/unit/*.service "$WORK"/unit/*.d/*.conf | sort -u); do
    zyg-node --help | grep -q -- "$line" || fail "zyg-node knows no $line"
done
