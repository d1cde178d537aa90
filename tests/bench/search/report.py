"""The tables: what each row reached, its ratio to the reference on the cells that both have, and
every task by itself.
"""

import os

import rows
import score
import svg
import task as tasks


class Cells:
    """Results of the rows on the tasks and seeds asked for, at one number of workers."""

    def __init__(self, o, cache, workers, names, known, versions, asked=()):
        self.o, self.cache, self.workers, self.known, self.versions = (
            o,
            cache,
            workers,
            known,
            versions,
        )
        self.asked = asked
        self.tasks = tasks.chosen(o.tasks)
        self.found = {}
        for name in names:
            for task in self.tasks:
                of_task = self._of(known[name], task)
                if of_task:
                    self.found[name, task.name] = of_task

    def _of(self, row, task):
        stands = row.on(task)
        if not stands:
            return {}
        seeds = {}
        for seed in self.o.seeds:
            for budget in (
                [100]
                if task.group == "curves"
                else sorted({self.o.budget, 200, 100, 50}, reverse=True)
            ):
                if budget > self.o.budget and not self.known[stands].blind:
                    continue
                record = self.cache.find(
                    self.known[stands], task, seed, self.workers, budget, self.versions.get(stands)
                )
                if record:
                    seeds[seed] = record
                    break
        return seeds

    def main(self, group):
        """What ranks and single tasks are judged by."""
        return spent(0.05) if group == "curves" else regret(min(100, self.o.budget))

    def main_name(self, group):
        what = {"plain": "regret", "curves": "trainings to 5 %", "fronts": "regret of the volume"}
        return what[group] + ("" if group == "curves" else f" after {min(100, self.o.budget)}")

    def rows(self, group):
        names = dict.fromkeys(
            name for name, task in self.found if tasks.all_tasks()[task].group == group
        )
        return list(names)

    def values(self, name, task, measure, seeds=None):
        """measure(task, record) by seed, of the cells that have it."""
        of_task = self.found.get((name, task.name), {})
        values = {
            seed: measure(task, record)
            for seed, record in of_task.items()
            if seeds is None or seed in seeds
        }
        return {seed: value for seed, value in values.items() if value is not None}


def regret(count):
    def measure(task, record):
        enough = record["finished"] >= count or "error" in record or record["budget"] >= count
        return score.regret_at(task, record, count) if enough else None

    return measure


def spent(target):
    return lambda task, record: score.spent_until(task, record, target)


def means(cells, name, group, measure, keep=None, other=None):
    """[mean over the seeds, of each task], on the seeds that the other row has too."""
    found = []
    for task in cells.tasks:
        if task.group == group and (keep or any_task)(task):
            values = cells.values(name, task, measure)
            if other is not None:
                shared = cells.values(other, task, measure)
                values = {seed: value for seed, value in values.items() if seed in shared}
            if values:
                found.append(score.mean(values.values()))
    return found


PLAIN = [
    ("mean@50", regret(50), score.mean, None),
    ("mean@100", regret(100), score.mean, None),
    ("mean@200", regret(200), score.mean, None),
    ("geo@50", regret(50), score.geometric, None),
    ("geo@100", regret(100), score.geometric, None),
    ("geo@200", regret(200), score.geometric, None),
    ("numeric", regret(100), score.mean, lambda task: task.kind == "numeric"),
    ("categ.", regret(100), score.mean, lambda task: task.kind == "categories"),
    ("condit.", regret(100), score.mean, lambda task: task.kind == "conditional"),
    ("real", regret(100), score.mean, lambda task: task.real),
]
CURVES = [
    ("to 10 %", spent(0.10), score.mean, None),
    ("to 5 %", spent(0.05), score.mean, None),
    ("to 1 %", spent(0.01), score.mean, None),
]
FRONTS = [
    ("mean@50", regret(50), score.mean, None),
    ("mean@100", regret(100), score.mean, None),
    ("mean@200", regret(200), score.mean, None),
]
MEASURES = {"plain": PLAIN, "curves": CURVES, "fronts": FRONTS}
TITLES = {
    "plain": "one objective: regret (numeric, categ., condit., real: mean@100)",
    "curves": "learning curves: full trainings until the regret is at most 10, 5, 1 % (never: 100)",
    "fronts": "several objectives: regret of the dominated volume",
}


