"""An optimiser as a child process: one JSON object a line each way."""

import json
import os
import select
import subprocess
import time


class Child:
    def __init__(self, command, patience=900):
        self.patience = patience
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.rest = b""

    def call(self, request):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            return json.loads(self._line())
        except (OSError, ValueError) as fault:
            return {"error": f"{fault} (exit status {self.process.poll()})"}

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
