#!/usr/bin/env python3
"""Tests of the suite itself, with the standard library alone: the loop, the measures, what counts
as invalid.
"""

import contextlib
import io
import json
import os
import random
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import cache
import keep
import loop
import rows
import run
import score
import space as spaces
import table
import task as tasks

SPACE = [
    spaces.real("x", 0.001, 1.0, log=True),
    spaces.integer("k", 1, 4),
    spaces.category("kind", ["a", "b"]),
    spaces.real("y", -1.0, 1.0, when=("kind", "b")),
]


class Script:
    """An optimiser that answers from a list and remembers what it was sent."""

    def __init__(self, answers):
        self.answers, self.heard = list(answers), []

    def call(self, request):
        self.heard.append(request)
        if request["op"] in ("ask", "report"):
            return self.answers.pop(0) if self.answers else {"wait": True}
        return {}

    def cpu(self):
        return 0.0


def ask(number, x, **more):
    return {"id": number, "params": {"x": x, **more}}


def one(function=lambda values: values["x"], **more):
    task = tasks.Task("one", [spaces.real("x", 0.0, 1.0)], function, **more)
    task.__dict__["known"] = {"best": 0.0, "median": 0.5}
    return task


class Spaces(unittest.TestCase):
    def test_what_is_a_configuration(self):
        good = {"x": 0.1, "k": 2, "kind": "b", "y": 0.0}
        self.assertIsNone(spaces.fault(SPACE, good))
        self.assertIsNone(spaces.fault(SPACE, {**good, "k": 2.0}))
        for bad in (
            {"x": 0.1, "k": 2, "kind": "b"},
            {**good, "kind": "a"},
            {**good, "k": 2.5},
            {**good, "k": 5},
            {**good, "k": True},
            {**good, "x": 0.0},
            {**good, "x": "0.1"},
            {**good, "x": float("nan")},
            {**good, "kind": "c"},
            {**good, "z": 1},
            None,
        ):
            self.assertIsNotNone(spaces.fault(SPACE, bad), bad)

    def test_draws_are_configurations(self):
        rng = random.Random(1)
        for task in tasks.all_tasks().values():
            for _ in range(20):
                self.assertIsNone(spaces.fault(task.space, spaces.draw(task.space, rng)))

    def test_unit_and_back(self):
        self.assertAlmostEqual(spaces.at(SPACE[0], 0.5), 10**-1.5)
        self.assertEqual([spaces.at(SPACE[1], u) for u in (0, 0.24, 0.26, 1)], [1, 1, 2, 4])
        self.assertAlmostEqual(spaces.unit(SPACE[1], 1), 0.125)

    def test_branches(self):
        found = [(c, [p["name"] for p in numbers]) for c, numbers in spaces.branches(SPACE)]
        self.assertEqual(found, [({"kind": "a"}, ["x", "k"]), ({"kind": "b"}, ["x", "k", "y"])])


