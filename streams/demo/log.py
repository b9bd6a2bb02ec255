"""Everything that stands on the topics, read from the beginning to the end that stands now."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from confluent_kafka import Message

from schemas.codec import Codec
from schemas.control import Clock, Heartbeat, Hold
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.validation import fault
from schemas.words import Millis, Record
from streams.reading import read_to_end
from streams.settings import Settings

TOLERANCE: Millis = 300_000
"""What was received so much later than it was written to the log comes from a broken clock."""


class Logged(NamedTuple):
    """A record and where it stands. None: it can't be read, or must not be obeyed."""

    partition: int
    offset: int
    record: Record | None

    @property
    def is_control(self) -> bool:
        """A heartbeat, hold or clock."""
        return isinstance(self.record, Heartbeat | Hold | Clock)

    @property
    def is_event(self) -> bool:
        """What the topic is there for."""
        return self.record is not None and not self.is_control


class Log:
    """What the topics hold, each topic in the order of partition and offset; tombstones left out."""

    def __init__(self, topics: dict[str, list[Logged]]) -> None:
        self.topics = topics

    def records(self, topic: Topic) -> Iterator[Any]:
        """The events of one topic."""
        return (each.record for each in self.topics[topic.label] if each.is_event)


def read_log(settings: Settings, codec: Codec, topics: Iterable[Topic]) -> Log:
    """Read the topics to their ends. Raises Unavailable if the broker stops answering."""
    return Log({topic.label: _read(settings, codec, topic) for topic in topics})


def _read(settings: Settings, codec: Codec, topic: Topic) -> list[Logged]:
    messages = read_to_end(settings, topic.named(settings.prefix))
    found = [
        Logged(message.partition() or 0, message.offset() or 0, sound(codec, topic, message))
        for message in messages
        if message.value() is not None
    ]
    return sorted(found, key=lambda each: each[:2])


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
