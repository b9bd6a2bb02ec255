"""A day of a simulated shop, as it lands in ClickHouse: both kernels at work on it, and a delivery service.

The same on every machine: chance has a seed, and time is that of the events.
"""

import heapq
from collections.abc import Iterator
from functools import cache
from itertools import count, takewhile
from typing import Any, NamedTuple, TypeVar

from schemas import topics
from schemas.outputs import DeadLetter, Outreach
from schemas.topics import Topic
from schemas.validation import fault
from schemas.words import Millis, Record
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.tables import table_of, withheld
from streams.kernel.deadletters import Origin, dead_letter
from streams.simulator.arrival import Arrival, arrival
from streams.simulator.delivery import Delivery
from streams.simulator.settings import HOUR, Traffic
from streams.simulator.story import Event
from streams.simulator.world import World as Shop
from tests.builders import World, book, minutes
from tests.sinks.harness import CODEC

START: Millis = 1_780_272_000_000
"""Monday, 1 June 2026, 00:00 UTC."""
END = START + 24 * HOUR
SEED = 4
TRAFFIC = Traffic(
    visits_per_hour=20, contacts_per_hour=6, erasures_per_hour=0.1, customers=80, malformed=0.004
)
LATENESS = 5
"""Minutes."""

R = TypeVar("R", bound=Record)


class Written(NamedTuple):
    """A record as it was written. Bytes are what no reader can read."""

    at: Millis
    topic: Topic
    value: Any

    @property
    def body(self) -> bytes:
        """As on the topic."""
        return self.value if isinstance(self.value, bytes) else CODEC.encode(self.value)


class _Day:
    def __init__(self) -> None:
        self.written: list[Written] = []
        self._world = World(book("outreach.mode=live"), LATENESS)
        self._delivery = Delivery(CODEC, self, SEED, self._schedule)
        self._coming: list[tuple[Millis, int, Arrival]] = []
        self._number = count()
        self._now = START

    def now(self) -> Millis:
        """The clock of the delivery service."""
        return self._now

    def run(self) -> list[Written]:
        for came in self._arrivals():
            self._now = came.at
            self.written.append(Written(came.at, came.topic, came.value))
            if not isinstance(came.value, bytes) and not fault(came.value):
                self._world.hear(came.value)
                self._publish()
        self._now = END
        self._world.until(minutes(END))
        self._publish()
        return self.written

    def _arrivals(self) -> Iterator[Arrival]:
        """What the shop sends, and in its time what follows from outreach."""
        for came in takewhile(lambda each: each.at < END, Shop(TRAFFIC, SEED, START)):
            while self._coming and self._coming[0][0] <= came.at:
                yield heapq.heappop(self._coming)[2]
            yield came

    def _schedule(self, event: Event) -> None:
        heapq.heappush(self._coming, (event.received_at, next(self._number), arrival(event)))

    def _publish(self) -> None:
        for out in self._world.published:
            if out.value is not None:
                self.written.append(Written(self._now, out.topic, out.value))
            if isinstance(out.value, Outreach):
                self._delivery.take(out.value)
        self._world.published.clear()


@cache
def day() -> tuple[Written, ...]:
    """Everything that was written, in its order."""
    return tuple(_Day().run())


def told(model: type[R]) -> list[R]:
    """The readable records of one contract, each once, in the order in which they were written."""
    found = {_id(each.value): each.value for each in reversed(day()) if _is_good(each.value, model)}
    return list(found.values())[::-1]


def _is_good(value: Any, model: type[Record]) -> bool:
    return isinstance(value, model) and not fault(value)


def _id(value: Any) -> Any:
    return getattr(value, "event_id", value)


def land(store: EmbeddedStore) -> None:
    """Put the day into the tables of a store, dead letters included."""
    letters: list[Written] = []
    for topic in topics.TOPICS:
        letters += _land(store, topic, [each for each in day() if each.topic.label == topic.label])
    _land(store, topics.DEAD_LETTERS, letters)


def _land(store: EmbeddedStore, topic: Topic, written: list[Written]) -> list[Written]:
    """The dead letters that become of it."""
    batch = CODEC.decode_batch(topic, [(at, each.body) for at, each in enumerate(written)])
    for number, block in enumerate(batch.blocks_from(topic.name, "id", 0)):
        columns = [name for name in block.columns if name not in withheld(topic)]
        store.insert(table_of(topic), columns, block.container, "Avro", f"{topic.label} {number}")
    return [_letter(topic, written[bad.offset], *bad) for bad in batch.bad]


def _letter(topic: Topic, refused: Written, offset: int, reason: str, detail: str) -> Written:
    origin = Origin(topic.name, 0, offset, refused.at, None, refused.body)
    letter: DeadLetter = dead_letter(origin, "decode", reason, detail, "visits")
    return Written(refused.at, topics.DEAD_LETTERS, letter)
