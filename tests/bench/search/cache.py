"""Results of runs: a folder with one append-only file of JSON lines for each row, read by everybody
who wants to.
"""

import fcntl
import json
import os


class Cache:
    def __init__(self, folder):
        self.folder = folder
        self.records = {}  # row -> {cell: [record]}
        os.makedirs(folder, exist_ok=True)

    def _path(self, row):
        return os.path.join(self.folder, row + ".jsonl")

    def of(self, row):
        if row not in self.records:
            self.records[row] = {}
            if os.path.exists(self._path(row)):
                with open(self._path(row), encoding="utf-8") as file:
                    for line in file:
                        self._take(row, line)
        return self.records[row]

    def _take(self, row, line):
        try:
            record = json.loads(line)
        except ValueError:
            return  # a line cut short by a crash
        self.records[row].setdefault(key_of(record), []).append(record)

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
        self.of(record["optimizer"])
        with open(self._path(record["optimizer"]), "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line + "\n")
        self._take(record["optimizer"], line)


def key_of(record):
    return record["task"], record["hash"], record["seed"], record["workers"]
