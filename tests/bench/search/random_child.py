#!/usr/bin/env python3
"""An example of the ask-tell protocol, and the row `random`: it draws evenly and learns nothing."""

import json
import random
import sys

import space as spaces


def answer(study, request):
    """The reply to one request; study is what is remembered between them."""
    op = request["op"]
    if op == "init":
        study.clear()
        study.update(space=request["space"], rng=random.Random(f"random {request['seed']}"), next=0)
        return {}
    if op == "ask":
        study["next"] += 1
        return {"id": study["next"] - 1, "params": spaces.draw(study["space"], study["rng"])}
    if op == "report":
        return {"action": "continue"}
    if op in ("tell", "load"):
        return {}
    return {"error": f"no such op: {op}"}


def main():
    study = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "quit":
            break
        print(json.dumps(answer(study, request)), flush=True)


if __name__ == "__main__":
    main()
