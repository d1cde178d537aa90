"""Writes known.json: the best value of each task and the median of an even draw. calibrate.py
[NAME...]; some minutes.

The best is what a long search finds that no optimiser here could pay for (or what the task
declares, when that is lower): draws, then the best of them improved by changing one or a few
parameters at a time, by less and less.
"""

import json
import os
import random
import sys

import score
import space as spaces
import task as tasks

DRAWS = 6000
CLIMBS = 8
MOVES = 12000  # of a synthetic task; a look-up takes longer
TABLE_MOVES = 1500
VOLUME_MOVES = 20000


def value_of(task, values):
    value = task.function(values)
    if task.steps > 1:
        return min((v for v in value if v is not None), default=None)
    return value


def moved(task, values, rng, reach):
    """A neighbour: about two parameters changed; what becomes active is drawn."""
    share = min(1.0, 2.0 / len(values))

    def choose(parameter):
        name = parameter["name"]
        if name not in values or (parameter["type"] == "cat" and rng.random() < share * 0.3):
            return spaces.at(parameter, rng.random())
        if parameter["type"] == "cat" or rng.random() > share:
            return values[name]
        return spaces.at(
            parameter,
            min(max(spaces.unit(parameter, values[name]) + reach * tasks.normal(rng), 0.0), 1.0),
        )

    return spaces.walk(task.space, choose)


def climb(task, values, value, rng):
    reach = 0.2
    for _ in range(TABLE_MOVES if task.real else MOVES):
        near = moved(task, values, rng, reach)
        found = value_of(task, near)
        if found is not None and found <= value:
            values, value, reach = near, found, min(reach * 1.5, 0.3)
        else:
            reach = max(reach * 0.985, 1e-6)
            if reach < 1e-5:
                reach = 0.1
    return value


def plain(task, rng):
    drawn = []
    for _ in range(DRAWS):
        values = spaces.draw(task.space, rng)
        value = value_of(task, values)
        drawn.append((float("inf") if value is None else value, len(drawn), values))
    drawn.sort()
    median = drawn[DRAWS // 2][0]
    starts = drawn[: CLIMBS // 2] + drawn[CLIMBS // 2 : 200 : 200 // (CLIMBS - CLIMBS // 2)]
    best = min(climb(task, values, value, rng) for value, _, values in starts)
    if task.best is not None:
        best = min(best, task.best)
    return best, median


def front(task, rng):
    drawn = [spaces.draw(task.space, rng) for _ in range(DRAWS)]
    points = [task.function(values) for values in drawn]
    singles = sorted(score.volume([point], task.reference) for point in points)
    front = kept(list(zip(points, drawn)))
    for move in range(VOLUME_MOVES):
        values = rng.choice(front)[1]
        near = moved(task, values, rng, 0.2 * 0.001 ** rng.random())
        point = task.function(near)
        if not any(all(a <= b for a, b in zip(other, point)) for other, _ in front):
            front = [(p, v) for p, v in front if not all(a <= b for a, b in zip(point, p))] + [
                (point, near)
            ]
        if len(front) > 900:
            front = rng.sample(front, 800)
    return score.volume([point for point, _ in front], task.reference), singles[DRAWS // 2]


def kept(pairs):
    return [
        (p, v)
        for p, v in pairs
        if not any(q != p and all(a <= b for a, b in zip(q, p)) for q, _ in pairs)
    ]


def main():
    path = os.path.join(tasks.HERE, "known.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    for name, task in tasks.all_tasks().items():
        if (
            sys.argv[1:]
            and name not in sys.argv[1:]
            or not sys.argv[1:]
            and known.get(name, {}).get("hash") == task.hash
        ):
            continue
        best, median = (front if task.objectives > 1 else plain)(
            task, random.Random("calibrate " + name)
        )
        known[name] = {
            "hash": task.hash,
            "best": float(f"{best:.9g}"),
            "median": float(f"{median:.9g}"),
        }
        print(name, known[name], flush=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "{\n"
                + ",\n".join(
                    f'  "{n}": {json.dumps(known[n])}' for n in tasks.all_tasks() if n in known
                )
                + "\n}\n"
            )


if __name__ == "__main__":
    main()
