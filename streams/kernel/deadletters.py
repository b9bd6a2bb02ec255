"""Bad input is kept, not obeyed."""

from typing import NamedTuple

from confluent_kafka import Message

from schemas.ids import derive
from schemas.outputs import DeadLetter
from schemas.words import Millis

KEY_LIMIT = 1_024
VALUE_LIMIT = 65_536


class Origin(NamedTuple):
    """Where a record stood, and what stood there."""

    topic: str
    partition: int
    offset: int
    written: Millis
    record_key: bytes | None
    value: bytes | None

    @classmethod
    def of(cls, message: Message) -> "Origin":
        """The origin of a record that was consumed."""
        topic, partition = message.topic(), message.partition()
        assert topic is not None
        assert partition is not None
        return cls(
            topic, partition, offset_of(message), message.timestamp()[1], message.key(), message.value()
        )

    @property
    def key(self) -> str:
        """The key of its dead letter."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def offset_of(message: Message) -> int:
    """Where a consumed record stands in its partition."""
    offset = message.offset()
    assert offset is not None
    return offset


def dead_letter(origin: Origin, stage: str, reason: str, detail: str, application: str) -> DeadLetter:
    """The letter for a record. The same record, refused again at the same stage, gives the same id."""
    return DeadLetter(
        event_id=derive(origin.topic, origin.partition, origin.offset, stage),
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        stage=stage,
        reason=reason,
        detail=detail,
        key=None if origin.record_key is None else origin.record_key[:KEY_LIMIT],
        value=None if origin.value is None else origin.value[:VALUE_LIMIT],
        value_bytes=len(origin.value or b""),
        occurred_at=origin.written,
        application=application,
    )
