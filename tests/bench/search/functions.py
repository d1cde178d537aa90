"""The 17 synthetic tasks. Optima are shifted by constants drawn once by name, so none lies at a
centre or in a corner.
"""

import functools
import math
import random

from shapes import ackley, offsets, spot, turned
from space import category, integer, real, unit
from task import Task

VALLEYS = [real("x", -5, 10), real("y", 0, 15)]


def valleys(v):
    """After Branin, other constants, and tilted: one of the three valleys is the deepest."""
    x, y = v["x"], v["y"]
    return (
        (y - 0.118 * x * x + 1.41 * x - 5.6) ** 2
        + 9.2 * (1 - 0.047) * math.cos(x + 0.4)
        + 0.35 * x
        + 11
    )


BUMPS = [real(f"x{i}", 0, 1) for i in range(6)]


@functools.lru_cache(maxsize=None)
def bump_table():
    rng = random.Random("bumps6")
    return [
        (
            height,
            [0.12 + 0.76 * rng.random() for _ in range(6)],
            [1 + 13 * rng.random() ** 2 for _ in range(6)],
        )
        for height in (1.1, 1.4, 2.6, 3.1)
    ]


def bumps(v):
    """After Hartmann: four bumps of their own widths."""
    x = [v[f"x{i}"] for i in range(6)]
    return -sum(
        height * math.exp(-sum(w * (a - c) ** 2 for a, c, w in zip(x, centre, widths)))
        for height, centre, widths in bump_table()
    )


RASTRIGIN = [real(f"x{i}", -5, 5) for i in range(5)]


def rastrigin(v):
    """Separable, many optima."""
    return sum(
        z * z + 8 * (1 - math.cos(2 * math.pi * z)) for z in offsets("rastrigin5", RASTRIGIN, v, 9)
    )


STYBLINSKI = [real(f"x{i}", -5, 5) for i in range(8)]


def styblinski(v):
    """After Styblinski and Tang, two wells in every coordinate."""
    z = (0.9 * v[f"x{i}"] + 2.7 * (s - 0.5) for i, s in enumerate(spot("styblinski8", 8)))
    return sum(a**4 - 14 * a * a + 6 * a for a in z)


RIDGE = [real(f"x{i}", -2, 3) for i in range(12)]


def ridge(v):
    """An ill-conditioned bowl, turned."""
    z = turned("ridge12", offsets("ridge12", RIDGE, v, 2))
    return sum(40 ** (i / 11) * a * a for i, a in enumerate(z)) ** 0.75


BANANA = [
    real("a", 1e-5, 1e-1, log=True),
    real("b", 0.1, 1000, log=True),
    real("c", 1, 50, log=True),
    real("d", -3, 3),
]


def banana(v):
    """After Rosenbrock, most parameters by their logarithm."""
    z = [1 + a for a in offsets("banana4", BANANA, v, 3.2)]
    return math.log1p(sum(60 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(z, z[1:])))


STEPS = [
    integer("a", 0, 12),
    integer("b", -30, 20),
    integer("c", 1, 400, log=True),
    integer("d", 5, 9),
    integer("e", 100, 180),
    integer("f", 1, 30, log=True),
]


def steps(v):
    """Integers only."""
    return ackley(offsets("steps6", STEPS, v, 24))


FOGGY_BOWL = [
    real("a", -1, 1),
    real("b", 1e-4, 1, log=True),
    real("c", 0, 10),
    integer("d", 1, 60),
    real("e", 2, 3),
]


def foggy_bowl(v):
    z = turned("foggy-bowl5", offsets("foggy-bowl5", FOGGY_BOWL, v, 2))
    return sum(5 ** (i / 2) * a * a for i, a in enumerate(z))


FOGGY_WAVES = [real(f"x{i}", -8, 8) for i in range(4)]


def foggy_waves(v):
    """After Levy."""
    w = [1 + z / 4 for z in offsets("foggy-waves4", FOGGY_WAVES, v, 17)]
    return (
        math.sin(math.pi * w[0]) ** 2
        + sum((a - 1) ** 2 * (1 + 7 * math.sin(math.pi * a + 1) ** 2) for a in w[:-1])
        + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    )


CLIFF = [
    real("rate", 1e-4, 3, log=True),
    real("momentum", 0, 0.99),
    integer("batch", 8, 512, log=True),
    real("decay", 1e-6, 1e-2, log=True),
]


def cliff(v):
    """Fails (None) beyond a border close to the optimum, as training that diverges does."""
    rate, momentum = unit(CLIFF[0], v["rate"]), v["momentum"]
    batch, decay = unit(CLIFF[2], v["batch"]), unit(CLIFF[3], v["decay"])
    if rate + 0.35 * momentum - 0.25 * batch > 0.85:
        return None
    return (
        (rate - 0.62 + 0.2 * momentum - 0.15 * batch) ** 2 * 6
        + 0.4 * (momentum - 0.71) ** 2
        + 0.3 * (batch - 0.33) ** 2
        + 0.2 * (decay - 0.41) ** 2
        + 0.05 * (1 - math.cos(9 * (decay - 0.41)))
    )