class Loop(unittest.TestCase):
    def test_incumbent_and_counts(self):
        script = Script([ask(0, 0.7), ask(1, 0.2), ask(2, 0.7), ask(3, 2.0), ask(4, 0.1)])
        record = loop.Run(one(spread=0.0), script, 0, 1, 5).go()
        self.assertEqual(record["trace"], [[1, 0.7], [2, 0.2], [5, 0.1]])
        self.assertEqual((record["invalid"], record["repeated"], record["failed"]), (1, 1, 1))
        self.assertEqual(script.heard[8], {"op": "tell", "id": 3, "state": "failed"})
        self.assertNotIn("error", record)

    def test_failures_take_budget(self):
        task = one(lambda values: None if values["x"] > 0.5 else values["x"])
        record = loop.Run(task, Script([ask(0, 0.9), ask(1, 0.3)]), 0, 1, 2).go()
        self.assertEqual((record["trace"], record["failed"]), ([[2, 0.3]], 1))

    def test_workers_run_beside_each_other(self):
        task = one(seconds=lambda values: values["x"], spread=0.0)
        script = Script([ask(0, 0.9), ask(1, 0.3), ask(2, 0.1), ask(3, 0.8)])
        loop.Run(task, script, 0, 2, 4).go()
        told = [r["id"] for r in script.heard if r["op"] == "tell"]
        self.assertEqual(told, [1, 2, 0, 3])

    def test_wrong_protocol_ends_the_run(self):
        for answers in (
            [],
            [{"id": 0}, {"id": 0}],
            [ask("a", 0.1)],
            [{"id": 3, "resume": True}],
            [{"error": "no"}],
        ):
            record = loop.Run(one(), Script(answers), 0, 1, 3).go()
            self.assertIn("error", record, answers)
        refusing = Script([])
        refusing.call = lambda request: {"error": "no such space"}
        record = loop.Run(one(), refusing, 0, 1, 3).go()
        self.assertEqual((record["error"], record["trace"]), ("init: no such space", []))

    def test_the_incumbent_of_a_noisy_task_is_scored_by_its_true_value(self):
        task = one(noise=lambda values, true: 5.0)
        record = loop.Run(task, Script([ask(i, 0.01 * (i + 1)) for i in range(20)]), 3, 1, 20).go()
        self.assertTrue(all(0.01 <= value <= 0.2 for _, value in record["trace"]))
        first, again = (task.observe({"x": 0.5}, 3, repeat) for repeat in (0, 1))
        self.assertNotEqual(first[0], again[0])
        self.assertEqual(first, task.observe({"x": 0.5}, 3, 0))

    def test_who_runs_again_names_his_best(self):
        task = one(noise=lambda values, true: 5.0)
        script = Script([ask(0, 0.5), ask(1, 0.25), ask(2, 0.25), ask(3, 0.75)])
        told, script.call = script.call, lambda request: (
            {"id": 2} if request["op"] == "best" else told(request)
        )
        record = loop.Run(task, script, 0, 1, 4, True).go()
        self.assertEqual(script.heard[0]["repeat"], "auto")
        self.assertEqual(record["trace"], [[4, 0.25]])
        self.assertTrue(rows.named("zyg-gp:again", __file__).again)
        self.assertFalse(rows.named("zyg-gp", __file__).again)

    def test_curves_stop_pause_and_resume(self):
        task = one(lambda values: [1.0, values["x"], 0.9], steps=3, spread=0.0)
        go, stop, pause = ({"action": action} for action in ("continue", "stop", "pause"))
        script = Script([ask(0, 0.5), pause, ask(1, 0.4), go, stop, {"id": 0, "resume": True}, go])
        record = loop.Run(task, script, 0, 1, 2).go()
        self.assertEqual(record["trace"], [[0.3333, 1.0], [1.0, 0.4]])
        tells = [r for r in script.heard if r["op"] == "tell"]
        self.assertEqual(
            tells[0], {"op": "tell", "id": 1, "state": "stopped", "value": 0.4, "step": 2}
        )
        self.assertEqual(tells[1], {"op": "tell", "id": 0, "state": "ok", "value": 0.5, "step": 3})
        self.assertEqual((record["stopped"], record["paused"]), (1, 1))

    def test_same_seed_same_run(self):
        def again(seed):
            optimizer = rows.ROWS["random"].start()
            try:
                record = loop.Run(tasks.all_tasks()["cliff4"], optimizer, seed, 4, 30).go()
            finally:
                optimizer.close()
            self.assertGreater(record.pop("cpu"), 0)
            return record

        self.assertEqual(again(5), again(5))
        self.assertNotEqual(again(5)["trace"], again(6)["trace"])


class Scores(unittest.TestCase):
    def test_regret(self):
        record = {"trace": [[3, 0.4], [60, 0.1], [150, -1.0]]}
        self.assertEqual(score.regret_at(one(), record, 2), 1.0)  # no success yet
        self.assertAlmostEqual(score.regret_at(one(), record, 50), 0.8)
        self.assertAlmostEqual(score.regret_at(one(), record, 100), 0.2)
        self.assertEqual(score.regret_at(one(), record, 200), 0.0)  # better than known

    def test_spent(self):
        record = {"trace": [[1.5, 0.4], [7.25, 0.02], [40.0, 0.01]]}
        found = [score.spent_until(one(), record, target) for target in score.TARGETS]
        self.assertEqual(found, [7.25, 7.25, 100.0])

    def test_volume(self):
        self.assertAlmostEqual(score.volume([(1, 2), (2, 1), (2.5, 2.5), (9, 0)], (3, 3)), 3.0)
        self.assertAlmostEqual(score.volume([(0, 0, 1), (1, 1, 0), (0, 0, 5)], (2, 2, 2)), 5.0)
        self.assertEqual(score.volume([], (1, 1)), 0.0)

    def test_means(self):
        self.assertAlmostEqual(score.geometric([0.1, 0.0]), 0.01)  # the floor is 0.001
        self.assertAlmostEqual(score.error([1, 2, 3]), (1 / 3) ** 0.5)
        self.assertEqual(score.ranks({"a": 1, "b": 3, "c": 1}), {"a": 1.5, "b": 3, "c": 1.5})


