"""The ends of topics: where they are, and how far time has come there.

Where a partition ends is told by whoever reads up to it; what a broker says of it in advance may be too low.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.control import Hold
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.words import Millis
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig, Settings

LENGTH = 1_000
"""So many records from the end are looked at to find the latest time."""

MARKS = 100
"""More marks of transactions than this never follow each other."""

PATIENCE = 15.0
"""Seconds within which a broker has to say something."""


@dataclass
class Tails:
    """The last records of topics. Iterate it; then ``ends`` and ``stops`` are whole.

    ``partitions``: of each topic, by name. ``length``: at least so many records from the end, if there are.
    ``isolation``: read_uncommitted goes past transactions that are open.
    """

    config: KernelConfig
    partitions: Mapping[str, int]
    length: int = LENGTH
    isolation: str = "read_committed"
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """The offset behind the last record that was seen, by topic and partition; 0 if there was none."""
    stops: dict[tuple[str, int], int] = field(default_factory=dict)
    """The offset at which a reader of this isolation stops, marks of transactions included."""

    def __iter__(self) -> Iterator[Message]:
        """Raises Unavailable."""
        settings: Settings = {"group.id": self.config.internal("looking"), "enable.partition.eof": True}
        with closing(Consumer(self.config.consumer(self.isolation, settings))) as consumer:
            places = [(name, at) for name, count in self.partitions.items() for at in range(count)]
            try:
                consumer.assign([self._near_the_end(consumer, *place) for place in places])
            except KafkaException as error:
                raise Unavailable(f"the ends of topics can't be read: {error.args[0].str()}") from error
            self.ends = dict.fromkeys(places, 0)
            left = set(places)
            while left:
                yield from self._polled(consumer, left)

    def _polled(self, consumer: Consumer, left: set[tuple[str, int]]) -> Iterator[Message]:
        message = consumer.poll(PATIENCE)
        if message is None:
            raise Unavailable("the ends of topics can't be read: the broker stopped answering")
        trouble, place = message.error(), (message.topic() or "", message.partition() or 0)
        if trouble is None:
            self.ends[place] = (message.offset() or 0) + 1
            yield message
        elif trouble.code() == KafkaError._PARTITION_EOF:
            self.stops[place] = message.offset() or 0
            left.discard(place)
        else:
            raise Unavailable(f"the ends of topics can't be read: {trouble}")

    def _near_the_end(self, consumer: Consumer, name: str, partition: int) -> TopicPartition:
        low, high = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=PATIENCE)
        return TopicPartition(name, partition, max(low, high - self.length))


def ends(config: KernelConfig, partitions: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """The offset behind the last committed record, by topic and partition. Raises Unavailable.

    What follows it can only be marks of transactions.
    """
    tails = Tails(config, partitions, length=MARKS)
    for _ in tails:
        pass
    return tails.ends


def pending(config: KernelConfig, partitions: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """How many offsets stand behind the beginning of the oldest open transaction, by topic and partition.

    Raises Unavailable.
    """
    readable, all_ = (
        Tails(config, partitions, length=0, isolation=isolation)
        for isolation in ("read_committed", "read_uncommitted")
    )
    for tails in (readable, all_):
        for _ in tails:
            pass
    return {place: max(0, stop - readable.stops[place]) for place, stop in all_.stops.items()}


def latest(config: KernelConfig, codec: Codec, topic: Topic, partitions: int) -> Millis | None:
    """The latest ``received_at`` near the ends of an input's partitions; None if nothing was received.

    Records that claim a future are left out, as kernels do. Raises Unavailable.
    """
    tails = Tails(config, {config.named(topic): partitions})
    times = (_received_at(codec, topic, message, config.future_tolerance) for message in tails)
    return max((at for at in times if at is not None), default=None)


def _received_at(codec: Codec, topic: Topic, message: Message, tolerance: Millis) -> Millis | None:
    try:
        record = codec.decode(message.value(), topic)
    except BadRecord:
        return None
    if isinstance(record, Hold):
        return None
    at: Millis = record.received_at  # type: ignore[attr-defined]
    return at if at - message.timestamp()[1] <= tolerance else None
