#!/usr/bin/env bash
# What the search decides has the same bits on arm64, on armhf and on an x86-64 without AVX: every tests/unit/**/bits_test.c is
# built there with the pure files (those that need neither libsodium nor msgpack) and runs under qemu; for x86-64 it is
# the one that the build has made. Without a compiler for a processor, or without qemu, that processor is skipped.
# timeout 600
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${ZYG_BUILD:-build/debug}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The linker drops what no test calls: a pure file may have a function that writes msgpack.
export flags="-std=gnu11 -w -ffp-contract=off -ffunction-sections -I. -include proto/base/banned.h"

compile() { # COMPILER FOLDER SOURCE: the numeric kit as in a release, the rest quickly; bits depend on neither
    local level=-O0
    case $3 in actors/tuner/num/*) level="-O3 -fno-trapping-math -fno-math-errno" ;; esac
    "$1" $flags $level -c "$3" -o "$2/${3//\//-}.o"
}
export -f compile

pure_files() {
    grep -E '^(proto|actors/tuner)/' "$build/core-files.txt" | grep -v '^proto/trust/' |
        xargs grep -LE '^# *include <(sodium|msgpack)'
}

have() { # NAME TOOL...
    local tool
    for tool in "${@:2}"; do
        if ! command -v "$tool" >/dev/null; then
            echo "$1: skipped, $tool is not here"
            skipped=1
            return 1
        fi
    done
}

run() { # NAME TEST COMMAND...
    echo "$1: $2"
    "${@:3}" || wrong=1
}

check() { # NAME COMPILER RUNNER
    local name=$1 compiler=$2 folder=$work/$1 test program
    have "$@" || return 0
    mkdir "$folder"
    pure_files | xargs -P "$(nproc)" -I '{}' bash -c 'compile "$@"' - "$compiler" "$folder" '{}'
    "${compiler%gcc}ar" rcs "$folder/pure.a" "$folder"/*.o
    while read -r test; do
        program=$folder/$(basename "${test%.c}")
        "$compiler" $flags -static "$test" "$folder/pure.a" -lm -Wl,--gc-sections -o "$program"
        run "$name" "$test" "$3" "$program"
    done < <(find tests/unit -name bits_test.c | LC_ALL=C sort)
}

wrong=0
skipped=0
check arm64 aarch64-linux-gnu-gcc qemu-aarch64
check armhf arm-linux-gnueabihf-gcc qemu-arm
if [ "$(uname -m)" = x86_64 ] && have "x86-64 of 2006" qemu-x86_64; then
    for program in "$build"/tests/unit.*.bits; do
        run "x86-64 of 2006" "$program" qemu-x86_64 -cpu Conroe "$program"
    done
fi
[ "$wrong" = 0 ] || exit 1
[ "$skipped" = 0 ] || exit 77
