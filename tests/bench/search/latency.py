#!/usr/bin/env python3
"""What a proposal costs after 100, 1,000, 5,000 finished trials: eight parameters, 16 pending.

Processor time of the optimiser (its threads and what it does between requests included) and the
time that the caller waits, for an ask and for a tell; medians and the worst. A child process is
brought to so many trials by asks and tells, Optuna is given them: that would take it hours.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import collections
import random
import statistics
import sys
import time

import rows
import run
import space as spaces

SPACE = [
    spaces.real("rate", 1e-5, 1, log=True),
    spaces.real("decay", 0, 1),
    spaces.real("drop", 0, 0.9),
    spaces.integer("width", 4, 512, log=True),
    spaces.integer("depth", 1, 9),
    spaces.category("method", ["sgd", "adam", "lamb"]),
    spaces.category("start", ["warm", "cold"]),
    spaces.real("clip", 0.1, 10, log=True),
]
PENDING = 16


def worth(values):
    """A smooth function of all of them."""
    numbers = [spaces.unit(p, values[p["name"]]) for p in SPACE if p["type"] != "cat"]
    shift = 0.2 * (values["method"] != "adam") + 0.1 * (values["start"] == "cold")
    return sum((u - 0.1 * i - 0.2) ** 2 for i, u in enumerate(numbers)) + shift


class Caller:
    def __init__(self, optimizer, budget):
        self.optimizer, self.pending = optimizer, collections.deque()
        self.spent = {"ask": [], "tell": []}
        self.call(
            {
                "op": "init",
                "protocol": 1,
                "seed": 1,
                "budget": budget,
                "workers": PENDING,
                "steps": 1,
                "objectives": ["min"],
                "space": SPACE,
            }
        )

    def call(self, request):
        began = time.perf_counter()
        reply = self.optimizer.call(request)
        if request["op"] in self.spent:
            self.spent[request["op"]].append(time.perf_counter() - began)
        if "error" in reply:
            raise SystemExit(f"{request['op']}: {reply['error']}")
        return reply

    def ask(self):
        self.pending.append(self.call({"op": "ask"}))

    def tell(self):
        trial = self.pending.popleft()
        value = worth(trial["params"])
        self.call({"op": "tell", "id": trial["id"], "state": "ok", "value": value})

    def bring_to(self, count, told):
        """PENDING trials running, `count` finished; answers with how many are."""
        if hasattr(self.optimizer, "load"):
            rng = random.Random(count)
            drawn = [spaces.draw(SPACE, rng) for _ in range(count - told)]
            self.optimizer.load([(values, worth(values)) for values in drawn])
            told = count
        while len(self.pending) < PENDING:
            self.ask()
        for _ in range(count - told):
            self.tell()
            self.ask()
        return count


def measure(row, counts, repeats):
    optimizer = row.start()
    optimizer.hasty = True  # each request by itself
    caller, told = Caller(optimizer, max(counts) + 2 * repeats + PENDING), 0
    for count in counts:
        told = caller.bring_to(count, told)
        caller.spent = {"ask": [], "tell": []}
        cpu = optimizer.cpu()
        for _ in range(repeats):
            caller.tell()
            caller.ask()
        cpu = (optimizer.cpu() - cpu) / repeats
        told += repeats
        ask, tell = caller.spent["ask"], caller.spent["tell"]
        times = (cpu, statistics.median(ask), max(ask), statistics.median(tell), max(tell))
        print(
            f"{row.name:18} {count:6} " + " ".join(f"{1000 * t:10.3f}" for t in times), flush=True
        )
    optimizer.close()


def main(arguments):
    p = argparse.ArgumentParser(prog="latency.py", description=__doc__)
    p.add_argument("--optimizer", default="zyg,random", help="rows, as run.py has them")
    p.add_argument("--zyg", default=os.path.join(run.ROOT, "build/bin/zyg"))
    p.add_argument("--at", default="100,1000,5000", help="finished trials")
    p.add_argument("--repeats", type=int, default=20)
    o = p.parse_args(arguments)
    print(
        f"{'milliseconds':18} {'trials':>6}        cpu        ask    ask max       tell   tell max"
    )
    for name in o.optimizer.split(","):
        row = rows.named(name, o.zyg)
        if row.missing():
            raise SystemExit(f"{name}: {row.missing()}")
        measure(row, [int(count) for count in o.at.split(",")], o.repeats)


if __name__ == "__main__":
    main(sys.argv[1:])
