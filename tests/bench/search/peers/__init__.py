"""Other people's optimisers behind the same call(request) -> reply; each runs inside the process
that drives it.
"""

import time


class InProcess:
    """Turns requests into begin, ask, report and tell."""

    spent = 0.0

    def call(self, request):
        began = time.process_time()
        try:
            return self.answer(request)
        finally:
            self.spent += time.process_time() - began

    def answer(self, request):
        op = request["op"]
        if op == "init":
            self.space, self.steps = request["space"], request["steps"]
            self.begin(request)
            return {}
        if op == "ask":
            return self.ask()
        if op == "report":
            return {"action": self.report(request["id"], request["step"], request["value"])}
        self.tell(request)
        return {}

    def report(self, number, step, value):
        return "continue"

    def cpu(self):
        """Without what the tasks themselves take, which is in this process too."""
        return self.spent

    def close(self):
        pass