WIDE = [
    integer(f"n{i:02}", 1, 5 + 3 * i) if i % 2 else real(f"x{i:02}", 1e-3, 10, log=i % 4 == 0)
    for i in range(22)
]


def wide(v):
    """22 parameters: five count, two of them together; twelve matter a little; five not at all."""
    z = offsets("wide22", WIDE, v, 2)
    strong = (
        3 * z[3] ** 2
        + 2 * z[8] ** 2
        + 2.5 * (z[12] - 0.6 * z[17]) ** 2
        + z[17] ** 2
        + 2 * abs(z[20])
    )
    return strong + sum(0.08 * z[i] ** 2 for i in (0, 1, 2, 4, 5, 6, 9, 10, 11, 13, 14, 15))


PAIRS = [
    category("first", ["valley", "camel", "bowl"]),
    category("second", ["beale", "waves", "flat", "valley", "camel"]),
    real("x", -1, 1),
    real("y", -1, 1),
]


def pairs(v):
    """After Func2C: each category adds a function of the same two numbers."""
    x, y = v["x"] - 0.23, v["y"] + 0.31
    add = {
        "valley": lambda: 0.08 * (20 * (y - x * x) ** 2 + (0.7 - x) ** 2) - 0.35,
        "camel": lambda: 1.1
        * (
            (4 - 2.1 * (2 * x) ** 2 + (2 * x) ** 4 / 3) * (2 * x) ** 2
            + 4 * x * y
            + (4 * y * y - 4) * y * y * 3
        )
        / 3,
        "bowl": lambda: 0.6 * (x + 0.4) ** 2 + 0.9 * (y - 0.5) ** 2 - 0.2,
        "beale": lambda: 0.02
        * ((1.4 - 2 * x + 4 * x * y) ** 2 + (2.1 - 2 * x + 8 * x * y * y) ** 2)
        - 0.3,
        "waves": lambda: 0.3 * math.sin(7 * x + 1) * math.cos(6 * y),
        "flat": lambda: 0.05 * (x + y),
    }
    return add[v["first"]]() + add[v["second"]]()


SHELF = [
    category("box", [f"box{i:02}" for i in range(24)]),
    real("x", 0, 1),
    real("y", 0.01, 100, log=True),
    integer("z", 1, 16),
]


@functools.lru_cache(maxsize=None)
def shelf_table():
    rng = random.Random("shelf24")
    return {
        f"box{i:02}": (
            rng.random() ** 0.7,
            [0.15 + 0.7 * rng.random() for _ in range(3)],
            0.5 + rng.random(),
        )
        for i in range(24)
    }


def shelf(v):
    """24 choices, each with a floor and a place of its own."""
    floor, centre, slope = shelf_table()[v["box"]]
    place = [unit(p, v[p["name"]]) for p in SHELF[1:]]
    return floor + slope * math.dist(place, centre) ** 1.5


MIXED = (
    [category(f"s{i}", ["off", "on"]) for i in range(4)]
    + [category(f"m{i}", [1, 2, 4, 8]) for i in range(2)]
    + [real(f"x{i}", -1, 1) for i in range(4)]
)


def mixed(v):
    """After the mixed Ackley function: switches are coordinates, two categories have no order."""
    z = offsets("mixed10", MIXED, v, 2)
    z += [(0.0 if v[f"s{i}"] == ("on" if i in (0, 3) else "off") else 1.0) for i in range(4)]
    z += [{1: 0.6, 2: 1.3, 4: 0.0, 8: 0.9}[v["m0"]], {1: 0.8, 2: 0.0, 4: 1.1, 8: 0.4}[v["m1"]]]
    return ackley([1.5 * a for a in z])


RECIPES = [
    category("method", ["plain", "momentum", "adaptive", "second"]),
    real("rate", 1e-5, 10, log=True),
    real("momentum", 0, 0.999, when=("method", "plain", "momentum")),
    category("nesterov", ["yes", "no"], when=("method", "momentum")),
    real("beta", 0.5, 0.9999, when=("method", "adaptive")),
    real("epsilon", 1e-10, 1e-2, log=True, when=("method", "adaptive")),
    integer("history", 1, 50, log=True, when=("method", "second")),
    category("search", ["strict", "loose", "none"], when=("method", "second")),
    real("tolerance", 1e-6, 0.5, log=True, when=("search", "strict", "loose")),
    real("decay", 1e-7, 1e-1, log=True),
]


