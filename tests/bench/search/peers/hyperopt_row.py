"""Hyperopt's TPE, asked for one point at a time; what runs is known to it as unfinished. A
parameter that several choices share is one for each of them, as nested spaces have it.
"""

import logging

import hyperopt
import numpy as np
from hyperopt import hp

from peers import InProcess

logging.getLogger("hyperopt").setLevel(logging.ERROR)
VERSION = hyperopt.__version__


class Hyperopt(InProcess):
    def begin(self, request):
        self.rng = np.random.default_rng(request["seed"])
        self.domain = hyperopt.Domain(lambda values: 0.0, nested(request["space"], {}))
        self.trials = hyperopt.Trials()
        self.kinds = {parameter["name"]: parameter for parameter in request["space"]}

    def ask(self):
        number = self.trials.new_trial_ids(1)[0]
        self.trials.refresh()
        draw = int(self.rng.integers(2**31 - 1))
        document = hyperopt.tpe.suggest([number], self.domain, self.trials, draw)[0]
        self.trials.insert_trial_docs([document])
        self.trials.refresh()
        memo = self.domain.memo_from_config(
            {name: values[0] for name, values in document["misc"]["vals"].items() if values}
        )
        values = hyperopt.pyll.rec_eval(self.domain.expr, memo=memo)
        return {"id": number, "params": self.flat(values)}

    def flat(self, values):
        found = {}
        for name, value in values.items():
            if isinstance(value, dict):
                found[name] = value["="]
                found.update(self.flat({k: v for k, v in value.items() if k != "="}))
            elif self.kinds[name]["type"] == "cat":
                found[name] = value
            else:
                low, high = self.kinds[name]["low"], self.kinds[name]["high"]
                whole = self.kinds[name]["type"] == "int"
                found[name] = min(max(int(round(value)) if whole else float(value), low), high)
        return found

    def tell(self, request):
        document = next(t for t in self.trials._dynamic_trials if t["tid"] == request["id"])
        failed = request["state"] == "failed"
        document["state"] = hyperopt.JOB_STATE_ERROR if failed else hyperopt.JOB_STATE_DONE
        result = {"status": hyperopt.STATUS_FAIL}
        document["result"] = (
            result if failed else {"status": hyperopt.STATUS_OK, "loss": request["value"]}
        )
        self.trials.refresh()


def nested(space, parent, branch=""):
    """The parameters whose condition is the parent's choice; a choice holds what depends on it."""
    holds = {}
    for parameter in space:
        when = parameter.get("when")
        here = when is None if not parent else when is not None and when["param"] == parent["name"]
        if here and (not parent or parent["="] in when["in"]):
            holds[parameter["name"]] = expression(space, parameter, branch)
    return holds


def expression(space, parameter, branch):
    label = f"{branch}{parameter['name']}"
    children = any(p.get("when", {}).get("param") == parameter["name"] for p in space)
    if parameter["type"] == "cat" or children:
        choices = parameter.get("choices") or range(parameter["low"], parameter["high"] + 1)
        if not children:
            return hp.choice(label, list(choices))
        options = []
        for choice in choices:
            inside = {"name": parameter["name"], "=": choice}
            options.append({"=": choice, **nested(space, inside, f"{label}={choice}/")})
        return hp.choice(label, options)
    low, high = parameter["low"], parameter["high"]
    if parameter["type"] == "int":
        if parameter["log"]:
            return hp.qloguniform(label, np.log(low - 0.499), np.log(high + 0.499), 1)
        return hp.quniform(label, low - 0.499, high + 0.499, 1)
    return (
        hp.loguniform(label, np.log(low), np.log(high))
        if parameter["log"]
        else hp.uniform(label, low, high)
    )
