#!/usr/bin/env bash
# The one door of zyg. It works on a bare Debian 12: what is missing is named, then installed when that is allowed.
#
#   ./build.sh                          build the programs into build/bin and run the fast tests
#   ./build.sh demo                     build, then find the best model for the digits data (about two minutes)
#   ./build.sh test [NAME]              every test, or those whose name matches NAME (a regular expression)
#       [--preset asan|tsan]           under a sanitizer
#       [--rewrite]                     write golden files and transcripts anew; read the difference
#   ./build.sh asan|tsan [NAME]         short for test --preset
#   ./build.sh sim [SEEDS | --seed S]   the cores in virtual time under faults; --seed replays one failure;
#       [--cluster]                     whole clusters instead of single nodes
#   ./build.sh fuzz [TARGET] [SECONDS]  libFuzzer, each target for so long (default 60)
#   ./build.sh bench [NAME]             the numbers zyg promises, measured here
#       search [OPTIONS]                the search beside other people's; days in full, see tests/bench/search/README.md
#   ./build.sh fmt [--check]            clang-format
#   ./build.sh tidy [quick]             format, arrows, lengths, purity, dead code; without "quick" clang-tidy and cppcheck too
#   ./build.sh install [PREFIX]         programs and systemd unit, default /usr/local
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C.UTF-8

# Debian 12 packages by what they are for.
declare -A packages=(
    [build]="gcc libc6-dev cmake ninja-build pkg-config libczmq-dev libzmq3-dev libmsgpack-dev liblmdb-dev
             libsodium-dev libyaml-dev"
    [demo]="python3-sklearn"
    [test]="libcmocka-dev libsvm-tools python3-sklearn patch procps
            qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross"
    [fuzz]="clang-14 libclang-rt-14-dev"
    [fmt]="clang-format-14"
    [tidy]="clang-tidy-14 cppcheck"
)

say() { echo "== $*"; }

stop() {
    echo "build.sh: $*" >&2
    exit 1
}

need() { # GROUP...: installs what is missing, or stops with the command that would
    local wanted installed missing=() as_root=() package apt
    command -v dpkg-query >/dev/null || return 0 # not Debian: the build will say what it does not find
    wanted=$(for group in "$@"; do echo ${packages[$group]}; done)
    installed=" $({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || true; } | sed -n 's/^installed //p' | tr '\n' ' ')"
    for package in $wanted; do
        [[ $installed == *" $package "* ]] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    apt="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || stop "these Debian packages are missing and I may not install them; type:"$'\n'"  sudo $apt"
        as_root=(sudo -n)
    fi
    say "installing Debian packages: ${missing[*]}"
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    mkdir -p build
    { apt-cache show "${missing[@]}" >/dev/null && "${as_root[@]}" $apt; } >build/apt.log 2>&1 ||
        { "${as_root[@]}" apt-get update && "${as_root[@]}" $apt; } >build/apt.log 2>&1 ||
        { tail -n 5 build/apt.log >&2; stop "that failed (all of it: build/apt.log); type:"$'\n'"  apt-get update && $apt"; }
}

build() { # PRESET [TARGET...]
    local preset=$1 quiet=(-- --quiet)
    shift
    need build
    mkdir -p build
    cmake --preset "$preset" >build/configure.log 2>&1 || { cat build/configure.log >&2; return 1; }
    [ ! -t 1 ] || quiet=()
    say "building $preset"
    cmake --build "build/$preset" ${1:+--target "$@"} "${quiet[@]}" || return 1
    [ "$preset" != release ] || ln -sfn release/bin build/bin
}

count() { # ATTRIBUTE: from the head of ctest's report
    grep -om1 "$1=\"[0-9]*\"" "$report" | tr -dc 0-9
}