class Kept(unittest.TestCase):
    def test_every_task_has_its_known_values(self):
        counts = {}
        for task in tasks.all_tasks().values():
            counts[task.group] = counts.get(task.group, 0) + 1
            self.assertNotEqual(task.known["best"], task.known["median"])
        self.assertEqual(counts, {"plain": 27, "curves": 6, "fronts": 4})

    def test_look_up_is_exact_on_flat_and_sloped_data(self):
        numbers = [spaces.real("x", 0, 1), spaces.real("y", 0, 1)]
        places = table.points(numbers, 60)
        sloped = {"values": [100 + 50 * p["x"] - 20 * p["y"] for p in places], "times": [7] * 60}
        value, seconds = table.Branch(numbers, sloped).look_up({"x": 0.4, "y": 0.55})
        self.assertAlmostEqual(value, 109, delta=0.1)
        self.assertAlmostEqual(seconds, 0.007)

    def test_the_command_line_keeps_and_finds_results(self):
        with tempfile.TemporaryDirectory() as folder:
            line = [
                "--tasks",
                "valleys2,forks9",
                "--seeds",
                "2",
                "--budget",
                "50",
                "--workers",
                "4",
                "--no-report",
                "--measured",
                os.path.join(folder, "none"),
            ]
            run.main([*line, "--optimizer", "random", "--results", folder])
            path = os.path.join(folder, "random.jsonl")
            with open(path, encoding="utf-8") as file:
                first = file.read()
            self.assertEqual(len(first.splitlines()), 4)
            run.main([*line, "--optimizer", "random", "--results", folder])
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), first)
            kept, row, task = cache.Cache(folder), rows.ROWS["random"], tasks.all_tasks()["forks9"]
            self.assertEqual(kept.find(row, task, 1, 4, 50), json.loads(first.splitlines()[3]))
            self.assertIsNone(kept.find(row, task, 1, 4, 100))
            svg = os.path.join(folder, "plots")
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                run.main(
                    [*filter("--no-report".__ne__, line), "--results", folder]
                    + ["--per-task", "--svg", svg]
                )
            self.assertRegex(shown.getvalue(), r"random +4/4 ")
            self.assertIn("forks9", shown.getvalue())
            self.assertEqual(os.listdir(svg), ["plain-4.svg"])

    def test_some_runs_at_once_come_to_the_same(self):
        row, task = rows.ROWS["random"], tasks.all_tasks()["forks9"]
        found = []
        for jobs in ("1", "2"):
            with tempfile.TemporaryDirectory() as folder:
                line = ["--optimizer", "random", "--tasks", "forks9", "--workers", "4"]
                line += ["--measured", "none", "--seeds", "3", "--budget", "20", "--no-report"]
                run.main([*line, "--jobs", jobs, "--results", folder])
                kept = cache.Cache(folder)
                found.append([kept.find(row, task, seed, 4, 20)["trace"] for seed in range(3)])
        self.assertEqual(*found)

    def test_what_came_with_the_tree_is_not_run_again(self):
        row, task = rows.ROWS["random"], tasks.all_tasks()["forks9"]
        with tempfile.TemporaryDirectory() as folder:
            results, measured = (os.path.join(folder, name) for name in ("results", "measured"))
            os.mkdir(measured)
            line = ["--optimizer", "random", "--tasks", "forks9", "--workers", "4", "--no-report"]
            line += ["--results", results, "--measured", measured]
            run.main([*line, "--seeds", "2", "--budget", "50"])
            self.assertEqual(keep.keep(results, "random", measured), 2)
            run.main([*line, "--seeds", "2", "--budget", "100"])  # replaces what is shorter
            self.assertEqual(keep.keep(results, "random", measured), 2)
            kept = cache.Cache(os.path.join(folder, "empty"), measured)
            once = cache.Cache(results).find(row, task, 1, 4, 100)
            found = kept.find(row, task, 1, 4, 100)
            self.assertNotIn("wall", found)
            self.assertEqual(found["asks"], once["asks"])
            for (count, value), (_, rounded) in zip(once["trace"], found["trace"]):
                self.assertAlmostEqual(task.regret(value), task.regret(rounded), 5, count)
            elsewhere = os.path.join(folder, "elsewhere")
            run.main([*line, "--seeds", "2", "--budget", "100", "--results", elsewhere])
            self.assertEqual(os.listdir(elsewhere), [])


if __name__ == "__main__":
    unittest.main(verbosity=0)