def show(lines, header):
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    for line in [header, *lines]:
        print(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths))
            ).rstrip()
        )
    print()


def any_task(task):
    return True


def part(cells, group, keep, found):
    """A mark for a figure that stands on some of its tasks only: not to be compared by itself."""
    tasks_asked = [t for t in cells.tasks if t.group == group and (keep or any_task)(t)]
    return "~" if len(found) < len(tasks_asked) else ""


def number(value):
    return (
        "-" if value is None or value != value else f"{value:.4f}" if value < 10 else f"{value:.1f}"
    )


def whole_rows(cells, group):
    """Rows that ran on every kind of task that is asked for: others cannot be compared by a
    mean.
    """
    asked = {task.kind for task in cells.tasks if task.group == group}
    return [name for name in cells.rows(group) if asked <= set(cells.known[name].kinds)]


def table(cells, group):
    shown = whole_rows(cells, group)
    lines = []
    total = sum(task.group == group for task in cells.tasks) * len(cells.o.seeds)
    ranked = mean_ranks(cells, group, shown)
    for name in shown:
        records = [
            r
            for task in cells.tasks
            if task.group == group
            for r in cells.found.get((name, task.name), {}).values()
        ]
        line = [name, f"{len(records)}/{total}"]
        for _, measure, combine, keep in MEASURES[group]:
            found = means(cells, name, group, measure, keep)
            line.append(number(combine(found)) + part(cells, group, keep, found) if found else "-")
        if group == "curves":
            line += [f"{share(cells, name, target):.0%}" for target in score.TARGETS]
        line += [number(ranked.get(name))] + health(cells, name, group, records)
        lines.append(line)
    lines.sort(key=lambda line: float(line[3].strip("~")) if line[3] != "-" else 1e9)
    header = [f"{cells.workers} workers", "cells"] + [m[0] for m in MEASURES[group]]
    header += ["in 10 %", "in 5 %", "in 1 %"] if group == "curves" else []
    print(TITLES[group])
    show(lines, header + ["rank", "worse", "invalid", "repeated", "errors", "ms/ask"])


def health(cells, name, group, records):
    """Tasks worse than random by a standard error; invalid and repeated proposals, errors;
    processor time of an ask.
    """
    worse = [
        task.name
        for task in cells.tasks
        if task.group == group and worse_than_random(cells, name, task)
    ]
    repeated = sum(r["repeated"] for r in records if tasks.all_tasks()[r["task"]].noise is None)
    asks = sum(r["asks"] for r in records)
    return [
        str(len(worse)),
        str(sum(r["invalid"] for r in records)),
        str(repeated),
        str(sum("error" in r for r in records)),
        f"{1000 * sum(r['cpu'] for r in records) / asks:.2f}" if asks else "-",
    ]


def worse_than_random(cells, name, task):
    ours, random = (cells.values(row, task, cells.main(task.group)) for row in (name, "random"))
    shared = sorted(ours.keys() & random.keys())
    if len(shared) < 2 or name == "random":
        return False
    spread = (
        score.error(ours[s] for s in shared) ** 2 + score.error(random[s] for s in shared) ** 2
    ) ** 0.5
    return score.mean(ours[s] - random[s] for s in shared) > max(spread, 1e-9)


def share(cells, name, target):
    """Of the runs, those that reached the target."""
    hits = [
        v < 100
        for task in cells.tasks
        if task.group == "curves"
        for v in cells.values(name, task, spent(target)).values()
    ]
    return score.mean(hits)


def mean_ranks(cells, group, shown):
    by_row = {name: [] for name in shown}
    for task in cells.tasks:
        if task.group == group:
            found = {name: cells.values(name, task, cells.main(group)) for name in shown}
            found = {name: score.mean(values.values()) for name, values in found.items() if values}
            for name, rank in score.ranks(found).items():
                by_row[name].append(rank)
    return {name: score.mean(found) for name, found in by_row.items()}


