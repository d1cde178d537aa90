"""Plots of regret against trials (or trainings), written by hand."""

import html
import math

import score

COLORS = (
    "#c1121f",
    "#1d4e89",
    "#2a9d8f",
    "#e09f3e",
    "#7b2cbf",
    "#6c757d",
    "#386641",
    "#bc6c25",
    "#0096c7",
    "#d81159",
)
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 60, 30, 200, 40
LOWEST = 0.003


def series(cells, group, name):
    """[(trials, geometric mean over tasks of the mean regret over seeds)]"""
    budget = 100 if group == "curves" else cells.o.budget
    points, whole = [], 0
    for step in range(1, 41):
        count = budget * step / 40
        by_task = []
        for task in cells.tasks:
            records = cells.found.get((name, task.name), {}).values() if task.group == group else ()
            if group == "fronts" and not any(n <= count for r in records for n, _ in r["trace"]):
                continue
            values = [
                score.regret_at(task, record, count)
                for record in records
                if record["budget"] >= count
            ]
            if values:
                by_task.append(score.mean(values))
        whole = max(whole, len(by_task))
        if by_task and len(by_task) == whole:  # the line ends where some of the tasks end
            points.append((count, score.geometric(by_task)))
    return points


def plot(cells, group, names, path):
    lines = {name: series(cells, group, name) for name in names}

    budget = 100 if group == "curves" else cells.o.budget

    def place(count, value):
        across = LEFT + (WIDTH - LEFT - RIGHT) * count / budget
        down = math.log(max(value, LOWEST)) / math.log(LOWEST)
        return f"{across:.1f},{TOP + (HEIGHT - TOP - BOTTOM) * down:.1f}"

    unit = "trainings" if group == "curves" else "trials"
    title = f"{group}, {cells.workers} workers: geometric mean regret against {unit}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
        f'<text x="{LEFT}" y="18">{html.escape(title)}</text>',
    ]
    for value in (1, 0.3, 0.1, 0.03, 0.01, 0.003):
        start, end = place(0, value), place(budget, value)
        parts.append(
            f'<polyline points="{start} {end}" stroke="#ddd"/>'
            f'<text x="8" y="{float(start.split(",")[1]) + 4}">{value}</text>'
        )
    for share in range(0, 5):
        x = float(place(budget * share / 4, 1).split(",")[0])
        parts.append(
            f'<text x="{x}" y="{HEIGHT - 15}" text-anchor="middle">{budget * share // 4}</text>'
        )
    for i, (name, points) in enumerate(lines.items()):
        color = COLORS[i % len(COLORS)]
        wide = 3 if name.startswith("zyg") else 1.5
        parts.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="{wide}" '
            f'points="{" ".join(place(*point) for point in points)}"/>'
        )
        parts.append(
            f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 14 + 17 * i}" fill="{color}">'
            f"{html.escape(name)}</text>"
        )
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + "\n</svg>\n")
