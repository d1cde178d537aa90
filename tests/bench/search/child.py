"""An optimiser as a child process: one JSON object a line each way."""

import json
import os
import select
import subprocess
import time


class Child:
    """A tell leaves with the request that follows it (unless `hasty`): half as many switches of
    processes, which is what runs on a busy machine wait for. Its error, if any, comes then too.
    """

    def __init__(self, command, patience=900):
        self.patience, self.hasty = patience, False
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.rest, self.waiting = b"", []

    def call(self, request):
        self.waiting.append(json.dumps(request).encode() + b"\n")
        if request["op"] == "tell" and not self.hasty and len(self.waiting) < 16:
            return {}
        return self._exchange()

    def _exchange(self):
        """Sends what waits; the last reply, or the first that is an error."""
        lines, self.waiting = self.waiting, []
        try:
            self.process.stdin.write(b"".join(lines))
            replies = [json.loads(self._line()) for _ in lines]
        except (OSError, ValueError) as fault:
            return {"error": f"{fault} (exit status {self.process.poll()})"}
        wrong = [reply for reply in replies if not isinstance(reply, dict) or "error" in reply]
        return wrong[0] if wrong else replies[-1]

    def _line(self):
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], self.patience)[0]:
                raise OSError(f"no answer in {self.patience} s")
            some = os.read(self.process.stdout.fileno(), 1 << 16)
            if not some:
                self.process.wait()
                raise OSError("it ended")
            self.rest += some
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def cpu(self):
        """Processor seconds of all its threads: Linux makes the clock of any process from its
        number (CPUCLOCK_SCHED).
        """
        if self.waiting:
            self._exchange()
        try:
            return time.clock_gettime((~self.process.pid << 3) | 2)
        except OSError:
            return 0.0

    def close(self):
        try:
            self.process.stdin.write(b'{"op":"quit"}\n')
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()