run_tests() { # PRESET CTEST_ARGUMENT...: ends with the line "N passed, N failed"; false when not all passed
    local report=$PWD/build/$1/report.xml preset=$1 status=0 failed skipped passed
    shift
    rm -f "$report"
    ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error --output-junit "$report" "$@" || status=$?
    [ -e "$report" ] || { echo "0 passed, 1 failed"; return 1; }
    failed=$(count failures)
    skipped=$(($(count skipped) + $(count disabled)))
    passed=$(($(count tests) - failed - skipped))
    [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
    [ "$skipped" = 0 ] && skipped= || skipped=", $skipped skipped"
    echo "$passed passed, $failed failed$skipped"
    [ "$failed" = 0 ]
}

verb_() {
    need build test
    build release
    run_tests release -L 'unit|script|wire|fuzz'
}

verb_demo() {
    need build demo
    build release programs
    export ZYG_STATE=build/demo-state
    say "zyg submit examples/digits/job.yaml --wait"
    build/bin/zyg submit examples/digits/job.yaml --wait
    cat <<END

Look further:   export ZYG_STATE=$PWD/$ZYG_STATE PATH=$PWD/build/bin:\$PATH
                zyg show last        zyg trials last      zyg best last -o json
                zyg logs last/0      zyg events last      zyg export last -o csv
Your own job:   zyg help submit, and README.md
END
}

verb_test() {
    local preset=debug select=()
    while [ $# -gt 0 ]; do
        case $1 in
        --preset) preset=${2:?--preset wants a name}; shift 2 ;;
        --rewrite) export ZYG_REWRITE=1; select+=(-L 'script|wire'); shift ;;
        -*) stop "test does not know '$1' (./build.sh help)" ;;
        *) select+=(-R "$1"); shift ;;
        esac
    done
    need build test
    build "$preset" || { echo "0 passed, 1 failed"; return 1; }
    run_tests "$preset" "${select[@]}"
}

verb_asan() { verb_test --preset asan "$@"; }
verb_tsan() { verb_test --preset tsan "$@"; }

verb_sim() {
    need build test
    build release sim
    build/release/tests/sim "$@"
}

verb_fuzz() { # what is found is kept in build/fuzz; a finding worth keeping moves to tests/fuzz/corpus by hand
    local target file targets=()
    need build fuzz
    build fuzz
    if [ $# -gt 0 ] && [ -e "tests/fuzz/$1_fuzz.c" ]; then
        targets=("$1")
        shift
    else
        for file in tests/fuzz/*_fuzz.c; do
            targets+=("$(basename "$file" _fuzz.c)")
        done
    fi
    [[ ${1:-60} =~ ^[0-9]+$ ]] || stop "no such fuzz target: $1 (there are: ${targets[*]})"
    for target in "${targets[@]}"; do
        say "fuzzing $target for ${1:-60} s"
        mkdir -p "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
        "build/fuzz/bin/${target}_fuzz" -max_total_time="${1:-60}" -rss_limit_mb=1024 -timeout=5 -verbosity=0 \
            -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
    done
}

sources() { find proto actors store cmd tests -name '*.[ch]' | LC_ALL=C sort; }

verb_fmt() {
    need fmt
    if [ "${1:-}" = --check ]; then
        sources | xargs clang-format-14 --dry-run --Werror
    else
        sources | xargs clang-format-14 -i
    fi
}

verb_tidy() { # every check runs; all that is wrong is seen at once
    local wrong=0
    need build test fmt
    build debug
    say "format" && verb_fmt --check || wrong=1
    say "arrows and lengths" && tests/tidy/arrows.sh build/debug/core-files.txt || wrong=1
    say "purity" && tests/tidy/purity.sh build/debug || wrong=1
    say "unused" && tests/tidy/unused.sh build/debug || wrong=1
    if [ "${1:-}" != quick ]; then
        need tidy
        say "cppcheck" && tests/tidy/cppcheck.sh || wrong=1
        say "clang-tidy" && tests/tidy/clang_tidy.sh build/debug || wrong=1
    fi
    return $wrong
}

verb_bench() {
    local file
    need build demo
    if [ "${1:-}" = search ]; then
        shift
        build release programs
        exec tests/bench/search/search.sh "$@"
    fi
    [ -z "${1:-}" ] || [ -e "tests/bench/$1.sh" ] || stop "no such bench: $1"
    build release programs benches
    for file in tests/bench/${1:-*}.sh; do
        bash "$file"
    done
}

verb_install() {
    build release programs
    cmake --install build/release --prefix "${1:-/usr/local}"
}

verb_help() { sed -n '2,/^set /s/^# \{0,1\}//p' build.sh; }

verb=${1:-}
[ $# = 0 ] || shift
case $verb in -h | --help) verb=help ;; esac
declare -F "verb_$verb" >/dev/null || stop "no such verb: $verb (./build.sh help)"
"verb_$verb" "$@"
