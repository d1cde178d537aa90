#!/usr/bin/env bash
# run.sh [NAME...]: does the simulator find bugs? Each patch of this folder breaks one rule of the cores; each must be found
# within ZYG_PLANTED_SEEDS seeds (default 2000) of a single node, or ZYG_PLANTED_CLUSTERS (default 1200) of whole clusters when
# its name begins with "cluster-". The cores are built once as they are and must pass; then, for each patch, only
# what it changes is built anew. Which files are cores CMakeLists.txt has said in ZYG_BUILD (default build/debug).
# seen.txt says which seed showed a bug last: that one is tried first, and all of them when it keeps the rules by now (then write
# the one that is printed there). It only saves time.
set -euo pipefail

planted=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$planted/../../.." && pwd)
cores=$(<"${ZYG_BUILD:-$root/build/debug}/core-files.txt")
seeds=${ZYG_PLANTED_SEEDS:-2000}
clusters=${ZYG_PLANTED_CLUSTERS:-1200}
healthy=100
dir=$(mktemp -d "${TMPDIR:-/tmp}/planted-XXXXXX")
trap 'rm -rf "$dir"' EXIT

cp -r "$root/proto" "$root/actors" "$root/store" "$dir"
mkdir -p "$dir/tests" && cp -r "$root/tests/sim" "$dir/tests/sim"
cd "$dir"

flags=(-std=gnu11 -O1 -w -ffp-contract=off -I. -include proto/base/banned.h)
libraries=(-lmsgpackc -lsodium -lm)
mapfile -t sources < <(
    printf '%s\n' "$cores"
    find tests/sim -name '*.c' | sort
    printf '%s\n' actors/kit/board.c actors/peers/peers_says.c store/store.c store/store_mem.c store/store_ask.c) # around them

build() { # SOURCE...: compiles these and links all
    local source objects=()
    for source in "$@"; do
        "${CC:-cc}" "${flags[@]}" -c "$source" -o "${source%.c}.o"
    done
    for source in "${sources[@]}"; do
        objects+=("${source%.c}.o")
    done
    "${CC:-cc}" "${objects[@]}" -o sim "${libraries[@]}"
}

build "${sources[@]}"
if ! ./sim "$healthy" --clusters $((healthy / 4)) >healthy.log 2>&1; then
    cat healthy.log
    echo "the cores break a rule without any patch: nothing below would mean anything"
    exit 1
fi

search() { # ARGUMENT...: sets found, to nothing when every rule was kept
    (ulimit -t 400 && exec ./sim "$@") >run.log 2>&1 || true # of its own time: others may work here
    found=$(sed -n 's/^seed \([0-9]*\) broke a rule.*/\1/p' run.log)
}

missed=0
for patch in "$planted"/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    mapfile -t files < <(sed -n 's,^+++ b/,,p' "$patch")
    rm -rf original && mkdir original && cp --parents "${files[@]}" original
    if ! patch -s -p1 <"$patch" >patch.log 2>&1; then
        cat patch.log
        echo "stale   $name: ${files[*]} changed, make the patch anew"
        missed=$((missed + 1))
    else
        build "${files[@]}"
        run=("$seeds") seen=$(sed -n "s/^$name //p" "$planted/seen.txt") kind=() found=
        [[ $name != cluster-* ]] || run=(--cluster "$clusters") kind=(--cluster)
        [ -z "$seen" ] || search --seeds "$seen-$seen" "${kind[@]}"
        [ -n "$found" ] || search "${run[@]}"
        if [ -z "$found" ]; then
            echo "missed  $name: ${run[*]} seeds kept every rule, or as many as there was time for"
            missed=$((missed + 1))
        else
            echo "caught  $name by seed $found: $(grep -m1 -E '^seed|^zyg:' run.log || true)"
        fi
    fi
    cp -r original/. .
    build "${files[@]}"
done
if [ "$missed" -gt 0 ]; then
    echo "$missed planted bugs were not found"
    exit 1
fi
