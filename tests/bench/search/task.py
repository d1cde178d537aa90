"""What a task is: a space, a function, how noisy and how long; and what is known of it (known.json,
from calibrate.py).
"""

import functools
import hashlib
import json
import math
import os
import random

import space as spaces

HERE = os.path.dirname(os.path.abspath(__file__))


def normal(rng):
    """Box and Muller: the standard library promises the same numbers of random() only."""
    return math.sqrt(-2 * math.log(1 - rng.random())) * math.cos(2 * math.pi * rng.random())


class Task:
    """function(values) answers with a number, None (the trial fails), for `steps` > 1 the list of a
    learning curve (a None in it: fails there), for `objectives` > 1 the list of objectives.
    noise(values, true value) is the standard deviation of what is observed, seconds(values) the
    typical duration, spread the standard deviation of its logarithm.
    """

    def __init__(
        self,
        name,
        space,
        function,
        *,
        noise=None,
        seconds=None,
        spread=0.5,
        steps=1,
        objectives=1,
        reference=None,
        best=None,
        real=False,
    ):
        self.name, self.space, self.function, self.noise, self.seconds = (
            name,
            space,
            function,
            noise,
            seconds,
        )
        self.spread, self.steps, self.objectives, self.reference = (
            spread,
            steps,
            objectives,
            reference,
        )
        self.best, self.real = best, real
        self.kind = spaces.kind(space)
        self.group = "curves" if steps > 1 else "fronts" if objectives > 1 else "plain"

    @functools.cached_property
    def hash(self):
        """Of the space and of what the functions say at fixed draws: results of another definition
        are never read.
        """
        rng = random.Random("hash " + self.name)
        parts = [self.space, self.spread, self.steps, self.objectives, self.reference]
        for _ in range(40):
            values = spaces.draw(self.space, rng)
            value, seconds = self.function(values), self.seconds(values) if self.seconds else 1.0
            noise = (
                0.0
                if self.noise is None
                else self.noise(values, value[0] if self.steps > 1 else value)
            )
            for number in [seconds, noise] + (value if isinstance(value, list) else [value]):
                parts.append("-" if number is None else f"{number:.5g}")
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    @functools.cached_property
    def known(self):
        """{"best": ..., "median": ...}: of the objective, or of the dominated volume."""
        with open(os.path.join(HERE, "known.json"), encoding="utf-8") as file:
            known = json.load(file).get(self.name)
        if not known or known["hash"] != self.hash:
            raise SystemExit(f"{self.name} has changed: run calibrate.py {self.name}")
        return known

    @functools.lru_cache(maxsize=4096)
    def _value(self, key):
        values = json.loads(key)
        return self.function(values), self.seconds(values) if self.seconds else 1.0

    def true(self, values):
        return self._value(json.dumps(values))[0]

    def observe(self, values, seed, repeat):
        """(observed, true, duration): fixed by the seed, the configuration and how often it has
        been tried before.
        """
        true, seconds = self._value(json.dumps(values))
        rng = random.Random(f"{self.name} {seed} {spaces.key(values)} {repeat}")
        seconds *= math.exp(self.spread * normal(rng))
        if self.noise is None or true is None:
            return true, true, seconds
        if self.steps > 1:
            return (
                [None if v is None else v + self.noise(values, v) * normal(rng) for v in true],
                true,
                seconds,
            )
        return true + self.noise(values, true) * normal(rng), true, seconds

    def regret(self, value):
        """0 at the best known, 1 at the median of an even draw (or without any success)."""
        if value is None:
            return 1.0
        known = self.known
        return min(max((value - known["best"]) / (known["median"] - known["best"]), 0.0), 1.0)


@functools.lru_cache(maxsize=None)
def all_tasks():
    import curves
    import fronts
    import functions
    import tabled

    tasks = functions.tasks() + tabled.tasks() + curves.tasks() + fronts.tasks()
    return {task.name: task for task in tasks}


def chosen(names):
    """Tasks by comma-separated names, groups (plain, curves, fronts) or kinds (numeric, ..., real,
    synthetic); all: None.
    """
    if not names:
        return list(all_tasks().values())
    picked = []
    for name in names.split(","):
        found = [
            task
            for task in all_tasks().values()
            if name in (task.name, task.group)
            or task.group == "plain"
            and name in (task.kind, "real" if task.real else "synthetic")
        ]
        if not found:
            raise SystemExit(f"no such task: {name} (there are: {' '.join(all_tasks())})")
        picked += [task for task in found if task not in picked]
    return picked
