"""Everything that runs during a demo: broker, simulator, roles, and the observer who looks on."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from schemas.topics import FACTS
from schemas.words import Millis
from streams import children
from streams.broker import EmbeddedBroker
from streams.demo.folder import DemoOptions
from streams.demo.landed import landed_rows
from streams.demo.memory import PeakMemory
from streams.demo.observer import Observer
from streams.demo.tally import Tally
from streams.errors import Unavailable
from streams.preparing import prepare
from streams.roles import Role
from streams.settings import Settings
from streams.supervisor import STOPS_WITHIN, Supervisor
from streams.tails import ends
from streams.wiring import codec_of, kernel_config

HISTORY = "2h"
KERNELS: tuple[Role, ...] = ("visits", "care")
STARTS_WITHIN = 180.0
"""Seconds within which each part has to be up."""
CATCHES_UP_WITHIN = 30.0
"""Seconds within which care, and then landing, have to get through what is left."""
ROUNDS = 2
"""What care tells itself may be forwarded once more."""
TURN = 0.05

Status = dict[str, Any]


class Stage:
    """The parts of a demo. Start them in the order of the methods; ``close`` ends whatever runs.

    ``interrupted``: whether somebody lost patience; then waiting raises KeyboardInterrupt.
    """

    def __init__(self, settings: Settings, options: DemoOptions, broker: EmbeddedBroker) -> None:
        self.settings = settings
        self.interrupted: Callable[[], bool] = lambda: False
        self.clock = settings.clock.clock()
        self.memory = PeakMemory()
        self.observer = Observer(kernel_config(settings), codec_of(settings))
        self.tally = Tally()
        self.supervisor = Supervisor(settings)
        self._broker = broker
        self._options = options
        self._simulator: subprocess.Popen[bytes] | None = None
        self._roles_wanted = False
        self._lookers = ThreadPoolExecutor(2, thread_name_prefix="looker")
        self._looking: list[Future[None]] = []
        self._enough = threading.Event()

    def prepare(self) -> None:
        """Topics and rules; from here on somebody looks on."""
        prepare(self.settings)
        kafka, codec = kernel_config(self.settings), codec_of(self.settings)
        self._looking = [
            self._lookers.submit(self.observer.run, self._enough),
            self._lookers.submit(self.tally.run, kafka, codec, self._enough),
        ]

    def start_simulator(self) -> None:
        """Start the simulated shop, and wait until its history is published."""
        arguments = ["--rate", str(self._options.rate), "--seed", str(self._options.seed)]
        arguments += ["--history", HISTORY, "--status", str(self._note)]
        command = [sys.executable, "-m", "streams.cli", "simulate", *arguments]
        with open(self._log("simulator"), "ab") as output:
            self._simulator = children.start(command, output, self.settings.environment())
        self._must(lambda: self.simulated().get("state") == "live", "the simulator", STARTS_WITHIN)

    def start_roles(self) -> None:
        """Start the roles, and wait until all are at work and have caught up with the log.

        Not before the history is published: they would append heartbeats that are later than it.
        """
        self._roles_wanted = True
        self._must(self._at_work, "the roles", STARTS_WITHIN, self._waits_for)

    def tend(self) -> None:
        """Keep the roles running, look at memory; call it often. Raises Unavailable if the rest has ended."""
        if self._roles_wanted:
            self.supervisor.tend()
        self.memory.sample(self._pids())
        for looking in self._looking:
            if looking.done():
                looking.result()
        if not self._broker.alive:
            raise Unavailable(f"the broker ended; see {self.settings.data_dir / 'logs' / 'broker.log'}")
        if self._simulator and self._simulator.poll() not in (None, 0):
            raise Unavailable(f"the simulator ended; see {self._log('simulator')}")

    def stop_simulator(self) -> None:
        """No more events."""
        assert self._simulator
        self._simulator.terminate()
        self._must(lambda: self.simulated().get("state") == "stopped", "the simulator's end", STARTS_WITHIN)

    def catch_up(self) -> bool:
        """Wait until care is through with all that was published, and with what its tasks told each other of
        it, which may take something back; whether it was in time.
        """
        reached = self.clock.now()
        through = self._until(lambda: self.care_clock > reached, CATCHES_UP_WITHIN)
        return through and all(self._heard_itself() for _ in range(ROUNDS))

    def _heard_itself(self) -> bool:
        config = kernel_config(self.settings)
        told = ends(config, {config.named(FACTS): self.settings.partitions})

        def heard() -> bool:
            to = self.status("care").get("durable to", {})
            return all(to.get(f"{FACTS.label}-{number}", 0) >= end for (_, number), end in told.items())

        return self._until(heard, CATCHES_UP_WITHIN)

    def stop_kernels(self) -> None:
        """Nobody writes to the log any more; landing and edges still read it."""
        self._roles_wanted = False
        kernels = [self.supervisor.children[role] for role in KERNELS]
        for kernel in kernels:
            kernel.terminate()
        until = time.monotonic() + STOPS_WITHIN
        for kernel in kernels:
            kernel.end(until)

    def landed(self, wanted: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        """Rows landed per topic, as soon as they are as wanted, or as they are when patience ends."""
        rows: dict[str, int] = {}

        def asked() -> bool:
            rows.update(landed_rows(self.settings))
            return wanted(rows)

        self._until(asked, CATCHES_UP_WITHIN)
        return rows

    def close(self) -> None:
        """End everything but the broker."""
        self.supervisor.stop()
        if self._simulator and self._simulator.poll() is None:
            self._simulator.kill()
            self._simulator.wait()
        self._enough.set()
        self._lookers.shutdown()

    def simulated(self) -> Status:
        """What the simulator says of itself."""
        return json.loads(self._note.read_text()) if self._note.exists() else {}

    def status(self, role: Role) -> Status:
        """What a role says of itself; empty while it doesn't."""
        address = self.supervisor.children[role].address
        return _get(f"{address.url}/status") if address else {}

    @property
    def page(self) -> str:
        """Where the live page is; empty while it isn't."""
        address = self.supervisor.children["edges"].address
        return f"{address.url}/" if address else ""

    @property
    def care_clock(self) -> Millis:
        """How far care has come, so that it stays: what is beyond goes back when the kernel ends."""
        return int(self.status("care").get("durable", 0))

    def _at_work(self) -> bool:
        behind = self.settings.lateness + 2_000 * self._options.speed
        kernels = [self.status("visits"), self.status("care")]
        caught_up = all(0 <= kernel.get("behind", -1) <= behind for kernel in kernels)
        return caught_up and bool(self.status("landing") and self.status("edges"))

    def _waits_for(self) -> str:
        """What each role says that it has still to do."""
        return "".join(f"; {role}: {_what_it_says(self.status(role))}" for role in self.supervisor.children)

    def _must(
        self, done: Callable[[], bool], what: str, seconds: float, why: Callable[[], str] = str
    ) -> None:
        if not self._until(done, seconds):
            raise Unavailable(f"{what} took more than {seconds:g} s{why()}; see {self._log('*').parent}")

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait for something, and tend what runs meanwhile; whether it came in time."""
        until = time.monotonic() + seconds
        while not done():
            if self.interrupted():
                raise KeyboardInterrupt
            self.tend()
            if time.monotonic() > until:
                return False
            time.sleep(TURN)
        return True

    def _pids(self) -> dict[str, int | None]:
        found: dict[str, int | None] = {role: child.pid for role, child in self.supervisor.children.items()}
        simulator = self._simulator and self._simulator.poll() is None and self._simulator.pid
        return found | {
            "broker": self._broker.pid,
            "simulator": simulator or None,
            "demo": os.getpid(),
        }

    @property
    def _note(self) -> Path:
        return self.settings.data_dir / "simulator.json"

    def _log(self, name: str) -> Path:
        folder = self.settings.data_dir / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"


def _what_it_says(status: Status) -> str:
    if not status:
        return "doesn't answer"
    behind = status.get("behind")
    if behind is None:
        clock = ""
    else:
        clock = f" ({behind / 1000:.0f} s behind)" if behind >= 0 else " (its clock has not begun)"
    return f"{status.get('why_not') or 'at work'}{clock}"


def _get(url: str) -> Status:
    """The JSON at a URL; empty if nobody answers (yet)."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            found: Status = json.load(answer)
            return found
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
