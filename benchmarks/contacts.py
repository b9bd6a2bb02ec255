"""Open contacts in one worker: what they weigh, what a tick and an event cost.

python -m benchmarks.contacts [--contacts 100000] [--out benchmarks/CONTACTS.md]

One care task without a broker. Each contact belongs to a customer of its own and has five clocks with targets
in business hours, besides those without a target. One contact a second was opened, so that as many are due in
each second, later.
"""

import argparse
import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
from msgspec.structs import replace

from schemas.events import SupportEvent
from schemas.words import Millis
from streams.care import Care
from streams.kernel.task import Task
from streams.profile import Profile
from streams.rules.book import RuleBook
from streams.rules.settings import rules_in

BEGINNING: Millis = 1_772_438_400_000
"""Monday 2026-03-02, 08:00 UTC."""
SECOND: Millis = 1_000
RULES = """
    [calendars.office]
    time_zone = "Europe/Berlin"
    country = "DE"
    hours.mon-sat = ["00:00-12:00", "12:30-24:00"]
    [[rules.contacts.policies]]
    name = "all"
    calendar = "office"
    ladder = ["75%", "100%"]
    [rules.contacts.policies.targets.any]
    first_reply = "60h"
    next_reply = "60h"
    requester_wait = "100h"
    agent_work = "100h"
    total_resolution = "200h"
    pausable_update = "100h"
"""
TICKS = 200
SAMPLE = 2_000
"""Contacts that are answered, in order and late."""
TALKS, MESSAGES = 20, 60
"""Contacts of the customer who asks again and again, and events of each."""


class Row(NamedTuple):
    """One result."""

    what: str
    value: str


def opened(number: int) -> SupportEvent:
    """The first message of a contact."""
    return said(number, 0, BEGINNING + number * SECOND, "message_received", "customer_message", "new")


def said(number: int, part: int, at: Millis, kind: str, message: str, status: str) -> SupportEvent:
    """Something that happens to a contact."""
    return SupportEvent(
        event_id=f"event-{number}-{part}",
        occurred_at=at,
        received_at=at,
        profile_id=f"customer-{number}",
        contact_id=f"contact-{number}",
        type=kind,  # type: ignore[arg-type]
        kind=message,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        team="service",
        priority="normal",
        channel="email",
    )