def recipes(v):
    """A shared rate whose best value depends on the method; two levels of conditions."""
    place = {
        p["name"]: unit(p, v[p["name"]]) for p in RECIPES if p["type"] != "cat" and p["name"] in v
    }
    value = 0.25 * (place["decay"] - 0.37) ** 2
    if v["method"] == "plain":
        return value + 0.30 + 2 * (place["rate"] - 0.72) ** 2 + 0.3 * abs(place["momentum"] - 0.3)
    if v["method"] == "momentum":
        best = 0.55 - 0.2 * (place["momentum"] - 0.8)
        return (
            value
            + 0.12
            + 3 * (place["rate"] - best) ** 2
            + (place["momentum"] - 0.84) ** 2
            + (0.0 if v["nesterov"] == "yes" else 0.06)
        )
    if v["method"] == "adaptive":
        return (
            value
            + 0.06
            + 4 * (place["rate"] - 0.41) ** 2
            + 0.7 * (place["beta"] - 0.66) ** 2
            + 0.2 * (place["epsilon"] - 0.28) ** 2
            + 0.04 * math.sin(11 * place["beta"])
        )
    extra = {"strict": 0.0, "loose": 0.03, "none": 0.2}[v["search"]]
    if "tolerance" in place:
        extra += 0.5 * (place["tolerance"] - (0.35 if v["search"] == "strict" else 0.6)) ** 2
    return (
        value
        + 0.02
        + extra
        + 5 * (place["rate"] - 0.83) ** 2
        + 0.6 * (place["history"] - 0.58) ** 2
    )


LAYERS = (
    [integer("layers", 1, 5)]
    + [
        p
        for i in range(5)
        for when in [("layers", *range(i + 1, 6)) if i else None]
        for p in (
            integer(f"width{i}", 4, 512, log=True, when=when),
            real(f"drop{i}", 0, 0.8, when=when),
        )
    ]
    + [real("rate", 1e-5, 1, log=True)]
)


def layers(v):
    """The layers say how many widths there are; each is best narrower than the one before."""
    total, wanted, count = 0.0, 0.78, v["layers"]
    for i in range(count):
        width = unit(LAYERS[1 + 2 * i], v[f"width{i}"])
        total += (width - wanted) ** 2 + 0.3 * (v[f"drop{i}"] - 0.17 - 0.08 * i) ** 2
        wanted = 0.85 * width + 0.02
    rate = unit(LAYERS[-1], v["rate"])
    return (
        0.55 * abs(count - 3.2) ** 1.2 / 5
        + 1.1 * total / count
        + 1.4 * (rate - 0.63 + 0.05 * count) ** 2
    )


FORKS = [
    category("road", ["north", "south", "east"]),
    real("load", 0, 1),
    category("bridge", ["old", "new"], when=("road", "north")),
    real("speed", 1, 100, log=True, when=("bridge", "new")),
    integer("axles", 2, 12, when=("bridge", "old")),
    real("angle", -90, 90, when=("road", "south")),
    integer("stops", 0, 20, when=("road", "south")),
    real("depth", 0.1, 10, log=True, when=("road", "east")),
    real("width", 0, 1, when=("road", "east")),
]


def forks(v):
    """The best branch fails in part: deep and wide, or a load that the new bridge does not bear."""
    load = v["load"]
    if v["road"] == "south":
        return (
            0.25
            + 0.4 * (load - 0.2) ** 2
            + (v["angle"] / 90 - 0.45) ** 2
            + 0.5 * (v["stops"] / 20 - 0.3) ** 2
        )
    if v["road"] == "north" and v["bridge"] == "old":
        return 0.3 + 0.3 * load + 0.6 * abs(v["axles"] - 5) / 10
    if v["road"] == "north":
        speed = unit(FORKS[3], v["speed"])
        if load > 0.85 - 0.5 * speed:
            return None
        return 0.12 + 0.5 * (load - 0.42) ** 2 + 1.2 * (speed - 0.61) ** 2
    depth = unit(FORKS[7], v["depth"])
    if depth + v["width"] > 1.35 or (v["width"] < 0.3 and load > 0.5):
        return None
    return (
        1.5 * (depth - 0.58) ** 2
        + 0.8 * (v["width"] - 0.66 + 0.3 * (load - 0.5)) ** 2
        + 0.4 * (load - 0.74) ** 2
    )


def tasks():
    return [
        Task("valleys2", VALLEYS, valleys),
        Task("bumps6", BUMPS, bumps),
        Task("rastrigin5", RASTRIGIN, rastrigin, best=0.0),
        Task("styblinski8", STYBLINSKI, styblinski, spread=1.0),
        Task("ridge12", RIDGE, ridge, best=0.0),
        Task("banana4", BANANA, banana, best=0.0),
        Task("steps6", STEPS, steps),
        Task("foggy-bowl5", FOGGY_BOWL, foggy_bowl, noise=lambda values, true: 0.4),
        Task(
            "foggy-waves4",
            FOGGY_WAVES,
            foggy_waves,
            noise=lambda values, true: 0.3 + 0.2 * true,
            best=0.0,
        ),
        Task("cliff4", CLIFF, cliff, seconds=lambda values: 20 / values["batch"] ** 0.5),
        Task("wide22", WIDE, wide, spread=1.0),
        Task("pairs4", PAIRS, pairs),
        Task("shelf4", SHELF, shelf),
        Task("mixed10", MIXED, mixed),
        Task("recipes10", RECIPES, recipes),
        Task("layers12", LAYERS, layers, seconds=lambda values: values["layers"]),
        Task("forks9", FORKS, forks),
    ]
