#!/usr/bin/env bash
# alone.sh COMMAND...: runs one test with a temporary folder and a home of its own, and fails it when it leaves a file
# behind: a test that does not clean up works once. Nothing of the user's own zyg is ever seen by a test.
set -euo pipefail

mkdir -p "${ZYG_BUILD:-build}/tmp"
TMPDIR=$(mktemp -d "$(cd "${ZYG_BUILD:-build}/tmp" && pwd)/XXXXXX")
trap 'rm -rf "$TMPDIR"' EXIT
mkdir "$TMPDIR/home" "$TMPDIR/tmp"
tests=$(cd "$(dirname "$0")" && pwd)

status=0
env -u XDG_STATE_HOME -u XDG_CONFIG_HOME -u XDG_RUNTIME_DIR -u ZYG_STATE \
    HOME="$TMPDIR/home" TMPDIR="$TMPDIR/tmp" LC_ALL=C.UTF-8 \
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 LSAN_OPTIONS=suppressions="$tests/lsan.supp":print_suppressions=0 \
    TSAN_OPTIONS=suppressions="$tests/tsan.supp" UBSAN_OPTIONS=print_stacktrace=1 \
    "$@" || status=$?

left=$(ls -A "$TMPDIR/tmp")
if [ "$status" = 0 ] && [ -n "$left" ]; then
    echo "left behind in TMPDIR:" $left >&2
    status=1
fi
exit "$status"
