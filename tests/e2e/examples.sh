#!/usr/bin/env bash
# The example jobs are run as a newcomer runs them, on real data, and end as their README says.
# timeout 300
# processors 2
. "$(dirname "$0")/../lib/e2e.sh"

# svm: an unmodified program of the system, no Python.
if command -v svm-train >/dev/null; then
    run zyg submit "$ROOT/examples/svm/job.yaml" --wait
    assert_status 0
    assert_contains "$out" "is done: 40/40 trials"
    run zyg best last -o json
    assert_match "$out" '"value": ?9[7-9]\.'
    run zyg logs last
    assert_contains "$out" "Cross Validation Accuracy = 9"
else
    echo "examples: svm left out: svm-train (Debian: libsvm-tools) is not installed"
fi

# digits: seven techniques, conditional parameters, cross-validated.
/usr/bin/python3 -c 'import sklearn' 2>/dev/null || skip "python3-sklearn is not installed"
run zyg submit "$ROOT/examples/digits/job.yaml" --wait
assert_status 0
assert_contains "$out" "is done: 60/60 trials"
run zyg trials last -o jsonl
assert_equal 60 "$(grep -c '"status": \?"done"' <<<"$out")"
run zyg best last -o json
assert_match "$out" '"value": ?0\.9[89]'
for learner in logistic svm knn forest extra_trees mlp lda; do
    run zyg trials last -o jsonl
    assert_contains "$out" "\"$learner\""
done
