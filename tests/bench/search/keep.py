#!/usr/bin/env python3
"""keep.py RESULTS ROW...: takes what was measured of other people's optimisers into the tree.

Of each cell (task, seed, workers) the longest run of the version that was run last; values to seven
digits, which is finer than what is made of them. Runs that ended with an error measure nothing.
"""

import json
import os
import sys

from cache import MEASURED, Cache

DIGITS = 7
LEFT_OUT = ("wall",)  # of the machine it ran on


def thinned(record):
    kept = {key: value for key, value in record.items() if key not in LEFT_OUT}
    kept["trace"] = [[count, float(f"{value:.{DIGITS}g}")] for count, value in record["trace"]]
    kept["cpu"] = round(record["cpu"], 3)
    return kept


def chosen(records):
    """The one of a cell that is worth keeping, or None."""
    records = [record for record in records if "error" not in record]
    same = [record for record in records if record["version"] == records[-1]["version"]]
    return max(same, key=lambda record: record["budget"], default=None)


def keep(results, row, measured=MEASURED):
    """How many runs of the row are in the tree now."""
    cells = Cache(results, measured).of(row)
    found = [chosen(records) for _, records in sorted(cells.items())]
    lines = [json.dumps(thinned(r), separators=(",", ":")) + "\n" for r in found if r]
    with open(os.path.join(measured, row + ".jsonl"), "w", encoding="utf-8") as file:
        file.writelines(lines)
    return len(lines)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: keep.py RESULTS ROW...")
    for name in sys.argv[2:]:
        print(f"{name}: {keep(sys.argv[1], name)} runs")
