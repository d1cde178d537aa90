"""What the synthetic tasks are made of: constants drawn once by name, rotations, Ackley's waves."""

import functools
import math
import random

from space import unit
from task import normal


@functools.lru_cache(maxsize=None)
def spot(name, dimensions):
    """A place in the unit cube with every coordinate in [0.14, 0.43] or [0.57, 0.86]."""
    rng = random.Random("spot " + name)
    return [
        0.14 + 0.29 * rng.random() + (0.43 if rng.random() < 0.5 else 0) for _ in range(dimensions)
    ]


@functools.lru_cache(maxsize=None)
def turn(name, dimensions):
    """A rotation: Gram and Schmidt on normal draws."""
    rng = random.Random("turn " + name)
    rows = []
    while len(rows) < dimensions:
        row = [normal(rng) for _ in range(dimensions)]
        for other in rows:
            along = sum(a * b for a, b in zip(row, other))
            row = [a - along * b for a, b in zip(row, other)]
        length = math.hypot(*row)
        rows.append([a / length for a in row])
    return rows


def turned(name, z):
    return [sum(a * b for a, b in zip(row, z)) for row in turn(name, len(z))]


def offsets(name, space, values, scale):
    """How far the numbers among the values are from the task's spot, a full range being `scale`."""
    numbers = [p for p in space if p["type"] != "cat" and p["name"] in values]
    return [
        scale * (unit(p, values[p["name"]]) - s) for p, s in zip(numbers, spot(name, len(numbers)))
    ]


def ackley(z, width=0.18):
    n = len(z)
    return (
        20
        + math.e
        - 20 * math.exp(-width * math.sqrt(sum(a * a for a in z) / n))
        - math.exp(sum(math.cos(2 * math.pi * a) for a in z) / n)
    )
