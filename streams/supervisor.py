"""Runs the roles as processes: starts them, starts again what dies, ends all of them together."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from streams import children
from streams.addresses import Address, address_of
from streams.roles import ROLES, Role
from streams.settings import Settings

log = logging.getLogger(__name__)

STOPS_WITHIN = 20.0
"""Seconds after which a worker that was asked to stop is killed; it usually takes two."""

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a worker that died is started again, by how often it did so in a row."""

SETTLED = 60.0
"""Seconds after which a worker that lived so long counts as healthy again."""

TURN = 0.2


class Child:
    """One role: its process now, and when to start another."""

    def __init__(self, settings: Settings, role: Role) -> None:
        """Starts nothing yet."""
        self.role = role
        self.log = settings.data_dir.absolute() / "logs" / f"{role}.log"
        self.starts = 0
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._born = self._due = 0.0
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """The process id; None while none is running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def address(self) -> Address | None:
        """Where its pages are; None while it is starting."""
        found = address_of(self._settings, self.role)
        return found if found and found.pid == self.pid else None

    def tend(self, now: float) -> None:
        """Start it if it is due; note its death if it died. ``now``: monotonic seconds."""
        if self._process is None:
            if now >= self._due:
                self._start(now)
        elif (code := self._process.poll()) is not None:
            self._process = None
            self._mourn(now, code)

    def terminate(self) -> None:
        """Ask it to stop."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def end(self, until: float) -> None:
        """Wait for it until ``until`` (monotonic seconds), then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s doesn't stop, and is killed", self.role)
            self._process.kill()
            self._process.wait()

    def _start(self, now: float) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streams.cli", "worker", "--prepared", "--role", self.role]
        with open(self.log, "ab") as output:
            self._process = children.start(command, output, self._told().environment())
        self._born = now
        self.starts += 1

    def _told(self) -> Settings:
        """The settings, with pages at an address of its own: the edges have the one that was set."""
        web = self._settings.web.of_another_role(ROLES.index(self.role) + 1)
        return self._settings if self.role == "edges" else self._settings.model_copy(update={"web": web})

    def _mourn(self, now: float, code: int) -> None:
        self._deaths = 0 if now - self._born > SETTLED else self._deaths + 1
        pause = PAUSES[min(self._deaths, len(PAUSES)) - 1] if self._deaths else PAUSES[0]
        self._due = now + pause
        log.error("%s ended (%s); it starts again in %s s; see %s", self.role, _cause(code), pause, self.log)


class Supervisor:
    """The roles of one deployment on this machine."""

    def __init__(self, settings: Settings, roles: Iterable[Role] = ROLES) -> None:
        """Starts nothing yet."""
        self.children = {role: Child(settings, role) for role in roles}

    def tend(self) -> None:
        """Start what is due, note what died. Call it a few times a second, from the main thread."""
        now = time.monotonic()
        for child in self.children.values():
            child.tend(now)

    def run(self, stop: threading.Event, tell: Callable[[Role, Address], None] | None = None) -> None:
        """Tend until ``stop`` is set; then end all, whatever happened. ``tell``: a worker is there now."""
        told: set[Address] = set()
        try:
            while not stop.wait(TURN):
                self.tend()
                for role, child in self.children.items():
                    address = child.address
                    if tell and address and address not in told:
                        told.add(address)
                        tell(role, address)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask all to stop, wait, kill those that don't."""
        for child in self.children.values():
            child.terminate()
        until = time.monotonic() + STOPS_WITHIN
        for child in self.children.values():
            child.end(until)


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, instead of what they do otherwise."""
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
