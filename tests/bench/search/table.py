"""Looking a configuration up in a table of real fits.

A table holds, for every branch of its space (every way to fill the categories), the fits at the
points of a low-discrepancy sequence over that branch's numbers. The points follow from the sequence
and are not stored. Between them a value is a local linear regression over the nearest points
(tricube weights that fall to zero at the next one, so it is continuous), kept within what those
points have: nothing is better or worse than a fit that was made nearby, noise of single fits is
averaged, and no kernel of any optimiser's model is favoured. Categories are never mixed.
"""

import json
import math
import os

import space as spaces

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tables")


def points(parameters, count):
    """The configurations that are fitted: an additive recurrence with the generalised golden ratio
    (Roberts, 2018).
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (len(parameters) + 1))
    steps = [ratio ** -(i + 1) for i in range(len(parameters))]
    return [
        {
            parameter["name"]: spaces.at(parameter, (0.5 + n * step) % 1.0)
            for parameter, step in zip(parameters, steps)
        }
        for n in range(count)
    ]


def solve(matrix, right):
    """Gauss with pivots; None when the matrix is singular."""
    size = len(right)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        if abs(rows[pivot][i]) < 1e-12:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    answer = [0.0] * size
    for i in reversed(range(size)):
        answer[i] = (
            rows[i][size] - sum(rows[i][j] * answer[j] for j in range(i + 1, size))
        ) / rows[i][i]
    return answer


class Branch:
    def __init__(self, parameters, stored):
        self.parameters = parameters
        self.values = stored[
            "values"
        ]  # a number, or the list of a learning curve, for each point; None: the fit failed
        self.times = stored["times"]
        self.places = [
            [spaces.unit(parameter, values[parameter["name"]]) for parameter in parameters]
            for values in points(parameters, len(self.times))
        ]

    def weights(self, values):
        """The linear smoother at these values: {point: weight}, the weights summing to one."""
        here = [spaces.unit(parameter, values[parameter["name"]]) for parameter in self.parameters]
        far = sorted((math.dist(here, place), i) for i, place in enumerate(self.places))
        near = min(2 * len(here) + 6, len(far) - 1)
        reach = far[near][0] or 1.0
        close = [(i, (1 - (distance / reach) ** 3) ** 3) for distance, i in far[:near]]
        rows = [
            (i, w, [1.0] + [a - b for a, b in zip(self.places[i], here)]) for i, w in close if w > 0
        ]
        size = len(here) + 1
        matrix = [
            [sum(w * row[a] * row[b] for _, w, row in rows) for b in range(size)]
            for a in range(size)
        ]
        for a in range(1, size):
            matrix[a][a] += (
                1e-4 * matrix[0][0]
            )  # a little shrinkage: points on one line, integers with few values
        slope = solve(matrix, [1.0] + [0.0] * (size - 1))
        return {i: w * sum(s * x for s, x in zip(slope, row)) for i, w, row in rows}

    def look_up(self, values):
        """(value or list of values, or None where the nearest fit failed; time in seconds)"""
        if not self.parameters:
            return self.values[0], self.times[0] / 1000
        weights = self.weights(values)
        nearest = max(weights, key=weights.get)
        if self.values[nearest] is None:
            return None, self.times[nearest] / 1000
        weights = {i: w for i, w in weights.items() if self.values[i] is not None}
        share = sum(weights.values())

        def mean(of):
            seen = [of(i) for i in weights]
            return min(
                max(sum(w * of(i) for i, w in weights.items()) / share, min(seen)), max(seen)
            )

        if share < 0.2:
            return self.values[nearest], self.times[nearest] / 1000
        time = mean(lambda i: self.times[i]) / 1000
        if isinstance(self.values[nearest], list):
            return [
                mean(lambda i: self.values[i][step]) for step in range(len(self.values[nearest]))
            ], time
        return mean(lambda i: self.values[i]), time


class Table:
    def __init__(self, name, space):
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
            stored = json.load(file)
        self.scale = stored["scale"]
        self.names = [parameter["name"] for parameter in space if parameter["type"] == "cat"]
        self.branches = {
            self.branch_key(categories): Branch(numbers, branch)
            for (categories, numbers), branch in zip(
                spaces.branches(space), stored["branches"], strict=True
            )
        }

    def branch_key(self, values):
        return tuple(values.get(name) for name in self.names)

    def look_up(self, values):
        value, time = self.branches[self.branch_key(values)].look_up(values)
        if isinstance(value, list):
            return [v / self.scale for v in value], time
        return (None if value is None else value / self.scale), time
