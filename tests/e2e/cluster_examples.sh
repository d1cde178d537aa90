#!/usr/bin/env bash
# The example jobs, one trial at a time and with the same seed, find on three nodes the same best trial as on one machine alone.
# FULL=1 tries all of their trials (several minutes), else the first of them.
# timeout 300
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"
. "$ROOT/tests/lib/cluster.sh"

# What is tried next depends on what was learned before, so the order of results must be the same: `parallel: 1`. Then it is, on
# any machine, whoever runs a trial and whoever leads; a leader's death changes nothing either.
NODES=(a b c)
draw_from_seed # the ports

# alone_and_together EXAMPLE TRIALS: both end with the same trials and the same best one.
alone_and_together() {
    local folder=$WORK/$1 job node
    cp -r "$ROOT/examples/$1" "$folder"
    sed -i "s/^  seed: .*/&\n  parallel: 1/" "$folder/job.yaml"
    [ -n "${FULL:-}" ] || sed -i "s/^  trials: .*/  trials: $2/" "$folder/job.yaml"
    assert_equal 1 "$(grep -c '^  parallel: 1$' "$folder/job.yaml")" "lines that say: one at a time"
    run zyg submit "$folder/job.yaml" --wait
    assert_status 0
    zyg best last -o json >"$folder/best.json"
    assert_equal 3 "$(best_of "$folder/best.json" | wc -l)" "number, value and parameters in $(<"$folder/best.json")"

    run on a zyg submit "$folder/job.yaml"
    assert_status 0
    job=$out
    wait_until "${FULL:+9}90" "the end of $job" is_done a "$job"
    for node in "${NODES[@]}"; do
        wait_until 20 "the end of $job at $node" is_done "$node" "$job"
        assert_numbers "$node" "$job" "$(sed -n 's/^  trials: //p' "$folder/job.yaml")"
        assert_equal "$(best_of "$folder/best.json")" "$(on "$node" zyg best "$job" -o json | best_of)" "the best trial of $1 at $node"
    done
}

best_of() { # [FILE]: number, value and parameters
    cat "$@" | grep -o '"\(trial\|value\|params\)": *\({[^}]*}\|[^,}]*\)'
}

cluster "${NODES[@]}"
if command -v svm-train >/dev/null; then
    alone_and_together svm 12
else
    echo "cluster_examples: svm left out: svm-train (Debian: libsvm-tools) is not installed"
fi
/usr/bin/python3 -c 'import sklearn' 2>/dev/null || skip "python3-sklearn is not installed"
alone_and_together digits 6
