"""The four tasks with several objectives, all minimised; the volume dominated is measured from
`reference`.
"""

import math

import real
from space import category, integer, real as number, unit
from shapes import offsets
from tabled import opened
from task import Task

BEND = [number("x", 0, 1)] + [number(f"y{i}", -3, 3) for i in range(5)]


def bend(v):
    """After ZDT2: the front is bent inwards."""
    far = sum(abs(z) ** 1.3 for z in offsets("bend6", BEND, v, 1)[1:])
    x = 0.5 + 0.5 * math.sin(math.pi * (v["x"] - 0.5))
    return [x + 0.1 * far, (1 + 1.6 * far) * (1.05 - (x / (1 + 1.6 * far)) ** 2)]


def error_or_size(v):
    """A real table: the error, and how large the model is."""
    error = opened("boosting-diabetes", "PLAIN").look_up(v)[0]
    return [error, math.log2(v["trees"] * min(2 ** v["depth"], 440 / v["leaf"]))]


FORKED = [
    category("engine", ["steam", "diesel", "electric"]),
    number("power", 1, 1000, log=True),
    number("pressure", 0, 1, when=("engine", "steam")),
    integer("cells", 1, 40, when=("engine", "electric")),
    category("fuel", ["a", "b", "c"], when=("engine", "diesel")),
    number("ratio", 0, 1, when=("engine", "diesel", "steam")),
]


def forked(v):
    """Each branch holds a part of the front."""
    power = unit(FORKED[1], v["power"])
    if v["engine"] == "steam":
        loss = (v["pressure"] - 0.63) ** 2 + 0.5 * (v["ratio"] - 0.35) ** 2
        return [0.15 + 0.5 * power + loss, 1.1 - 0.35 * power + loss]
    if v["engine"] == "diesel":
        loss = {"a": 0.0, "b": 0.12, "c": 0.3}[v["fuel"]] + (v["ratio"] - 0.7) ** 2
        return [0.35 + 0.45 * power**2 + loss, 0.95 - 0.75 * power + loss]
    loss = 0.8 * (v["cells"] / 40 - 0.55 * power - 0.2) ** 2
    return [0.62 + 0.4 * power + loss, 0.6 - 0.5 * power**0.7 + loss]


THREE = [
    number("a", 0, 1),
    number("b", 0, 1),
    integer("c", 1, 30),
    number("d", 0.01, 1, log=True),
    category("e", [1, 2, 3]),
]


def three(v):
    """After DTLZ2: an eighth of a sphere."""
    far = sum(z * z for z in offsets("three5", THREE, v, 1)[2:]) + {1: 0.2, 2: 0.0, 3: 0.1}[v["e"]]
    a, b = (
        0.5 * math.pi * (0.1 + 0.85 * v[name] ** power) for name, power in (("a", 0.8), ("b", 1.3))
    )
    return [
        (1 + far) * math.cos(a) * math.cos(b),
        (1 + far) * math.cos(a) * math.sin(b),
        (1 + far) * math.sin(a),
    ]


def tasks():
    return [
        Task("bend6", BEND, bend, objectives=2, reference=[1.2, 3.0]),
        Task(
            "error-or-size",
            real.PLAIN["boosting-diabetes"][0],
            error_or_size,
            objectives=2,
            reference=[0.9, 11.0],
            real=True,
        ),
        Task("forked6", FORKED, forked, objectives=2, reference=[1.1, 1.1]),
        Task("three5", THREE, three, objectives=3, reference=[1.25, 1.25, 1.25]),
    ]
