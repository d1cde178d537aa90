#!/usr/bin/env python3
"""Runs optimisers over the tasks, keeps every result, prints the tables. README.md says how; --help
lists the options.
"""

import os

for variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
):  # before numpy or torch are imported
    os.environ.setdefault(variable, "1")

import argparse
import multiprocessing
import subprocess
import sys
import time

import loop
import report
import rows
import task as tasks
from cache import MEASURED, Cache

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(tasks.HERE)))
CURVE_BUDGET = 100  # full trainings


def options(arguments):
    p = argparse.ArgumentParser(prog="run.py", description=__doc__)
    p.add_argument(
        "--optimizer",
        help="rows to run, by commas: zyg, zyg-METHOD+SCHEDULER, random, optuna-..., all, none",
    )
    p.add_argument(
        "--zyg",
        default=os.path.join(ROOT, "build/bin/zyg"),
        help="the program that speaks the protocol",
    )
    p.add_argument(
        "--command",
        metavar="NAME=COMMAND",
        help="a row of your own: a program that speaks the protocol",
    )
    p.add_argument(
        "--tasks",
        help="names, groups (plain, curves, fronts) or kinds (numeric, categories, conditional, "
        "real, synthetic), by commas",
    )
    p.add_argument("--seeds", default="20", help="how many, or FIRST-LAST (default 20)")
    p.add_argument("--workers", default="16", help="one or more of them, by commas (default 16)")
    p.add_argument(
        "--budget",
        type=int,
        default=200,
        help="trials; a learning-curve task has always 100 trainings",
    )
    p.add_argument("--jobs", type=int, default=1, help="runs at once")
    p.add_argument(
        "--quick", action="store_true", help="2 seeds, 50 trials, the random row and zyg only"
    )
    p.add_argument(
        "--results",
        default=os.environ.get("ZYG_BENCH_RESULTS", os.path.join(ROOT, "build/search/results")),
    )
    p.add_argument(
        "--measured", default=MEASURED, help="results that came with the tree (default %(default)s)"
    )
    p.add_argument("--fresh", action="store_true", help="run again what is in the results")
    p.add_argument("--per-task", action="store_true", help="print every task beside each row")
    p.add_argument("--svg", metavar="FOLDER", help="write plots")
    p.add_argument("--no-report", action="store_true", help="only run")
    o = p.parse_args(arguments)
    if o.quick:
        o.seeds, o.budget, o.optimizer = "2", 50, o.optimizer or "random,zyg"
    first, _, last = o.seeds.partition("-")
    o.seeds = range(int(first), int(last) + 1) if last else range(int(first))
    o.workers = [int(w) for w in o.workers.split(",")]
    return o


def wanted_rows(o):
    known = dict(rows.ROWS)
    names = (o.optimizer or ("" if o.command else "none")).split(",")
    if "all" in names:
        names = [*known, "zyg"]
    if o.command:
        name, _, text = o.command.partition("=")
        known[name] = rows.command(name, text)
        names.append(name)
    picked = []
    for name in filter(None, names):
        if name == "none":
            continue
        if name not in known:
            known[name] = rows.named(name, o.zyg)
            if not os.access(o.zyg, os.X_OK):
                print(f"{name} is skipped: no program {o.zyg}", file=sys.stderr)
                continue
        picked.append(known[name])
    return picked, known


def cells(o, picked, known):
    """(row, task, seed, workers, budget), one seed of everything before the next, so that an early
    end leaves whole seeds.
    """
    done = set()
    for workers in o.workers:
        for seed in o.seeds:
            for task in tasks.chosen(o.tasks):
                for row in picked:
                    name = row.on(task)
                    cell = (
                        name,
                        task.name,
                        seed,
                        workers,
                        CURVE_BUDGET if task.group == "curves" else o.budget,
                    )
                    if name and cell not in done:
                        done.add(cell)
                        yield known[name], *cell[1:]


def run_cell(cell):
    row, name, seed, workers, budget = cell
    task = tasks.all_tasks()[name]
    began = time.monotonic()
    optimizer = row.start()
    try:
        record = loop.Run(task, optimizer, seed, workers, budget, row.again).go()
    finally:
        optimizer.close()
    return {
        "optimizer": row.name,
        "version": row.version(),
        "task": name,
        "hash": task.hash,
        "seed": seed,
        "workers": workers,
        "budget": budget,
        "wall": round(time.monotonic() - began, 3),
        **record,
    }


def elsewhere(arguments, missing):
    """Runs rows for which something is not installed here with the Python that has it; says why
    when there is none.
    """
    python = os.environ.get("ZYG_BENCH_PYTHON", os.path.join(ROOT, "build/search/venv/bin/python"))
    if not os.access(python, os.X_OK) or os.environ.get("ZYG_BENCH_INNER"):
        for row in missing:
            print(
                f"{row.name} is not run: {row.missing()} (and ZYG_BENCH_PYTHON names no other)",
                file=sys.stderr,
            )
        return
    names = ",".join(row.name for row in missing)
    subprocess.run(
        [python, os.path.abspath(__file__), *arguments, "--optimizer", names, "--no-report"],
        check=False,
        env={**os.environ, "ZYG_BENCH_INNER": "1"},
    )


_inherited = []  # a row holds functions, which a process cannot be sent: it is forked with the cells


def run_place(place):
    return run_cell(_inherited[place])


def execute(o, todo, cache):
    """Runs what is not kept; asked again before each, for others may fill the same folder."""
    began, count = time.monotonic(), 0
    _inherited[:] = todo
    left = (place for place, cell in enumerate(todo) if o.fresh or not kept(cache, cell))
    pool = multiprocessing.get_context("fork").Pool(o.jobs) if o.jobs > 1 else None
    for record in pool.imap_unordered(run_place, left) if pool else map(run_place, left):
        cache.add(record)
        count += 1
        if "error" in record:
            print("{optimizer} on {task}, seed {seed}: {error}".format(**record), file=sys.stderr)
        if count % 20 == 0:
            print(f"{count} runs in {time.monotonic() - began:.0f} s", file=sys.stderr)
    if pool:
        pool.close()
        pool.join()


def kept(cache, cell):
    row, name, *rest = cell
    return cache.find(row, tasks.all_tasks()[name], *rest, version=row.version())


def main(arguments):
    o = options(arguments)
    picked, known = wanted_rows(o)
    cache = Cache(o.results, o.measured)
    planned = list(cells(o, picked, known))
    missing = {row.name: row for row, *_ in planned if row.missing()}
    here = [cell for cell in planned if cell[0].name not in missing]
    if missing:
        elsewhere(arguments, list(missing.values()))
    execute(o, here, cache)
    if not o.no_report:
        versions = {row.name: row.version() for row in picked if row.name.startswith("zyg")}
        report.report(o, cache, picked, known, versions)


if __name__ == "__main__":
    main(sys.argv[1:])