def ratios(cells, group):
    """Each row divided by the reference, on the tasks and seeds that both have; below 1 is
    better.
    """
    reference = rows.REFERENCE[group]
    shown = [name for name in whole_rows(cells, group) if name != reference]
    if reference not in cells.rows(group) or not shown:
        return
    lines = []
    for name in shown:
        line = [name]
        for _, measure, combine, keep in MEASURES[group]:
            ours = means(cells, name, group, measure, keep, other=reference)
            theirs = means(cells, reference, group, measure, keep, other=name)
            if ours and combine(theirs):
                some = part(cells, group, keep, ours)
                line.append(f"{combine(ours) / combine(theirs):.2f}{some}")
            else:
                line.append("-")
        lines.append(line)
    print(f"ratio to {reference} on shared cells (~ some of the tasks only)")
    show(lines, [f"{cells.workers} workers"] + [m[0] for m in MEASURES[group]])


def per_task(cells, group):
    """Every task beside each row, and how the first row does against the reference."""
    shown = [
        name for name in cells.rows(group) if name in cells.asked or name not in rows.SEEN_ELSEWHERE
    ]
    reference = rows.REFERENCE[group]
    paired = bool(shown) and shown[0] != reference and reference in shown
    lines = []
    for task in sorted(
        (t for t in cells.tasks if t.group == group), key=lambda t: (t.kind, t.real)
    ):
        line, best = [task.name, task.kind[:6]], []
        if paired:
            line += against(cells, shown[0], reference, task)
        for name in shown:
            values = list(cells.values(name, task, cells.main(group)).values())
            if not values:
                line.append("-")
                continue
            best.append((score.mean(values), len(line)))
            mark = "!" if worse_than_random(cells, name, task) else ""
            spread = f"±{number(score.error(values))[:5]}" if len(values) > 1 else ""
            line.append(f"{number(score.mean(values))}{spread}{mark}")
        if best:
            line[min(best)[1]] = "*" + line[min(best)[1]]
        lines.append(line)
    if not shown:
        return
    print(f"{cells.main_name(group)} of each task, mean and standard error over the seeds")
    print("* best, ! worse than random by a standard error (two seeds or more)", end="")
    if paired:
        print(f"; ratio: {shown[0]} to {reference} on shared seeds,", end="")
        print(" t: their difference in its standard errors, below 0 is better", end="")
    print()
    header = [f"{cells.workers} workers", "kind"] + (["ratio", "t"] if paired else [])
    show(lines, header + [name.replace("optuna-", "o-") for name in shown])


def against(cells, name, reference, task):
    ours, theirs = (cells.values(row, task, cells.main(task.group)) for row in (name, reference))
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return ["-", "-"]
    below = score.mean(theirs[seed] for seed in shared)
    ratio = score.mean(ours[seed] for seed in shared) / max(below, score.FLOOR)
    differences = [ours[seed] - theirs[seed] for seed in shared]
    spread = score.error(differences)
    return [f"{ratio:.2f}", f"{score.mean(differences) / spread:+.1f}" if spread else "-"]


def report(o, cache, picked, known, versions):
    names = list(
        dict.fromkeys(
            [row.name for row in picked] + [name for name in known if not name.startswith("zyg")]
        )
    )
    for workers in o.workers:
        asked = [row.name for row in picked]
        cells = Cells(o, cache, workers, names, known, versions, asked)
        for group in ("plain", "curves", "fronts"):
            if cells.rows(group):
                table(cells, group)
                ratios(cells, group)
                if o.per_task:
                    per_task(cells, group)
                if o.svg:
                    os.makedirs(o.svg, exist_ok=True)
                    svg.plot(
                        cells,
                        group,
                        whole_rows(cells, group),
                        os.path.join(o.svg, f"{group}-{workers}.svg"),
                    )
