"""The processes of one side, and what they cost."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from streams import children

PATIENCE = 120.0
"""Seconds after which a side that doesn't finish has failed."""


class Cost(NamedTuple):
    """What some work took.

    Wall time, CPU of the side's processes and of the broker, in seconds; the processes' memory, in bytes.
    """

    seconds: float
    cpu: float
    broker: float
    memory: int


class Side:
    """Running processes, started by their command lines."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end
        self._processes = [self._start(command) for command in commands]

    @contextmanager
    def measured(self, broker: int, costs: list[Cost]) -> Iterator[None]:
        """Append what the block costs; ``broker`` is the broker's process."""
        began, cpu, served = time.monotonic(), self._cpu(), _cpu_of(broker)
        yield
        ended = time.monotonic()
        costs.append(Cost(ended - began, self._cpu() - cpu, _cpu_of(broker) - served, self._memory()))

    def wait_for(self, line: str) -> None:
        """Until a process printed that line. Raises TimeoutError, or RuntimeError if one ended."""
        until = time.monotonic() + PATIENCE
        while line not in self.said().splitlines():
            if time.monotonic() > until:
                raise TimeoutError(f"not said within {PATIENCE:.0f} s: {line}")
            if any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"a process ended before it said: {line}")
            time.sleep(0.01)

    def said(self) -> str:
        """The end of what the processes printed."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), 4_000, max(0, size - 4_000)).decode(errors="replace")

    def require_alive(self) -> None:
        """Raises RuntimeError if one ended."""
        if any(process.poll() is not None for process in self._processes):
            raise RuntimeError("a process ended before its work was done")

    def peak(self) -> int:
        """The most resident memory that each process ever had, added up, in bytes (Linux)."""
        return sum(_peak_of(process.pid) for process in self._processes)

    def end(self) -> None:
        """End the processes, whatever they are doing: what counts was counted."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._log.close()

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return children.start(command, self._log.fileno())

    def _cpu(self) -> float:
        return sum(_cpu_of(process.pid) for process in self._processes)

    def _memory(self) -> int:
        return sum(psutil.Process(process.pid).memory_info().rss for process in self._processes)


def module(*command: str) -> Sequence[str]:
    """A module of this package with its arguments, as a command line."""
    return [sys.executable, "-m", *command]


def _peak_of(pid: int) -> int:
    """As /proc tells it, in kibibytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def _cpu_of(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def running(*commands: Sequence[str]) -> Iterator[Side]:
    """Processes for as long as the block runs. If it fails, it says what they printed."""
    side = Side(commands)
    try:
        yield side
    except Exception as failure:
        failure.add_note(side.said())
        raise
    finally:
        side.end()
