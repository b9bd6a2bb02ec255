"""100,000 messages, bent in every way that bytes can be: each is good or bad for a reason; none does harm."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from schemas import topics
from schemas.batches import Batch
from schemas.control import Heartbeat, Hold
from schemas.errors import REASONS
from schemas.facts import Fact
from schemas.payloads import examples
from schemas.topics import Output, Topic
from schemas.validation import fault
from schemas.words import Record
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.tables import CONTROL, table_of, withheld
from streams.care import Care
from streams.kernel.task import Task
from streams.visits import Visits
from tests.builders import book, minute
from tests.garbage.kinds import good
from tests.kernel.harness import CODEC

SEED = 20_261_123
BATCH = 1_000
ROUNDS = 21
"""6 topics, 1,000 messages a batch, of which 800 are bent: 100,800."""
GOOD_EVERY = 5
TOLERANCE = 300_000


class Bending:
    """Bends good messages, the same way each time it begins from the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        ways = (
            self.flipped,
            self.overwritten,
            self.cut,
            self.repeated,
            self.joined,
            self.swapped,
            self.noisy,
        )
        self.ways = (*ways, self.flipped, self.overwritten, self.renumbered)

    def bent(self, value: bytes, other: bytes) -> bytes:
        """One way or two."""
        for _ in range(self.random.choice((1, 1, 2))):
            value = self.random.choice(self.ways)(value, other)
        return value

    def place(self, value: bytes) -> int:
        """Mostly behind the frame: or nothing would be decoded."""
        first = 5 if len(value) > 6 and self.random.random() < 0.95 else 0
        return self.random.randrange(first, max(first + 1, len(value)))

    def flipped(self, value: bytes, other: bytes) -> bytes:
        at = self.place(value)
        return (
            value[:at] + bytes([value[at] ^ 1 << self.random.randrange(8)]) + value[at + 1 :]
            if value
            else value
        )

    def overwritten(self, value: bytes, other: bytes) -> bytes:
        at = self.place(value)
        return value[:at] + self.random.randbytes(self.random.randrange(1, 9)) + value[at + 4 :]

    def cut(self, value: bytes, other: bytes) -> bytes:
        return value[: self.place(value)]

    def repeated(self, value: bytes, other: bytes) -> bytes:
        first, last = sorted((self.place(value), self.place(value)))
        return value[:last] + value[first:]

    def joined(self, value: bytes, other: bytes) -> bytes:
        return value + other[self.random.choice((0, 5)) :]

    def swapped(self, value: bytes, other: bytes) -> bytes:
        """The frame of one, the body of another."""
        return other[:5] + value[5:]

    def noisy(self, value: bytes, other: bytes) -> bytes:
        return value[:5] + self.random.randbytes(self.random.randrange(120))

    def renumbered(self, value: bytes, other: bytes) -> bytes:
        """A number as large as can be, or beyond, somewhere."""
        at = self.place(value)
        return (
            value[:at]
            + self.random.choice((b"\xff" * 9 + b"\x01", b"\xfe" * 9 + b"\x01", b"\x01"))
            + value[at:]
        )


def sources() -> list[bytes]:
    """What may be found on topics: every example, and events of persons of whom more is heard."""
    known = [record for topic in topics.INPUTS for _, record in examples(topic.subject)]
    known += [Heartbeat(received_at=minute(3)), Hold(action="hold", received_at=minute(3))]
    known += [good(topic, number) for topic in topics.INPUTS for number in range(8)]
    return [CODEC.encode(record) for record in known]


