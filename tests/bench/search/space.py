"""Parameter spaces in the JSON of the ask-tell protocol: declaring, drawing, checking, unit
coordinates.
"""

import json
import math


def real(name, low, high, log=False, when=None):
    return _parameter({"name": name, "type": "float", "low": low, "high": high, "log": log}, when)


def integer(name, low, high, log=False, when=None):
    return _parameter({"name": name, "type": "int", "low": low, "high": high, "log": log}, when)


def category(name, choices, when=None):
    return _parameter({"name": name, "type": "cat", "choices": list(choices)}, when)


def _parameter(parameter, when):
    if when:
        parameter["when"] = {"param": when[0], "in": list(when[1:])}
    return parameter


def is_active(parameter, values):
    when = parameter.get("when")
    return when is None or (when["param"] in values and values[when["param"]] in when["in"])


def walk(space, choose):
    """The active parameters in order, each with the value that choose(parameter) gives it."""
    values = {}
    for parameter in space:
        if is_active(parameter, values):
            values[parameter["name"]] = choose(parameter)
    return values


def at(parameter, u):
    """The value at u in [0, 1]: equal shares for the integers and the choices, halves of a step at
    an integer's ends.
    """
    if parameter["type"] == "cat":
        choices = parameter["choices"]
        return choices[min(int(u * len(choices)), len(choices) - 1)]
    low, high = _ends(parameter)
    value = low + u * (high - low)
    if parameter["log"]:
        value = math.exp(value)
    if parameter["type"] == "int":
        return min(max(round(value), parameter["low"]), parameter["high"])
    return min(max(value, parameter["low"]), parameter["high"])


def unit(parameter, value):
    """Where a number lies in [0, 1]."""
    low, high = _ends(parameter)
    return ((math.log(value) if parameter["log"] else value) - low) / (high - low)


def _ends(parameter):
    low, high = parameter["low"], parameter["high"]
    if parameter["type"] == "int":
        low, high = low - 0.5, high + 0.5
    return (math.log(low), math.log(high)) if parameter["log"] else (low, high)


def draw(space, rng):
    """A configuration drawn evenly, rng being a random.Random."""
    return walk(space, lambda parameter: at(parameter, rng.random()))


def fault(space, values):
    """Why these values are no configuration of the space, or None."""
    if not isinstance(values, dict):
        return "params is no object"
    active = 0
    for parameter in space:
        name = parameter["name"]
        if not is_active(parameter, values):
            if name in values:
                return f"{name} is not active"
            continue
        active += 1
        if name not in values:
            return f"{name} is missing"
        if not _in_range(parameter, values[name]):
            return f"{name} cannot be {values[name]!r}"
    return None if active == len(values) else "a name is unknown"


def _in_range(parameter, value):
    if parameter["type"] == "cat":
        return any(
            type(value) is type(choice) and value == choice for choice in parameter["choices"]
        )
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return parameter["low"] <= value <= parameter["high"] and (
        parameter["type"] == "float" or value == int(value)
    )


def key(values):
    """The configuration as text, the same for equal ones."""
    return json.dumps(
        {
            name: (
                float(value)
                if isinstance(value, (int, float)) and not isinstance(value, bool)
                else value
            )
            for name, value in values.items()
        },
        sort_keys=True,
    )


def kind(space):
    """conditional, categories or numeric: the groups of the report."""
    if any("when" in parameter for parameter in space):
        return "conditional"
    return "categories" if any(parameter["type"] == "cat" for parameter in space) else "numeric"


def branches(space):
    """Every way to fill the categories, each with the numeric parameters active there: (categories,
    parameters).
    """
    done = []

    def fill(rest, values, numbers):
        if not rest:
            done.append((values, numbers))
            return
        first, rest = rest[0], rest[1:]
        if not is_active(first, values):
            fill(rest, values, numbers)
        elif first["type"] == "cat":
            for choice in first["choices"]:
                fill(rest, {**values, first["name"]: choice}, numbers)
        else:
            fill(rest, values, numbers + [first])

    fill(space, {}, [])
    return done
