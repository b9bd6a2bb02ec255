"""In a backlog, what profiles tell each other comes late. What stands in the end is the same."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import pytest

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.words import Millis
from streams.care import Care
from streams.kernel.task import Task
from streams.simulator.settings import Traffic
from streams.simulator.world import World as Simulated
from streams.visits import Visits
from tests.builders import START, World, book, minute, minutes

HOURS = 6
LATENESS = 5
AFTER = minute(HOURS * 60 + LATENESS)
PLACEHOLDERS = ("", "null", "undefined")


def events(seed: int) -> list[Any]:
    """Some hours of a shop, in the order of arrival; nothing unreadable, nothing that came too late."""
    arrivals = takewhile(lambda one: one.at < minute(HOURS * 60), Simulated(Traffic(), seed, START))
    found = (one.value for one in arrivals if not isinstance(one.value, bytes))
    return [event for event in found if event.event_id not in PLACEHOLDERS]


class Backlog:
    """Both processors, ``batch`` events at a time; what care tells itself comes back one batch later."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.visits = Task(Visits())
        self.care = Task(Care(book()))
        self.outputs: list[Any] = []

    def work_off(self, events: list[Any]) -> "Backlog":
        for first in range(0, len(events), self.batch):
            batch = events[first : first + self.batch]
            for event in batch:
                (self.visits if isinstance(event, Click | CartEvent) else self.care).receive(event)
            self._advance(batch[-1].received_at - LATENESS * 60_000)
        for _ in range(5):
            self._advance(AFTER)
        return self

    def _advance(self, clock: Millis) -> None:
        for out in self.visits.advance(clock, clock):
            self.care.receive(out.value)
        told = self.care.advance(clock, clock)
        self.outputs.extend(told)
        for out in told:
            if out.topic is topics.FACTS:
                self.care.receive(out.value)
            elif out.topic is topics.CART:
                self.visits.receive(out.value)


def standing(outputs: Iterable[Any]) -> set[tuple[Any, ...]]:
    """What was said and not taken back."""
    records = [
        out.value for out in outputs if out.topic in (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS)
    ]
    denials = ("abandoned_id", "breached_id")
    taken_back = {
        getattr(record, name, None) for record in records if record.kind == "withdrawn" for name in denials
    }
    return {
        (record.kind, record.event_id, minutes(record.occurred_at))
        for record in records
        if record.kind != "withdrawn" and record.event_id not in taken_back
    }


@pytest.mark.parametrize(("seed", "batch"), [(1, 1), (1, 50), (2, 1_000)])
def test_what_stands_in_the_end_is_the_same(seed: int, batch: int) -> None:
    arrived = events(seed)
    in_time = World(lateness=LATENESS).hear(*arrived).until(minutes(AFTER) - 1 / 60_000)
    assert standing(Backlog(batch).work_off(arrived).outputs) == standing(in_time.published)