class Hosts:
    """Both processors, told everything, as the kernel would."""

    def __init__(self) -> None:
        self.visits: Task[Any] = Task(Visits())
        self.care: Task[Any] = Task(Care(book()))
        self.published = Counter[str]()

    def hear(self, topic: Topic, events: list[Record]) -> None:
        """Every event, but those of a future that kernels refuse."""
        host = self.visits if topic in (topics.CLICKSTREAM, topics.CART) else self.care
        for event in events:
            if not isinstance(event, CONTROL) and not of_the_future(event):
                host.receive(event)

    def advance(self, at: int) -> None:
        """Time passes; what is said can be written, and is heard by the other; so can all state be."""
        unheard = True
        while unheard:
            said = [*self.visits.advance(at, at), *self.care.advance(at, at)]
            unheard = sum(map(self._told, said)) > 0
        for task in (self.visits, self.care):
            assert all(value is None or value for _, value in task.changes())

    def _told(self, output: Output) -> bool:
        self.published[output.topic.label] += 1
        if output.value is None:
            return False
        heard = CODEC.decode(CODEC.encode(output.value), output.topic)
        assert heard == output.value
        if isinstance(heard, Fact):
            self.care.receive(heard)
        elif output.topic is topics.CART:
            self.visits.receive(heard)
        return output.topic in (topics.FACTS, topics.CART)


def of_the_future(event: Any) -> bool:
    return bool(
        event.received_at > minute(24 * 60) + TOLERANCE or event.occurred_at - event.received_at > TOLERANCE
    )


def assert_each_is_good_or_bad(values: list[bytes], batch: Batch) -> None:
    """Good: whatever spelling, it says what its canonical one says, and nothing is wrong with it."""
    records, bad = dict(batch.records), {one.offset: one for one in batch.bad}
    assert records.keys() | bad.keys() == set(range(len(values)))
    assert not records.keys() & bad.keys()
    assert {one.reason for one in bad.values()} <= REASONS.keys()
    for offset, record in records.items():
        assert fault(record) is None
        assert CODEC.decode(values[offset]) == record
        assert CODEC.decode(CODEC.encode(record)) == record


def batches(bending: Bending) -> Iterator[tuple[Topic, list[bytes], dict[int, Record]]]:
    """Topic, values, and the good events that stand between the bent ones, by their place."""
    found, numbers = sources(), count()
    for turn in range(ROUNDS):
        for topic in topics.INPUTS:
            own = [value for value in found if CODEC.reading(int.from_bytes(value[1:5])).model is topic.model]
            values = [
                bending.bent(bending.random.choice(own), bending.random.choice(found)) for _ in range(BATCH)
            ]
            unbent = {}
            for at in range(turn % GOOD_EVERY, BATCH, GOOD_EVERY):
                unbent[at] = good(topic, next(numbers) % 50, event_id=f"good {topic.label} {turn} {at}")
                values[at] = CODEC.encode(unbent[at])
            yield topic, values, unbent


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand(store: EmbeddedStore) -> None:
    hosts, reasons, landed = Hosts(), Counter[str](), Counter[str]()
    survived = 0
    for turn, (topic, values, unbent) in enumerate(batches(Bending(SEED))):
        batch = CODEC.decode_batch(topic, list(enumerate(values)))
        assert_each_is_good_or_bad(values, batch)
        records = dict(batch.records)
        assert {at: records.get(at) for at in unbent} == unbent
        survived += len(records) - len(unbent)
        hosts.hear(topic, list(records.values()))
        hosts.advance(minute(turn * 5))
        reasons.update(one.reason for one in batch.bad)
        for block in batch.blocks_from("t", f"{turn}", 0):
            if block.model not in CONTROL:
                columns = [name for name in block.columns if name not in withheld(topic)]
                store.insert(table_of(topic), columns, block.container, "Avro", f"{turn}")
                landed[table_of(topic)] += len(block.offsets)
    hosts.advance(minute(60 * 24 * 60))
    assert {table: store.query(f"SELECT count() AS n FROM {table}")[0]["n"] for table in landed} == landed
    assert hosts.published["facts"]
    assert survived > 10_000
    assert set(reasons) >= {"not_avro", "trailing_bytes", "not_framed", "unknown_schema", "wrong_subject"}
    assert set(reasons) >= {"empty_id", "impossible_time", "impossible_quantity", "impossible_number"}
