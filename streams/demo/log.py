"""Everything that stands on the topics, read from the beginning to the end that stands now."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.control import Clock, Heartbeat, Hold
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.validation import fault
from schemas.words import Millis, Record
from streams.kernel.config import KernelConfig, Settings

TOLERANCE: Millis = 300_000
"""What was received so much later than it was written to the log comes from a broken clock."""


class Logged(NamedTuple):
    """A record and where it stands."""

    topic: Topic
    partition: int
    offset: int
    record: Record


class Log(NamedTuple):
    """What topics hold: events in the order of partition and offset; of other records, how many."""

    events: dict[str, list[Logged]]
    control: dict[str, int]
    bad: dict[str, int]

    def records(self, topic: Topic) -> Iterator[Any]:
        """The events of one topic."""
        return (each.record for each in self.events[topic.label])


def read_log(kafka: KernelConfig, codec: Codec, topics: Iterable[Topic]) -> Log:
    """Read the topics to their ends. Records that can't be read, or must not be obeyed, are counted."""
    log = Log({}, {}, {})
    for topic in topics:
        events: list[Logged] = []
        control = bad = 0
        for message in _messages(kafka, topic.named(kafka.prefix)):
            record = sound(codec, topic, message)
            if record is None:
                bad += 1
            elif isinstance(record, Heartbeat | Hold | Clock):
                control += 1
            else:
                events.append(Logged(topic, message.partition() or 0, message.offset() or 0, record))
        log.events[topic.label] = events
        log.control[topic.label] = control
        log.bad[topic.label] = bad
    return log


def sound(codec: Codec, topic: Topic, message: Message) -> Record | None:
    """The record, if it can be read and may be obeyed."""
    try:
        record = codec.decode(message.value(), topic)
    except BadRecord:
        return None
    if topic.kind == "input" and (fault(record) or _comes_from_the_future(record, message)):
        return None
    return record


def _comes_from_the_future(record: Any, message: Message) -> bool:
    written_at = message.timestamp()[1]
    return bool(record.received_at > written_at + TOLERANCE)


def _messages(kafka: KernelConfig, topic: str) -> Iterator[Message]:
    """All messages of a topic that have a value, in the order of partition and offset."""
    settings: Settings = {"group.id": "unused", "enable.partition.eof": True}
    consumer = Consumer(kafka.consumer("read_committed", settings))
    try:
        for partition in sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions):
            consumer.assign([TopicPartition(topic, partition, 0)])
            yield from _to_the_end(consumer)
    finally:
        consumer.close()


def _to_the_end(consumer: Consumer) -> Iterator[Message]:
    """The end is where the broker says so (EOF); watermarks are not to be trusted."""
    while True:
        for message in consumer.consume(10_000, 0.05):
            error = message.error()
            if error is None and message.value() is not None:
                yield message
            elif error is not None and error.code() == KafkaError._PARTITION_EOF:
                return
            elif error is not None:
                raise KafkaException(error)
