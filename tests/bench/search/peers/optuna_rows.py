"""Optuna's samplers and pruners (written against 5.0.0). Everything not named here is Optuna's
default.
"""

import warnings

import optuna

import space as spaces
from peers import InProcess

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")
VERSION = optuna.__version__

SAMPLERS = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "sobol": lambda seed: optuna.samplers.QMCSampler(scramble=True, seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe-uni": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
    "tpe-multi": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    "tpe-group": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=20),
}
PRUNERS = {
    "": lambda steps: optuna.pruners.NopPruner(),
    "median": lambda steps: optuna.pruners.MedianPruner(),
    "halving": lambda steps: optuna.pruners.SuccessiveHalvingPruner(),
    "hyperband": lambda steps: optuna.pruners.HyperbandPruner(max_resource=steps),
}


class Optuna(InProcess):
    def __init__(self, sampler, pruner=""):
        self.sampler, self.pruner = SAMPLERS[sampler], PRUNERS[pruner]
        if sampler == "gp":
            import torch

            torch.set_num_threads(1)

    def begin(self, request):
        self.study = optuna.create_study(
            directions=["minimize"] * len(request["objectives"]),
            sampler=self.sampler(request["seed"]),
            pruner=self.pruner(request["steps"]),
        )
        self.trials = {}

    def ask(self):
        trial = self.study.ask()
        self.trials[trial.number] = trial

        def suggest(parameter):
            name = parameter["name"]
            if parameter["type"] == "cat":
                return trial.suggest_categorical(name, parameter["choices"])
            suggestion = trial.suggest_int if parameter["type"] == "int" else trial.suggest_float
            return suggestion(name, parameter["low"], parameter["high"], log=parameter["log"])

        return {"id": trial.number, "params": spaces.walk(self.space, suggest)}

    def load(self, trials):
        """Finished trials: (values, result)."""
        for values, result in trials:
            made = optuna.create_trial(
                params=values,
                distributions={
                    p["name"]: distribution(p) for p in self.space if p["name"] in values
                },
                value=result,
            )
            self.study.add_trial(made)

    def report(self, number, step, value):
        trial = self.trials[number]
        trial.report(value, step)
        return "stop" if trial.should_prune() else "continue"

    def tell(self, request):
        trial = self.trials.pop(request["id"])
        if request["state"] == "failed":
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif request["state"] == "stopped":
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self.study.tell(trial, request.get("values", request.get("value")))


def distribution(parameter):
    if parameter["type"] == "cat":
        return optuna.distributions.CategoricalDistribution(parameter["choices"])
    whole = parameter["type"] == "int"
    kind = optuna.distributions.IntDistribution if whole else optuna.distributions.FloatDistribution
    return kind(parameter["low"], parameter["high"], log=parameter["log"])
