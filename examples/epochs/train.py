#!/usr/bin/env python3
"""A small neural network in plain Python, trained an epoch at a time.

What early stopping wants of a program: it prints `epoch=N loss=...` after every epoch, and (so that it can be paused and go
on, here or after a crash) keeps where it is in the folder $ZYG_CHECKPOINT. Without zyg it runs as well: ./train.py --rate 0.1
"""
import json
import math
import os
import random
import sys
from pathlib import Path

EPOCHS = int(os.environ.get("ZYG_BUDGET", 27))
CHECKPOINT = Path(os.environ["ZYG_CHECKPOINT"]) / "model.json" if "ZYG_CHECKPOINT" in os.environ else None
DATA = Path(__file__).resolve().parent / "../svm/breast_cancer.scale"


def read_data():
    rows = []
    for line in open(DATA):
        label, *pairs = line.split()
        rows.append(([float(pair.split(":")[1]) for pair in pairs] + [1.0], 1 if int(label) > 0 else 0))
    random.Random(1).shuffle(rows)
    return rows[:250], rows[250:]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def forward(model, x):
    hidden = [math.tanh(dot(weights, x)) for weights in model["inner"]] + [1.0]
    return hidden, 1 / (1 + math.exp(-max(-30, min(30, dot(model["outer"], hidden)))))


def train(model, rows, p):
    """One epoch. Its order follows from its number: one that is done again, from a checkpoint, ends the same."""
    rate = p["rate"] / (1 + p["fade"] * model["epoch"])
    for x, label in random.Random(model["epoch"]).sample(rows, len(rows)):
        hidden, chance = forward(model, x)
        slope = chance - label
        for weights, out, h in zip(model["inner"], model["outer"], hidden):
            back = rate * slope * out * (1 - h * h)
            weights[:] = [w - back * v for w, v in zip(weights, x)]
        model["outer"] = [w - rate * (slope * h + p["penalty"] * w) for w, h in zip(model["outer"], hidden)]
    model["epoch"] += 1


def loss(model, rows):
    chances = ((forward(model, x)[1], label) for x, label in rows)
    return -sum(math.log(max(1e-9, p if label else 1 - p)) for p, label in chances) / len(rows)


def begin(p, width):
    if CHECKPOINT and CHECKPOINT.exists():
        return json.loads(CHECKPOINT.read_text())
    draw, hidden = random.Random(int(os.environ.get("ZYG_SEED", 1))), int(p["hidden"])
    return {"epoch": 0, "outer": [0.0] * (hidden + 1),
            "inner": [[draw.gauss(0, width ** -0.5) for _ in range(width)] for _ in range(hidden)]}


def save(model):
    """All of it or nothing: the program may be killed at any moment."""
    if CHECKPOINT:
        new = CHECKPOINT.with_suffix(".new")
        new.write_text(json.dumps(model))
        new.replace(CHECKPOINT)


def main():
    words = sys.argv[1:]
    p = {"rate": 0.1, "hidden": 4, "penalty": 0.0, "fade": 0.0}
    p.update((name.lstrip("-"), float(value)) for name, value in zip(words[::2], words[1::2]))
    rows, held_out = read_data()
    model = begin(p, len(rows[0][0]))
    while model["epoch"] < EPOCHS:
        train(model, rows, p)
        save(model)  # before the epoch is said: who is paused there goes on from it
        print(f"epoch={model['epoch']} loss={loss(model, held_out):.6f}", flush=True)


if __name__ == "__main__":
    main()
