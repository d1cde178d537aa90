"""The measures of design: regret at 50, 100, 200 trials, trainings spent until a target, dominated
volume.
"""

import math

AT = (50, 100, 200)
TARGETS = (0.10, 0.05, 0.01)
FLOOR = 0.001


def volume(points, reference):
    """The volume that the points dominate (all objectives minimised), up to the reference; two or
    three objectives.
    """
    inside = sorted(
        {tuple(p) for p in points if all(a < b for a, b in zip(p, reference))},
        key=lambda p: p[::-1],
    )
    if len(reference) == 2:
        total, edge = 0.0, reference[0]
        for x, y in inside:  # by rising y: each point adds what its x is left of the ones before
            if x < edge:
                total += (edge - x) * (reference[1] - y)
                edge = x
        return total
    total = 0.0
    for i, point in enumerate(inside):  # slabs between neighbouring heights
        top = inside[i + 1][2] if i + 1 < len(inside) else reference[2]
        if top > point[2]:
            total += volume([p[:2] for p in inside[: i + 1]], reference[:2]) * (top - point[2])
    return total


def at(steps, count):
    """The last value of [[n, value], ...] with n <= count, None before the first."""
    value = None
    for n, v in steps:
        if n > count:
            break
        value = v
    return value


def regret_at(task, record, count):
    if task.group == "fronts":
        reached = at(record["trace"], count)
        known = task.known
        share = (
            0.0
            if reached is None
            else (reached - known["median"]) / (known["best"] - known["median"])
        )
        return min(max(1 - share, 0.0), 1.0)
    return task.regret(at(record["trace"], count))


def spent_until(task, record, target, budget=100.0):
    """Trainings until the incumbent's regret is at most the target; a miss counts as the whole
    budget.
    """
    for spent, value in record["trace"]:
        if task.regret(value) <= target:
            return min(spent, budget)
    return budget


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values) if values else math.nan


def error(values):
    """The standard error of the mean; 0 for a single value."""
    values = list(values)
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return math.sqrt(math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1) / len(values))


def geometric(values):
    return math.exp(mean(math.log(max(v, FLOOR)) for v in values))


def ranks(row_values):
    """{row: value} -> {row: rank}, ties sharing their mean rank."""
    ordered = sorted(row_values.values())
    return {
        row: (ordered.index(v) + len(ordered) - ordered[::-1].index(v) + 1) / 2
        for row, v in row_values.items()
    }
