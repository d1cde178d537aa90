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
        self.read = {}  # row -> bytes of its file that are in them
        os.makedirs(folder, exist_ok=True)

    def _path(self, row):
        return os.path.join(self.folder, row + ".jsonl")

    def of(self, row):
        """What is kept of a row, others' additions since the last call included."""
        cells, begin = self.records.setdefault(row, {}), self.read.get(row, 0)
        if os.path.exists(self._path(row)) and os.path.getsize(self._path(row)) > begin:
            with open(self._path(row), "rb") as file:
                file.seek(begin)
                lines = file.read()
            lines = lines[: lines.rfind(b"\n") + 1]  # one may be being written
            self.read[row] = begin + len(lines)
            for line in lines.splitlines():
                self._take(row, line)
        return cells

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
        with open(self._path(record["optimizer"]), "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line + "\n")


def key_of(record):
    return record["task"], record["hash"], record["seed"], record["workers"]
