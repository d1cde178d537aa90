#!/usr/bin/env bash
# What it costs that the search brain's linear algebra gives the same bits on every machine: matrix.h against OpenBLAS on
# one thread, which chooses its kernels by processor (OPENBLAS_CORETYPE=Haswell: those without AVX-512).
. "$(dirname "$0")/../lib/bench.sh"

dense=$ZYG_BIN/../bench/dense
if [ ! -x "$dense" ]; then
    echo "dense: skipped, OpenBLAS was not here when this was built (apt-get install libopenblas-dev)"
    exit 0
fi
"$dense" >"$WORK/figures"
{
    read -r kernels
    while read -r line; do
        read -r ours theirs ratio <<<"${line##*: }"
        report "dense: ${line%%:*}: $ours ms, OpenBLAS ($kernels) $theirs ms" "$ratio" times "<" 3
    done
} <"$WORK/figures"
bench_end
