"""Workers of one deployment as processes that are killed at random and started again, under the simulator."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from schemas.words import Millis
from streams import children
from streams.asking import status
from streams.roles import Role
from streams.settings import Settings

PATIENCE = 180.0
"""Seconds; far more than anything takes on a machine that isn't busy with something else."""
TURN = 0.05
WHILE_IT_STARTS = 0.25
"""Share of the kills that don't wait until the process is at work."""
LONGEST = 2.0
"""Seconds that a process is at work, or starting, until it is killed; at most."""


@dataclass
class Worker:
    """``heedful worker`` in one role, with a data folder of its own."""

    role: Role
    settings: Settings
    wanted: bool = True
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

    def __str__(self) -> str:
        return f"{self.role} of {self.settings.data_dir.name}"

    @property
    def status(self) -> dict[str, Any]:
        """What it says of itself; empty while it doesn't."""
        return status(self.settings, self.role)

    @property
    def works(self) -> bool:
        """Whether it holds partitions."""
        said = self.status
        return bool(said.get("tasks") or said.get("partitions"))

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "streams.cli", "worker", "--prepared", "--role", self.role]
        self.process = started(command, self.settings, self.role)

    def kill(self) -> None:
        """End it as by ``kill -9``."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.deaths += 1

    def stop(self) -> None:
        """End it in order, for good."""
        self.wanted = False
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0, self


@dataclass
class Fleet:
    """All workers, and the simulator whose events they work on. Time is that of the settings' clock."""

    settings: Settings
    workers: Sequence[Worker]
    simulator: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def simulate(self, rate: float, seed: int, history: str) -> None:
        """Start the simulator and wait until its history is published."""
        words = ["--rate", str(rate), "--seed", str(seed), "--history", history, "--status", str(self._note)]
        command = [sys.executable, "-m", "streams.cli", "simulate", *words]
        self.simulator = started(command, self.settings, "simulator")
        self.until(lambda: self._simulated() == "live", "the simulator is live")

    def tend(self) -> None:
        """Start what isn't running."""
        assert self.simulator is not None
        assert self.simulator.poll() in (None, 0), "the simulator died"
        for worker in self.workers:
            if worker.wanted and not worker.runs:
                worker.start()

    def kill_some(self, number: int, random: Random) -> None:
        """Kill so many processes, each chosen at random: most of them at work, some while they start."""
        for count in range(1, number + 1):
            victim = random.choice(self.workers)
            while_it_starts = random.random() < WHILE_IT_STARTS
            self.until(lambda: victim.runs if while_it_starts else victim.works, f"{victim} runs")  # noqa: B023
            self.wait(random.uniform(0.0, LONGEST))
            works = victim.works
            victim.kill()
            print(f"kill {count} of {number}: {victim}, {'at work' if works else 'starting'}", flush=True)

    def catch_up(self) -> Millis:
        """End the simulator; the moment up to which the care kernel is then through with everything."""
        assert self.simulator is not None
        self.simulator.terminate()
        self.until(lambda: self._simulated() == "stopped", "the simulator has stopped")
        now = self.settings.clock.clock().now()
        self.until(lambda: self.reached > now, "care has caught up")
        return self.reached

    @property
    def reached(self) -> Millis:
        """How far the care kernel has come, durably; 0 while a partition is nobody's."""
        said = [worker.status for worker in self.of("care")]
        if sum(each.get("tasks", 0) for each in said) != self.settings.partitions:
            return 0
        return min(int(each["durable"]) for each in said if each.get("tasks"))

    def of(self, role: Role) -> list[Worker]:
        """The workers in a role."""
        return [worker for worker in self.workers if worker.role == role]

    def stop(self, *roles: Role) -> None:
        """End the workers in these roles, in order."""
        for role in roles:
            for worker in self.of(role):
                worker.stop()

    def close(self) -> None:
        """Kill whatever still runs."""
        for process in [self.simulator, *(worker.process for worker in self.workers)]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Tend until something is true."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, f"waited {PATIENCE:.0f} s in vain: {what}"
            self.wait(TURN)

    def wait(self, seconds: float) -> None:
        """Tend for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.simulator is not None and self._simulated() in ("live", "stopped"):
                self.tend()
            time.sleep(min(TURN, left))

    def _simulated(self) -> str:
        return str(json.loads(self._note.read_text())["state"]) if self._note.exists() else ""

    @property
    def _note(self) -> Path:
        return self.settings.data_dir / "simulator.json"


def started(command: Sequence[str], settings: Settings, name: str) -> subprocess.Popen[bytes]:
    """A child that works under the settings; what it says is kept in its data folder."""
    folder = settings.data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.log", "ab") as log:
        return children.start(command, log, settings.environment())
