"""The rows of the report: how each optimiser is started, on what it runs, and what it stands on."""

import dataclasses
import hashlib
import importlib
import importlib.util
import os
import sys

from child import Child
from task import HERE


@dataclasses.dataclass
class Row:
    name: str
    groups: tuple  # of tasks it runs on: plain, curves, fronts
    start: object  # () -> optimiser, or task -> name of the row that stands for this one there
    version: object  # () -> text
    module: str = ""  # what must be importable
    blind: bool = True  # is not told the budget: a run of 200 trials begins with the run of 100
    composite: bool = False
    kinds: tuple = ("numeric", "categories", "conditional")
    again: bool = False  # runs configurations again where there is noise, and says which is best

    def on(self, task):
        """The row whose results stand for this one on a task; None where it does not run."""
        if task.group not in self.groups or task.kind not in self.kinds:
            return None
        return self.start(task) if self.composite else self.name

    def missing(self):
        """Why it cannot run here, or None."""
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"no {self.module} for {sys.executable}"
        return None


def _peer(module, package, name, groups, *arguments, **more):
    def start():
        return getattr(importlib.import_module("peers." + module), package)(*arguments)

    def version():
        return importlib.import_module("peers." + module).VERSION

    distribution = {
        "optuna_rows": "optuna",
        "smac_row": "smac",
        "hyperopt_row": "hyperopt",
        "syne_row": "syne_tune",
    }[module]
    return Row(name, groups, start, version, module=distribution, **more)


def _optuna(name, groups, sampler, pruner="", **more):
    return _peer("optuna_rows", "Optuna", name, groups, sampler, pruner, **more)


def _gp_or_tpe(task):
    return "optuna-gp" if task.kind != "conditional" else "optuna-tpe-group"


def _auto(task):
    """AutoSampler's rule up to 250 trials: the Gaussian process where everything is numeric and
    unconditional.
    """
    if task.kind == "numeric":
        return "optuna-gp"
    return "optuna-tpe"


def _start_random():
    return Child([sys.executable, os.path.join(HERE, "random_child.py")])


ALL, PLAIN, CURVES, FRONTS = ("plain", "curves", "fronts"), ("plain",), ("curves",), ("fronts",)
UNCONDITIONAL = ("numeric", "categories")
REFERENCE = {"plain": "optuna-gp-or-tpe", "curves": "optuna-tpe+hyperband", "fronts": "optuna-tpe"}

# Part of a composite row, or put together from rows that are shown: not repeated task by task.
SEEN_ELSEWHERE = ("optuna-gp", "optuna-tpe-group", "optuna-auto")

ROWS = {
    row.name: row
    for row in [
        Row("random", ALL, _start_random, lambda: "1"),
        Row("optuna-gp-or-tpe", ("plain", "fronts"), _gp_or_tpe, None, composite=True),
        Row("optuna-auto", ("plain", "fronts"), _auto, None, composite=True),
        _optuna("optuna-gp", ("plain", "fronts"), "gp", kinds=UNCONDITIONAL),
        _optuna(
            "optuna-tpe", ALL, "tpe"
        ),  # its default: multivariate with one objective, univariate with several
        _optuna("optuna-tpe-uni", PLAIN, "tpe-uni"),
        _optuna("optuna-tpe-multi", FRONTS, "tpe-multi"),
        _optuna("optuna-tpe-group", ("plain", "fronts"), "tpe-group", kinds=("conditional",)),
        _optuna("optuna-cmaes", PLAIN, "cmaes"),
        _optuna("optuna-sobol", PLAIN, "sobol"),
        _optuna("optuna-tpe+hyperband", CURVES, "tpe", "hyperband"),
        _optuna("optuna-tpe+median", CURVES, "tpe", "median"),
        _optuna("optuna-tpe+halving", CURVES, "tpe", "halving"),
        _optuna("optuna-random+halving", CURVES, "random", "halving"),
        _optuna("optuna-random+hyperband", CURVES, "random", "hyperband"),
        _optuna("optuna-nsga2", FRONTS, "nsga2"),
        _peer("smac_row", "Smac", "smac", PLAIN, blind=False),
        _peer("hyperopt_row", "Hyperopt", "hyperopt", PLAIN),
        _peer("syne_row", "SyneTune", "syne-asha", CURVES, "random_search"),
        _peer("syne_row", "SyneTune", "syne-asha-kde", CURVES, "kde"),
    ]
}


def named(name, program):
    """A row by its name; zyg, zyg-METHOD, zyg+SCHEDULER, zyg-METHOD+SCHEDULER are its program, with
    "repeat":"auto" when :again follows.
    """
    if name != "zyg" and not name.startswith(("zyg-", "zyg+", "zyg:")):
        if name not in ROWS:
            raise SystemExit(f"no such row: {name} (there are: zyg {' '.join(ROWS)})")
        return ROWS[name]
    options, _, again = name[3:].partition(":")
    if again not in ("", "again"):
        raise SystemExit(f"no such row: {name} (:again may follow a row of zyg)")
    method, _, scheduler = options.partition("+")
    line = [os.path.abspath(program), "asktell"]
    line += ["--method", method[1:]] if method else []
    line += ["--scheduler", scheduler] if scheduler else []
    # A result belongs to the very program that made it.
    return Row(
        name,
        PLAIN if again else ALL,
        lambda: Child(line),
        lambda: digest(program),
        blind=False,
        again=bool(again),
    )


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


def command(name, text):
    """Anybody's program that speaks the protocol."""
    return Row(
        name,
        ALL,
        lambda: Child(["/bin/sh", "-c", "exec " + text]),
        lambda: hashlib.sha256(text.encode()).hexdigest()[:12],
        blind=False,
    )
