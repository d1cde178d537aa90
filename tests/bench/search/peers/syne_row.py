"""Syne Tune's ASHA (stopping form) with one of its searchers. It has no conditions: what is not
active is drawn all the same and left out.
"""

import datetime
import importlib.metadata
import logging

import numpy as np
from syne_tune import config_space
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer.scheduler import SchedulerDecision
from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving

import space as spaces
from peers import InProcess

logging.disable(logging.WARNING)
VERSION = importlib.metadata.version("syne-tune")
BEGAN = datetime.datetime(2026, 1, 1)


class SyneTune(InProcess):
    def __init__(self, searcher):
        self.searcher = searcher

    def begin(self, request):
        np.random.seed(request["seed"])
        self.scheduler = AsynchronousSuccessiveHalving(
            {parameter["name"]: domain(parameter) for parameter in self.space},
            metric="value",
            searcher=self.searcher,
            time_attr="step",
            max_t=self.steps,
            random_seed=request["seed"],
        )
        self.trials = {}

    def ask(self):
        config = self.scheduler.suggest().config
        number = len(self.trials)
        self.trials[number] = Trial(number, config, BEGAN)
        self.scheduler.on_trial_add(self.trials[number])
        return {"id": number, "params": spaces.walk(self.space, lambda p: config[p["name"]])}

    def report(self, number, step, value):
        result = {"value": value, "step": step}
        decision = self.scheduler.on_trial_result(self.trials[number], result)
        return "stop" if decision == SchedulerDecision.STOP else "continue"

    def tell(self, request):
        trial = self.trials[request["id"]]
        if request["state"] == "failed":
            self.scheduler.on_trial_error(trial)
        elif request["state"] == "ok":
            result = {"value": request["value"], "step": request["step"]}
            self.scheduler.on_trial_complete(trial, result)


def domain(parameter):
    if parameter["type"] == "cat":
        return config_space.choice(parameter["choices"])
    whole = parameter["type"] == "int"
    if parameter["log"]:
        kind = config_space.lograndint if whole else config_space.loguniform
    else:
        kind = config_space.randint if whole else config_space.uniform
    return kind(parameter["low"], parameter["high"])
