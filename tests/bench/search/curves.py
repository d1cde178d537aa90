"""The six learning-curve tasks: four tables of real fits and two synthetic ones. A trial's value is
its best step.
"""

import math

import real
from space import category, integer, real as number, unit
from tabled import opened
from task import Task

CROSSING = [
    number("rate", 1e-4, 1, log=True),
    number("depth", 0, 1),
    integer("size", 2, 64, log=True),
    category("start", ["warm", "cold", "copied"]),
]


def crossing(v):
    """Low rates start worst and end best; a warm start is ahead at first and ends higher."""
    rate, depth, size = (
        unit(CROSSING[i], v[name]) for i, name in enumerate(("rate", "depth", "size"))
    )
    end = (
        0.15
        + 0.5 * (rate - 0.34) ** 2
        + 0.25 * (depth - 0.62 + 0.2 * (size - 0.5)) ** 2
        + 0.1 * (size - 0.71) ** 2
    )
    end += {"warm": 0.03, "cold": 0.0, "copied": 0.015}[v["start"]] + 0.15 * max(0.0, rate - 0.5)
    begin = {"warm": 0.75, "cold": 1.1, "copied": 0.9}[v["start"]]
    pace = 0.03 + 0.5 * rate**1.3 * (1.2 - 0.5 * size)
    return [end + (begin - end) * math.exp(-pace * step) for step in range(1, 31)]


PLATEAU = [
    category("model", ["small", "large"]),
    number("rate", 1e-5, 1, log=True),
    number("warmup", 0, 1, when=("model", "large")),
    number("clip", 0.01, 10, log=True, when=("model", "large")),
    integer("width", 4, 64, log=True, when=("model", "small")),
    number("decay", 1e-6, 1e-1, log=True),
]


def plateau(v):
    """Large models stay on a plateau, then fall below the small ones; high rates diverge."""
    rate, decay = unit(PLATEAU[1], v["rate"]), unit(PLATEAU[5], v["decay"])
    if v["model"] == "small":
        width = unit(PLATEAU[4], v["width"])
        end = 0.34 + 0.7 * (rate - 0.66) ** 2 + 0.15 * (width - 0.7) ** 2 + 0.1 * (decay - 0.3) ** 2
        fall, pace = 3, 0.22
    else:
        clip = unit(PLATEAU[3], v["clip"])
        if rate > 0.8 + 0.1 * v["warmup"] and clip > 0.6:
            crash = 3 + int(10 * clip)
            return [1.0 + 0.1 * step for step in range(crash)] + [None] * (54 - crash)
        end = (
            0.18
            + 0.9 * (rate - 0.52) ** 2
            + 0.2 * (v["warmup"] - 0.36) ** 2
            + 0.1 * (clip - 0.45) ** 2
        )
        end += 0.12 * (decay - 0.55) ** 2
        fall, pace = 14 - 8 * min(rate, 0.8), 0.11
    rise = 0.004 * max(0.0, rate - 0.75)
    return [
        end + (1 - end) / (1 + math.exp(pace * 4 * (step - fall) / 2)) + rise * step
        for step in range(1, 55)
    ]


def tasks():
    def tabled(name, space, steps):
        return Task(
            name,
            space,
            lambda values: opened(name, "CURVES").look_up(values)[0],
            seconds=lambda values: opened(name, "CURVES").look_up(values)[1],
            spread=0.1,
            steps=steps,
            real=True,
        )

    return [tabled(name, space, steps) for name, (space, _, steps) in real.CURVES.items()] + [
        Task("crossing4", CROSSING, crossing, steps=30, noise=lambda values, true: 0.004),
        Task(
            "plateau6",
            PLATEAU,
            plateau,
            steps=54,
            noise=lambda values, true: 0.006,
            seconds=lambda values: 3.0 if values["model"] == "large" else 1.0,
        ),
    ]
