"""Drives an optimiser through the ask-tell protocol with simulated asynchronous workers on a
virtual clock.

An optimiser is anything with call(request) -> reply, the dictionaries of the protocol, and cpu() ->
seconds used so far. The record of a run holds the trace of its incumbent; what it is worth is for
score.py to say.
"""

import heapq

import score
import space as spaces

CHECKPOINTS = (25, 50, 75, 100, 150, 200)


class Broken(Exception):
    """The optimiser did not keep to the protocol."""


class Run:
    def __init__(self, task, optimizer, seed, workers, budget, again=False):
        self.task, self.optimizer, self.seed, self.budget = task, optimizer, seed, budget
        self.again = again
        self.free = list(range(workers))
        self.running = []  # (time, order, worker, trial)
        self.clock = 0.0
        self.order = 0
        self.trials = {}
        self.seen = {}  # configuration -> how often it was proposed
        self.finished = self.started = self.spent = self.asks = 0
        self.counts = {"invalid": 0, "repeated": 0, "failed": 0, "stopped": 0, "paused": 0}
        self.best = None  # observed
        self.trace = []
        self.points = []

    def go(self):
        task = self.task
        cpu = 0.0
        problem = None
        try:
            self.call(
                {
                    "op": "init",
                    "protocol": 1,
                    "seed": self.seed,
                    "budget": self.budget,
                    "workers": len(self.free),
                    "steps": task.steps,
                    "objectives": ["min"] * task.objectives,
                    "space": task.space,
                    **({"repeat": "auto"} if self.again else {}),
                }
            )
            cpu = self.optimizer.cpu()
            while True:
                self.ask_all()
                if not self.running or self.over():
                    break
                self.clock, _, worker, trial = heapq.heappop(self.running)
                if self.step(trial):
                    self.start(worker, trial)
                else:
                    self.free.append(worker)
        except Broken as fault:
            problem = str(fault)
        record = {
            "trace": self.trace,
            "finished": self.finished,
            "asks": self.asks,
            **self.counts,
            "cpu": round(self.optimizer.cpu() - cpu, 6),
        }
        if problem or not self.over():
            record["error"] = problem or "waits with nothing running"
        return record

    def over(self):
        if self.task.steps > 1:
            return self.spent >= self.budget * self.task.steps
        return self.finished >= self.budget

    def call(self, request):
        reply = self.optimizer.call(request)
        if not isinstance(reply, dict) or "error" in reply:
            fault = reply["error"] if isinstance(reply, dict) else f"replied {reply!r}"
            raise Broken(f"{request['op']}: {fault}")
        return reply

    def ask_all(self):
        """Every free worker gets a trial, until one is told to wait."""
        free, self.free = sorted(self.free), []
        while free:
            trial = self.ask()
            if trial is None:
                self.free = free
                return
            self.start(free.pop(0), trial)

    def ask(self):
        """A trial to work on; None when there is none now, or no more to be asked for."""
        while not self.over() and (self.task.steps > 1 or self.started < self.budget):
            reply = self.call({"op": "ask"})
            if reply.get("wait"):
                return None
            self.asks += 1
            if self.asks > 1000 * self.budget:
                raise Broken("asks without end")
            number = reply.get("id")
            if reply.get("resume"):
                trial = self.trials.get(number)
                if trial is None or trial["state"] != "paused":
                    raise Broken(f"resume: {number} is not paused")
                trial["state"] = "running"
                return trial
            if isinstance(number, bool) or not isinstance(number, int) or number in self.trials:
                raise Broken(f"ask: {number!r} is no new number")
            trial = self.begin(number, reply.get("params"))
            if trial["state"] == "running":
                return trial
        return None

    def begin(self, number, params):
        """A trial that is tried, or an invalid one: failed at once, and its part of the budget
        gone.
        """
        task = self.task
        self.started += 1
        trial = self.trials[number] = {"id": number, "state": "running", "steps": 0, "best": None}
        if spaces.fault(task.space, params):
            self.counts["invalid"] += 1
            self.spent += task.steps
            trial["state"] = "failed"
            self.finish(trial, None)
            return trial
        values = {
            p["name"]: int(params[p["name"]]) if p["type"] == "int" else params[p["name"]]
            for p in task.space
            if p["name"] in params
        }
        key = spaces.key(values)
        repeat = self.seen.get(key, 0)
        self.seen[key] = repeat + 1
        self.counts["repeated"] += repeat > 0
        trial["observed"], trial["true"], trial["time"] = task.observe(values, self.seed, repeat)
        return trial

    def start(self, worker, trial):
        self.order += 1
        heapq.heappush(
            self.running, (self.clock + trial["time"] / self.task.steps, self.order, worker, trial)
        )

    def step(self, trial):
        """What happens at the end of a trial or of one step of it; true when its worker goes on
        with it.
        """
        if self.task.steps == 1:
            self.finish(trial, trial["observed"])
            return False
        step = trial["steps"]
        trial["steps"] = step + 1
        self.spent += 1
        observed = trial["observed"] if trial["observed"] is None else trial["observed"][step]
        if observed is None:
            self.finish(trial, None)
            return False
        if trial["best"] is None or observed < trial["best"]:
            trial["best"] = observed
            self.note(observed, trial["true"][step], self.spent / self.task.steps)
        if step + 1 == self.task.steps:
            self.finish(trial, trial["best"])
            return False
        action = self.call(
            {"op": "report", "id": trial["id"], "step": step + 1, "value": observed}
        ).get("action")
        if action == "stop":
            self.counts["stopped"] += 1
            self.finish(trial, trial["best"], "stopped")
        elif action == "pause":
            self.counts["paused"] += 1
            trial["state"] = "paused"
        elif action != "continue":
            raise Broken(f"report: no such action: {action!r}")
        return action == "continue"

    def note(self, observed, true, when):
        """The incumbent is what looks best, its worth the true value."""
        if self.again:
            return  # it is asked for
        if self.best is None or observed < self.best:
            self.best = observed
            self.trace.append([round(when, 4), true])

    def finish(self, trial, value, state="ok"):
        task = self.task
        trial["state"] = "failed" if value is None else state
        self.finished += 1
        request = {"op": "tell", "id": trial["id"], "state": trial["state"]}
        if value is None:
            self.counts["failed"] += 1
        elif task.objectives > 1:
            request["values"] = value
            self.points.append(trial["true"])
        else:
            request["value"] = value
            if task.steps == 1:
                self.note(value, trial["true"], self.finished)
        if task.steps > 1 and value is not None:
            request["step"] = trial["steps"]
        if task.objectives > 1 and (self.finished in CHECKPOINTS or self.finished == self.budget):
            self.trace.append([self.finished, score.volume(self.points, task.reference)])
        self.call(request)
        if self.again and (self.finished in CHECKPOINTS or self.finished == self.budget):
            self.ask_best()

    def ask_best(self):
        """What the optimiser recommends, worth its true value."""
        number = self.call({"op": "best"}).get("id")
        if number is not None:
            self.trace.append([self.finished, self.trials[number]["true"]])
