"""SMAC3 by its ask-and-tell: random forest and log expected improvement (its facade for HPO)."""

import importlib.metadata
import logging
import tempfile
import warnings

import smac
from ConfigSpace import Categorical, ConfigurationSpace, Float, InCondition, Integer
from smac.runhistory.dataclasses import TrialValue
from smac.runhistory.enumerations import StatusType

from peers import InProcess

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")
VERSION = importlib.metadata.version("smac")


class Smac(InProcess):
    def begin(self, request):
        self.folder = tempfile.TemporaryDirectory()
        scenario = smac.Scenario(
            config_space(request["space"], request["seed"]),
            output_directory=self.folder.name,
            n_trials=request["budget"],
            seed=request["seed"],
            deterministic=True,
            crash_cost=1e9,
        )
        facade = smac.HyperparameterOptimizationFacade
        self.smac = facade(
            scenario,
            lambda config, seed=0: 0.0,
            overwrite=True,
            logging_level=False,
            intensifier=facade.get_intensifier(scenario, max_config_calls=1),
        )
        self.trials = {}

    def ask(self):
        trial = self.smac.ask()
        number = len(self.trials)
        self.trials[number] = trial
        kinds = {parameter["name"]: parameter for parameter in self.space}
        return {
            "id": number,
            "params": {k: plain(kinds[k], v) for k, v in dict(trial.config).items()},
        }

    def tell(self, request):
        failed = request["state"] == "failed"
        value = TrialValue(
            cost=1e9 if failed else request["value"],
            status=StatusType.CRASHED if failed else StatusType.SUCCESS,
        )
        self.smac.tell(self.trials[request["id"]], value, save=False)

    def close(self):
        self.folder.cleanup()


def plain(parameter, value):
    if parameter["type"] == "int":
        return int(value)
    if parameter["type"] == "float":
        return min(max(float(value), parameter["low"]), parameter["high"])
    return next(choice for choice in parameter["choices"] if choice == value)


def config_space(space, seed):
    made, conditions = {}, []
    for parameter in space:
        name = parameter["name"]
        if parameter["type"] == "cat":
            made[name] = Categorical(name, parameter["choices"])
        else:
            kind = Integer if parameter["type"] == "int" else Float
            made[name] = kind(name, (parameter["low"], parameter["high"]), log=parameter["log"])
        if "when" in parameter:
            when = parameter["when"]
            conditions.append(InCondition(made[name], made[when["param"]], when["in"]))
    config = ConfigurationSpace(seed=seed)
    config.add(list(made.values()))
    config.add(conditions)
    return config
