"""Makes the tables of real fits: make.py [NAME...]. Needs scikit-learn (Debian's will do); about
twenty minutes in all.

A file holds, branch by branch, what the fits scored (whole numbers, to be divided by "scale") and
how long they took (milliseconds of processor time); space and points follow from real.py and
table.py.
"""

import json
import os
import sys
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import learners
import real
import space as spaces
import table

SCALE = 10000


def fit(learner, values):
    began = time.process_time()
    try:
        score = learner(**values)
    except (ValueError, FloatingPointError, OverflowError):
        score = None
    took = max(1, round((time.process_time() - began) * 1000))
    if isinstance(score, list):
        return [_whole(v) for v in score], took
    return (None if score is None else _whole(score)), took


def _whole(score):
    return min(round(score * SCALE), 99999)


def make(name, space, count):
    learner = getattr(learners, name.replace("-", "_"))
    branches = spaces.branches(space)
    dimensions = sum(1 + len(numbers) for _, numbers in branches)
    stored = []
    for categories, numbers in branches:
        share = max(40, round(count * (1 + len(numbers)) / dimensions)) if numbers else 1
        fits = [fit(learner, {**categories, **values}) for values in table.points(numbers, share)]
        stored.append({"values": [score for score, _ in fits], "times": [took for _, took in fits]})
    with open(os.path.join(HERE, name + ".json"), "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(branch, separators=(",", ":")) for branch in stored)
        file.write(f'{{"scale":{SCALE},"branches":[\n{lines}\n]}}\n')
    print(name, sum(sum(branch["times"]) for branch in stored) / 1000, "s", flush=True)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for name, (space, count, *_) in {**real.PLAIN, **real.CURVES}.items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            make(name, space, count)
