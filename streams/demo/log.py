"""Everything that stands on the topics, read from the beginning to the end that stands now."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from confluent_kafka import Message

from schemas.codec import Codec
from schemas.control import Clock, Heartbeat, Hold
from schemas.errors import BadRecord
from schemas.topics import (
    ABANDONMENT_SIGNALS,
    CART,
    CLICKSTREAM,
    CONTACT_SIGNALS,
    DEAD_LETTERS,
    ORDERS,
    OUTREACH,
    PROFILE_UPDATES,
    SUPPORT,
    Topic,
)
from schemas.validation import fault
from schemas.words import Millis, Record
from streams.reading import read_to_end
from streams.settings import Settings

TOLERANCE: Millis = 300_000
"""What was received so much later than it was written to the log comes from a broken clock."""


KEPT = frozenset(
    {
        CLICKSTREAM,
        CART,
        ORDERS,
        SUPPORT,
        PROFILE_UPDATES,
        ABANDONMENT_SIGNALS,
        CONTACT_SIGNALS,
        DEAD_LETTERS,
        *OUTREACH.values(),
    }
)
"""Topics whose records are kept; of the others, only how many there are."""


class Logged(NamedTuple):
    """Where a record stands and what kind it is; the record itself if its topic is KEPT."""

    partition: int
    offset: int
    kind: Literal["event", "tombstone", "control", "bad"]
    record: Record | None


class Log:
    """What the topics hold, each topic in the order of partition and offset."""

    def __init__(self, topics: dict[str, list[Logged]]) -> None:
        self.topics = topics

    def records(self, topic: Topic) -> Iterator[Any]:
        """The events of one of the topics that are kept."""
        return (each.record for each in self.topics[topic.label] if each.record is not None)

    def count(self, label: str, *kinds: str) -> int:
        """How many records of these kinds a topic holds."""
        return sum(each.kind in kinds for each in self.topics[label])


def read_log(settings: Settings, codec: Codec, topics: Iterable[Topic]) -> Log:
    """Read the topics to their ends. Raises Unavailable if the broker stops answering."""
    return Log({topic.label: _read(settings, codec, topic) for topic in topics})


def _read(settings: Settings, codec: Codec, topic: Topic) -> list[Logged]:
    messages = read_to_end(settings, settings.named(topic))
    return sorted((_logged(codec, topic, message) for message in messages), key=lambda each: each[:2])


def _logged(codec: Codec, topic: Topic, message: Message) -> Logged:
    at = message.partition() or 0, message.offset() or 0
    if message.value() is None and topic.compacted:
        return Logged(*at, "tombstone", None)
    record = sound(codec, topic, message)
    if record is None:
        return Logged(*at, "bad", None)
    if isinstance(record, Heartbeat | Hold | Clock):
        return Logged(*at, "control", None)
    return Logged(*at, "event", record if topic in KEPT else None)


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
