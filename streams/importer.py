"""Publishes files as history: under a hold, with the time they had.

Every input partition is opened with a hold, gets the heartbeats that its owner would have appended then, and
ends with one that lets the clock pass the end of the file. The hold stays: ``heedful topics go-live`` lifts
it. History isn't mixed into topics whose clock is already later.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from confluent_kafka import KafkaError, Message, Producer

from schemas.admin import partitions_of
from schemas.codec import Codec
from schemas.control import Heartbeat, Hold
from schemas.jsonl import to_iso
from schemas.topics import INPUTS
from schemas.words import Millis, Record
from streams.errors import FixConfiguration, FixInput, Refused, Unavailable
from streams.formats.base import Row
from streams.formats.reading import Reading
from streams.kernel.config import KernelConfig
from streams.tails import latest
from streams.until import Until

MINUTE: Millis = 60_000
HEARTBEAT_EVERY = 1_000
"""A heartbeat is due with each minute of the file, but not before so many events."""

ANY = -1
"""The partition that the key falls into."""

FLUSH_PATIENCE = 60.0
"""Seconds within which the broker has to take what is under way."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was published. ``clock``: where the clock comes to stand."""

    events: int
    first: Millis
    clock: Millis


def publish(
    reading: Reading,
    config: KernelConfig,
    codec: Codec,
    until: Until,
    now: Millis,
    on_row: Callable[[], None],
) -> Imported:
    """Publish all rows, and return once the broker has them. ``on_row`` is called after each.

    Raises FixInput if there is nothing to publish, Refused if the topics' clock is already later or
    ``until`` lies ahead of ``now``, FixConfiguration if topics are missing, Unavailable.
    """
    _refuse_future(until, now)
    partitions = _inputs(config)
    rows = iter(reading)
    first = next(rows, None)
    if first is None:
        raise FixInput("there is no row to import")
    begin: Millis = first.event.received_at
    _refuse_if_later(config, codec, partitions, begin)
    publisher = _Publisher(config, codec, partitions)
    publisher.everywhere(Hold(action="hold", received_at=begin, reason="import"))
    for row in _with_heartbeats(chain([first], rows), publisher):
        publisher.send(row)
        on_row()
    end = until.reached(reading.last_event)
    assert end is not None
    _refuse_end_in_future(end, now)
    clock = end + 1
    publisher.everywhere(Heartbeat(received_at=clock + config.lateness))
    publisher.flush()
    return Imported(publisher.events, begin, clock)


def _inputs(config: KernelConfig) -> dict[str, int]:
    """The input topics and how many partitions each has."""
    known = partitions_of(config.kafka)
    names = [topic.named(config.prefix) for topic in INPUTS]
    missing = [name for name in names if name not in known]
    if missing:
        raise FixConfiguration(f"there is no topic {', '.join(missing)}; `heedful topics create` creates it")
    return {name: known[name] for name in names}


def _refuse_if_later(config: KernelConfig, codec: Codec, partitions: dict[str, int], begin: Millis) -> None:
    for topic in INPUTS:
        name = topic.named(config.prefix)
        reached = latest(config, codec, topic, partitions[name])
        if reached is not None and reached - config.lateness > begin:
            raise Refused(
                f"{name} already holds what is later than these files begin; history can't be mixed "
                "in, it would all be late. Import before workers start, under another prefix: --prefix NAME"
            )


def _refuse_future(until: Until, now: Millis) -> None:
    if until.moment is not None and until.moment > now:
        raise Refused(
            "--until lies in the future, and nobody believes a clock that has passed it; name an earlier time"
        )


def _refuse_end_in_future(end: Millis, now: Millis) -> None:
    """What the rows said is known once they are published."""
    if end > now:
        raise Refused(
            f"time would come to {to_iso(end)}, which lies in the future, and nobody believes such a clock. "
            "What was published waits for its end: use another prefix, with --until naming an earlier time"
        )


def _with_heartbeats(rows: Iterable[Row], publisher: "_Publisher") -> Iterator[Row]:
    """The rows; before one, time itself where it is due."""
    minute, sent = -1, 0
    for row in rows:
        at: Millis = row.event.received_at
        reached = at // MINUTE
        if minute < 0:
            minute = reached
        if reached > minute and sent >= HEARTBEAT_EVERY:
            publisher.everywhere(Heartbeat(received_at=at))
            minute, sent = reached, 0
        sent += 1
        yield row


class _Publisher:
    """Sends records in order, and notices what the broker refuses."""

    def __init__(self, config: KernelConfig, codec: Codec, partitions: dict[str, int]) -> None:
        self.events = 0
        self._prefix = config.prefix
        self._codec = codec
        self._partitions = partitions
        self._producer = Producer(config.producer({"linger.ms": 20, "log_level": 0}))
        self._failure: KafkaError | None = None

    def send(self, row: Row) -> None:
        """An event, to the partition of its key."""
        value = self._codec.encode(row.event)
        self._produce(row.topic.named(self._prefix), value, row.key.encode())
        self.events += 1

    def everywhere(self, control: Record) -> None:
        """A control record, into every input partition."""
        value = self._codec.encode(control)
        for name, partitions in self._partitions.items():
            for partition in range(partitions):
                self._produce(name, value, None, partition)

    def flush(self) -> None:
        """Wait until the broker has everything. Raises Unavailable."""
        left = self._producer.flush(FLUSH_PATIENCE)
        self._check()
        if left:
            raise Unavailable(f"the broker didn't take {left} records within {FLUSH_PATIENCE:.0f} s")

    def _produce(self, topic: str, value: bytes, key: bytes | None, partition: int = ANY) -> None:
        while True:
            self._check()
            try:
                self._producer.produce(topic, value, key, partition, self._delivered)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure:
            raise Unavailable(f"the broker refused a record: {self._failure}")
