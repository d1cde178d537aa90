"""Results of runs: a folder with one append-only file of JSON lines for each row, read by everybody
who wants to. Beside it `measured/` in the tree, which has those of other people's optimisers, so that
a build is compared with them in minutes and not in days.
"""

import fcntl
import json
import os


MEASURED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measured")


class Cache:
    """folder: added to; others are only read, and what is in the first counts before them."""

    def __init__(self, folder, *others):
        self.folder = folder
        self.folders = (*others, folder)
        self.records = {}  # row -> {cell: [record]}
        self.read = {}  # file -> bytes of it that are in them
        os.makedirs(folder, exist_ok=True)

    def of(self, row):
        """What is kept of a row, others' additions since the last call included."""
        for folder in self.folders:
            self._read(row, os.path.join(folder, row + ".jsonl"))
        return self.records.setdefault(row, {})

    def _read(self, row, path):
        begin = self.read.get(path, 0)
        if not os.path.exists(path) or os.path.getsize(path) <= begin:
            return
        with open(path, "rb") as file:
            file.seek(begin)
            lines = file.read()
        lines = lines[: lines.rfind(b"\n") + 1]  # one may be being written
        self.read[path] = begin + len(lines)
        for line in lines.splitlines():
            self._take(row, line)

    def _take(self, row, line):
        try:
            record = json.loads(line)
        except ValueError:
            return  # a line cut short by a crash
        self.records.setdefault(row, {}).setdefault(key_of(record), []).append(record)

    def find(self, row, task, seed, workers, budget, version=None):
        """A run of this cell: of this version (else the newest stored), and of this budget or, for
        a row that is not told the budget, any that is no smaller.
        """
        found = None
        for record in self.of(row.name).get((task.name, task.hash, seed, workers), ()):
            enough = record["budget"] == budget or row.blind and record["budget"] > budget
            if enough and (version is None or record["version"] == version):
                found = record
        return found

    def add(self, record):
        line = json.dumps(record, separators=(",", ":"))
        path = os.path.join(self.folder, record["optimizer"] + ".jsonl")
        with open(path, "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line + "\n")


def key_of(record):
    return record["task"], record["hash"], record["seed"], record["workers"]
