#!/usr/bin/env bash
# The search suite with everything it can compare to: search.sh [OPTION OF run.py...]. Results are
# kept in build/search, so what was interrupted goes on where it stopped. Other people's optimisers
# live in a Python of their own, made here once; what cannot be had is named, its rows are skipped.
set -euo pipefail
cd "$(dirname "$0")/../../.."

here=tests/bench/search
venv=build/search/venv

want() { # NAME PACKAGE...: what one or more rows stand on
    local name=$1
    shift
    [ ! -e "$venv/$name.done" ] || return 0
    if "$venv/bin/pip" install -q "$@" >"build/search/$name.log" 2>&1; then
        touch "$venv/$name.done"
    else
        echo "no rows of $name: pip could not install $* (build/search/$name.log)" >&2
    fi
}

mkdir -p build/search
if [ -z "${ZYG_BENCH_PYTHON:-}" ] && [[ " $* " != *" --quick "* ]]; then
    if [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" 2>build/search/venv.log; then
        want Optuna optuna cmaes scipy torch
        want SMAC3 smac
        want Hyperopt hyperopt 'setuptools<81'
        want "Syne-Tune" syne-tune
    else
        echo "only our rows: no venv (build/search/venv.log; Debian: apt install python3-venv)" >&2
    fi
fi
exec python3 -B "$here/run.py" --optimizer all --per-task --svg build/search/plots "$@"
