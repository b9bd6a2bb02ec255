"""Ten million keys that wait for their time: what they weigh, what arming and a tick cost.

python -m benchmarks.timers [--keys 10000000] [--out benchmarks/TIMERS.md]

One process for each side. Every key waits for a moment of its own in the next thirty days, in no order. An
event is what a cart does to its timer: the key is armed for the event, comes up, and is armed for thirty days
later. Beside the kernel's timers, the same with a sorted list (sortedcontainers). Below, all that a task
holds for a key that was restored and not touched since: key, value of the changelog, timer.
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Protocol

from sortedcontainers import SortedList

from benchmarks.contacts import resident, spent
from benchmarks.report import machine
from schemas.words import Millis
from streams.kernel.state import FORMAT
from streams.kernel.task import Task
from streams.kernel.timers import Timers
from streams.visits import Visits
from tests.builders import added

NOW: Millis = 1_772_438_400_000
MONTH: Millis = 30 * 86_400_000
EVENTS = 200_000
TICKS = 1_000


class Waiting(Protocol):
    """What both sides can do."""

    def arm(self, key: str, due: Millis) -> None:
        """Look at the key then, or earlier if it is armed for earlier."""

    def passed(self, clock: Millis) -> Iterator[str]:
        """Take out what is due."""


class Sorted:
    """The same with a sorted list of (due, key)."""

    def __init__(self) -> None:
        self._armed: dict[str, Millis] = {}
        self._order = SortedList()

    def arm(self, key: str, due: Millis) -> None:
        """Look at the key then, or earlier if it is armed for earlier."""
        armed = self._armed.get(key)
        if armed is not None:
            if armed <= due:
                return
            self._order.remove((armed, key))
        self._armed[key] = due
        self._order.add((due, key))

    def passed(self, clock: Millis) -> Iterator[str]:
        """Take out what is due."""
        while self._order and self._order[0][0] < clock:
            _, key = self._order.pop(0)
            del self._armed[key]
            yield key


SIDES: dict[str, Callable[[], Waiting]] = {"kernel": Timers, "sorted list": Sorted}


def timers(make: Callable[[], Waiting], count: int) -> dict[str, float]:
    """Everything measured of one side, in microseconds, milliseconds and bytes."""
    keys, random = [f"main/visitor-{number}" for number in range(count)], Random(1)
    before, waiting, longest = resident(), make(), 0.0

    def arm() -> None:
        for key in keys:
            waiting.arm(key, NOW + random.randrange(MONTH // 1_000, MONTH))

    armed = spent(arm)
    weight = resident() - before
    events = spent(lambda: _events(waiting, keys, random))
    for tick in range(TICKS):
        began = time.process_time()
        assert not any(waiting.passed(NOW + 10 * EVENTS + tick))
        longest = max(longest, time.process_time() - began)
    grown, come = (resident() - before - weight) / EVENTS, list[str]()
    took = spent(lambda: come.extend(waiting.passed(NOW + MONTH // 50)))
    return {
        "bytes": weight / count,
        "arm": armed / count * 1e6,
        "event": events / EVENTS * 1e6,
        "grown": grown,
        "tick": longest * 1e3,
        "due": took / len(come) * 1e6,
    }


def _events(waiting: Waiting, keys: list[str], random: Random) -> None:
    for number in range(EVENTS):
        at = NOW + 10 * number
        waiting.arm(random.choice(keys), at)
        for key in waiting.passed(at + 1):
            waiting.arm(key, at + MONTH)


def restored(count: int) -> dict[str, float]:
    """A task of which every key was restored: an open cart of one line."""
    entry, task, random, before = cart(), Task(Visits()), Random(1), resident()
    wakes = (NOW + random.randrange(MONTH // 1_000, MONTH) for _ in range(count))
    values = {f"main/visitor-{n}".encode(): encoded(entry, wake) for n, wake in enumerate(wakes)}
    took = spent(lambda: task.restore_all(values))
    values.clear()
    weight, longest = (resident() - before) / count, 0.0
    for tick in range(TICKS):
        began = time.process_time()
        assert not task.advance(NOW - TICKS + tick, NOW)
        longest = max(longest, time.process_time() - began)
    size = len(encoded(entry, NOW))
    return {"bytes": weight, "value": size, "arm": took / count * 1e6, "tick": longest * 1e3}


def encoded(entry: bytes, wake: Millis) -> bytes:
    """The value of a changelog: an entry, to be looked at then."""
    return struct.pack(">BQ", FORMAT, wake) + entry


def cart() -> bytes:
    """The entry of a visitor with one product in the cart."""
    task = Task(Visits())
    task.receive(added(0))
    task.advance(NOW, NOW)
    ((_, value),) = task.changes()
    assert value is not None
    return value[len(encoded(b"", NOW)) :]


def main() -> None:
    """Measure each side in a process of its own, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timers")
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "TIMERS.md")
    parser.add_argument("--side", choices=(*SIDES, "task"), help="measure only this, here")
    asked = parser.parse_args()
    if asked.side:
        found = restored(asked.keys) if asked.side == "task" else timers(SIDES[asked.side], asked.keys)
        print(json.dumps(found))
        return
    load = os.getloadavg()[0]
    found = {side: _measured(side, asked.keys) for side in (*SIDES, "task")}
    asked.out.write_text(_page(found, asked.keys, load))


def _measured(side: str, keys: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.timers", "--keys", str(keys), "--side", side]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    print(side, said, end="", flush=True)
    return dict(json.loads(said))


ROWS = {
    "memory of a timer, besides the key": ("bytes", "{:,.0f} bytes"),
    "a key is armed (CPU)": ("arm", "{:.1f} µs"),
    "an event: armed for it, up, armed for later (CPU)": ("event", "{:.1f} µs"),
    "memory that an event leaves behind": ("grown", "{:,.0f} bytes"),
    "a key comes up (CPU)": ("due", "{:.1f} µs"),
    f"a tick at which nothing is due, at most, of {TICKS:,} (CPU)": ("tick", "{:.2f} ms"),
}


def _page(found: dict[str, dict[str, float]], keys: int, load: float) -> str:
    lines = "\n".join(
        f"| {what} | " + " | ".join(form.format(found[side][name]) for side in SIDES) + " |"
        for what, (name, form) in ROWS.items()
    )
    task = found["task"]
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# {keys:,} live timers in one process\n\nWritten by `make bench-size`. {about}\n\n"
        f"| what | kernel | sorted list |\n|---|---|---|\n{lines}\n\n"
        "| a task whose keys were restored, each an open cart | measured |\n|---|---|\n"
        f"| memory of a key: key, value, timer | {task['bytes']:,.0f} bytes |\n"
        f"| of which the value, as it stands in the changelog | {task['value']:,.0f} bytes |\n"
        f"| a key is restored (CPU) | {task['arm']:.1f} µs |\n"
        f"| a tick at which nothing is due, at most, of {TICKS:,} (CPU) | {task['tick']:.2f} ms |\n\n"
        f"{machine()}; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
