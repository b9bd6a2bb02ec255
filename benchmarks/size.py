"""What an event costs, however many keys a task holds.

python -m benchmarks.size [--keys 10000 100000 1000000 10000000] [--out benchmarks/SIZE.md]

One visits task without a broker, in a new process for each size. Every key was restored, undecoded, as an
open cart that waits for a moment within the next month. Then clicks of visitors chosen at random come, a
hundred to a commit: applied, timers moved, state encoded. First clicks of visitors who were not touched since
the restore, whose state is decoded, then clicks of the same ones again: the median of the commits, and in
brackets the mean.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TypeAlias

from benchmarks.contacts import resident, spent
from benchmarks.plot import Bar, plot
from benchmarks.report import machine
from benchmarks.timers import MONTH, NOW, cart, encoded
from schemas.events import Click
from schemas.words import Millis
from streams.kernel.task import Task
from streams.rules.visitor import Visitor
from streams.visits import Visits

Found: TypeAlias = dict[str, list[float]]

EVENTS = 5_000
BATCH = 100


def measured(keys: int) -> Found:
    """Microseconds an event, of each commit; and bytes a key."""
    before, random, entry, task = resident(), Random(1), cart(), Task(Visits())
    wakes = (NOW + random.randrange(MONTH // 100, MONTH) for _ in range(keys))
    task.restore_all({f"main/visitor-{n}".encode(): encoded(entry, wake) for n, wake in enumerate(wakes)})
    task.resume(NOW)
    weight = (resident() - before) / keys
    chosen = random.sample(range(keys), EVENTS)
    first, again = (_clicks(task, chosen, NOW + round * EVENTS) for round in range(2))
    return {"first": first, "again": again, "bytes": [weight]}


def _clicks(task: Task[Visitor], visitors: list[int], begin: Millis) -> list[float]:
    """One a millisecond; microseconds of a click, by commit."""
    clicks = [_click(begin + number, visitor) for number, visitor in enumerate(visitors)]
    commits = (clicks[start : start + BATCH] for start in range(0, EVENTS, BATCH))
    return [spent(lambda: _commit(task, commit)) / BATCH * 1e6 for commit in commits]  # noqa: B023


def _commit(task: Task[Visitor], clicks: list[Click]) -> None:
    for click in clicks:
        task.receive(click)
    end = clicks[-1].occurred_at + 1
    task.advance(end, end)
    assert len(task.changes()) == BATCH


def _click(at: Millis, visitor: int) -> Click:
    return Click(event_id=f"click-{at}", occurred_at=at, received_at=at, visitor_id=f"visitor-{visitor}")


def main() -> None:
    """Measure each size in a process of its own, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.size")
    parser.add_argument("--keys", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "SIZE.md")
    parser.add_argument("--one", action="store_true", help="measure the first size, here")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.keys[0])))
        return
    load = os.getloadavg()[0]
    found = {keys: _apart(keys) for keys in asked.keys}
    asked.out.write_text(_page(found, load))
    asked.out.with_suffix(".svg").write_text(_plot(found))


def _apart(keys: int) -> Found:
    command = [sys.executable, "-m", "benchmarks.size", "--one", "--keys", str(keys)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: Found = json.loads(said)
    print(_line(keys, found), flush=True)
    return found


def _plot(found: dict[int, Found]) -> str:
    """What an event costs at each size: the median of the commits, and from the 10th to the 90th of 100."""
    kinds = ("first", "again")
    bars = [Bar(f"{keys:,} {kind}", _middle(found[keys][kind])) for kind in kinds for keys in found]
    return plot("CPU µs for a click of a visitor, by how many keys there are (logarithmic)", bars)


def _middle(values: list[float]) -> list[float]:
    tenths = statistics.quantiles(values, n=10)
    return [tenths[0], tenths[4], tenths[8]]


def _line(keys: int, found: Found) -> str:
    first, again = (
        f"{statistics.median(found[which]):.1f} µs ({statistics.mean(found[which]):.1f})"
        for which in ("first", "again")
    )
    return f"| {keys:,} | {first} | {again} | {found['bytes'][0]:,.0f} bytes |"


def _page(found: dict[int, Found], load: float) -> str:
    lines = "\n".join(_line(keys, one) for keys, one in found.items())
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# Cost against size\n\nWritten by `make bench-size`. {about}\n\n"
        "| keys | a click of a visitor not touched before (CPU) | of one that was (CPU) | memory of a key |\n"
        f"|---|---|---|---|\n{lines}\n\n![CPU of a click by the number of keys](SIZE.svg)\n\n"
        f"{machine()}; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
