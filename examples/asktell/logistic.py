#!/usr/bin/env python3
"""Logistic regression in plain Python, its learning rate and penalty sought by `zyg asktell`.

    ./logistic.py ../svm/breast_cancer.scale
"""
import json
import math
import random
import subprocess
import sys

EPOCHS, FULL_TRAININGS = 9, 12


class Search:
    """One line to zyg, one line back."""

    def __init__(self, **init):
        self.zyg = subprocess.Popen(["zyg", "asktell"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say("init", **init)

    def say(self, op, **request):
        print(json.dumps({"op": op, **request}), file=self.zyg.stdin, flush=True)
        reply = json.loads(self.zyg.stdout.readline())
        if "error" in reply:
            sys.exit(reply["error"])
        return reply


def read(path):
    for line in open(path):
        label, *pairs = line.split()
        yield [float(pair.split(":")[1]) for pair in pairs], int(label) > 0


def margin(weights, x):
    return weights[-1] + sum(w * v for w, v in zip(weights, x))


class Model:
    """Trained an epoch at a time, so that it can be paused."""

    def __init__(self, width, rate, penalty, fade):
        self.weights, self.rate, self.penalty, self.fade, self.epoch = [0.0] * (width + 1), rate, penalty, fade, 0

    def train(self, rows):
        rate = self.rate / (1 + self.fade * self.epoch)
        for x, label in rows:
            slope = 1 / (1 + math.exp(-max(-30, min(30, margin(self.weights, x))))) - label
            self.weights = [w - rate * (slope * v + self.penalty * w) for w, v in zip(self.weights, x + [1.0])]
        self.epoch += 1

    def loss(self, rows):
        signed = (margin(self.weights, x) * (1 if label else -1) for x, label in rows)
        return sum(math.log1p(math.exp(-max(-30, min(30, m)))) for m in signed) / len(rows)


def main():
    rows = list(read(sys.argv[1]))
    random.Random(1).shuffle(rows)
    train, valid = rows[:300], rows[300:]
    search = Search(seed=1, budget=FULL_TRAININGS, steps=EPOCHS, space=[
        {"name": "rate", "type": "float", "low": 1e-4, "high": 10, "log": True},
        {"name": "penalty", "type": "float", "low": 1e-6, "high": 0.1, "log": True},
        {"name": "schedule", "type": "cat", "choices": ["constant", "fading"]},
        {"name": "fade", "type": "float", "low": 0.01, "high": 10, "log": True,
         "when": {"param": "schedule", "in": ["fading"]}},
    ])
    models, best, spent = {}, (math.inf, None), 0
    while spent < FULL_TRAININGS * EPOCHS:
        trial = search.say("ask")
        if "params" in trial:
            params = trial["params"]
            models[trial["id"]] = Model(len(rows[0][0]), params["rate"], params["penalty"], params.get("fade", 0)), params
        elif "resume" not in trial:
            break
        model, params = models[trial["id"]]
        action = "continue"
        while action == "continue":
            model.train(train)
            spent += 1
            loss = model.loss(valid)
            best = min(best, (loss, trial["id"]))
            if model.epoch == EPOCHS:
                search.say("tell", id=trial["id"], state="ok", step=EPOCHS, value=loss)
                break
            action = search.say("report", id=trial["id"], step=model.epoch, value=loss)["action"]
        if action == "stop":
            search.say("tell", id=trial["id"], state="stopped", step=model.epoch, value=loss)
    print(f"{len(models)} settings looked at for the price of {spent / EPOCHS:.0f} trainings")
    print(f"least loss {best[0]:.4f} with {json.dumps(models[best[1]][1])}")


main()