def task() -> Task[Profile]:
    """A care task under the rules of this benchmark."""
    book = RuleBook.single(rules_in(RULES, Path("contacts.toml")))
    return Task(Care(book, lateness=0))


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def spent(work: Callable[[], object]) -> float:
    """Seconds of CPU that it took."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(contacts: int) -> Iterator[Row]:
    """Every result in turn."""
    now = BEGINNING + contacts * SECOND
    values: list[tuple[str, bytes]] = []
    yield from _opening(contacts, now, values)
    care, empty = task(), resident()
    read = [(key, bytes(bytearray(value))) for key, value in values]
    restoring = spent(lambda: [care.restore(key, value) for key, value in read])
    yield Row("restore of all of them (CPU)", f"{restoring:.2f} s")
    yield Row("memory of a contact that was only restored", f"{(resident() - empty) / contacts:,.0f} bytes")
    care.clock = now
    yield from _events(care, contacts, now)
    yield _due(care)
    yield _talkative()


def _opening(contacts: int, now: Millis, values: list[tuple[str, bytes]]) -> Iterator[Row]:
    """A worker that has seen them all, which then is gone; what its changelog holds goes to ``values``."""
    care, empty = task(), resident()
    opening = spent(lambda: _open(care, contacts))
    weight = resident() - empty
    values += [(key, value) for key, value in care.changes() if value is not None]
    size = sum(len(value) for _, value in values)
    yield Row("a contact is opened (CPU)", f"{opening / contacts * 1e6:,.0f} µs")
    yield Row("memory of a contact that was touched since the start", f"{weight / contacts:,.0f} bytes")
    yield Row("its value in the changelog, with the customer's other state", f"{size / contacts:,.0f} bytes")
    yield Row("a tick at which nothing is due", _ticks(care, now))


def _open(care: Task[Profile], contacts: int) -> None:
    for number in range(contacts):
        event = opened(number)
        care.receive(event)
        if number % 500 == 499:
            care.advance(event.occurred_at, event.occurred_at)
    care.advance(BEGINNING + contacts * SECOND, BEGINNING + contacts * SECOND)


def _ticks(care: Task[Profile], now: Millis) -> str:
    took = [spent(lambda at=now + tick: care.advance(at, at)) for tick in range(TICKS)]  # type: ignore[misc]
    return f"{statistics.median(took) * 1e6:,.0f} µs (at most {max(took) * 1e3:,.2f} ms)"


def _events(care: Task[Profile], contacts: int, now: Millis) -> Iterator[Row]:
    """Replies in order, to contacts that were only restored; and replies told after the clock had passed."""
    sample = range(contacts - 2 * SAMPLE, contacts - SAMPLE)
    later = now + 60 * SECOND
    replies = [said(number, 1, later, "message_sent", "human_reply", "pending") for number in sample]
    yield Row("a reply in order, restored contact decoded (CPU)", _each(care, replies, later + 1))
    sample = range(contacts - SAMPLE, contacts)
    replies = [said(number, 1, now, "message_sent", "human_reply", "pending") for number in sample]
    yield Row("a late reply, everything concluded anew (CPU)", _each(care, replies, later + 1))


def _each(care: Task[Profile], events: list[SupportEvent], until: Millis) -> str:
    def work() -> None:
        for event in events:
            care.receive(event)
        care.advance(until, until)

    return f"{spent(work) / len(events) * 1e6:,.0f} µs"


def _due(care: Task[Profile]) -> Row:
    """The first thousand contacts come to 75 % of their first reply within as many seconds."""
    first = min(at for at in (care.wakes_at,) if at is not None)
    took = spent(lambda: care.advance(first + 1_000 * SECOND, first + 1_000 * SECOND))
    return Row("a tick at which a step of 1,000 contacts is due (CPU)", f"{took * 1e3:,.0f} ms")


def _talkative() -> Row:
    """The last round of questions and answers of somebody with many long contacts, each event by itself."""
    care = task()
    *before, last = (_round(part) for part in range(MESSAGES))
    for events in before:
        _one_by_one(care, events)
    took = spent(lambda: _one_by_one(care, last))
    what = f"an event of a customer with {TALKS} contacts of {MESSAGES} events each (CPU)"
    return Row(what, f"{took / TALKS * 1e6:,.0f} µs")


def _round(part: int) -> list[SupportEvent]:
    """One event of each of the contacts, a second apart: questions first, then answers, and so on."""
    words = (
        ("message_sent", "human_reply", "pending")
        if part % 2
        else ("message_received", "customer_message", "open")
    )
    numbers = range(part * TALKS, (part + 1) * TALKS)
    return [
        replace(said(0, number, BEGINNING + number * SECOND, *words), contact_id=f"talk-{number % TALKS}")
        for number in numbers
    ]


def _one_by_one(care: Task[Profile], events: list[SupportEvent]) -> None:
    for event in events:
        care.receive(event)
        care.advance(event.occurred_at + 1, event.occurred_at + 1)


def main() -> None:
    """Measure, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contacts")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "CONTACTS.md")
    asked = parser.parse_args()
    load, rows = os.getloadavg()[0], []
    for row in measured(asked.contacts):
        print(f"{row.what}: {row.value}", flush=True)
        rows.append(row)
    asked.out.write_text(_page(rows, asked.contacts, load))


def _page(rows: list[Row], contacts: int, load: float) -> str:
    lines = "\n".join(f"| {row.what} | {row.value} |" for row in rows)
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# {contacts:,} open contacts\n\nWritten by `make bench-contacts`. {about}\n\n"
        f"| what | measured |\n|---|---|\n{lines}\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
