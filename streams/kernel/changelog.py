"""The changelog: what a task writes at each commit, and how its partition is read.

A commit appends the changed keys and then one position record: where the inputs stood before and after,
and the clock. Input offsets, outputs and changelog are one transaction, so the last position equals the
committed offsets. See README.md beside this file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.words import Millis
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig, Settings
from streams.kernel.watermark import Watermarks

POSITION_KEY = b"\x00position"
"""Sorts apart from every state key, which are "shop/id"."""

RESTORE_PATIENCE = 15.0
"""Seconds without a single record, nor the end, after which a restore gives up and is begun anew."""


class Position(msgspec.Struct, array_like=True, frozen=True):
    """The end of a commit: next offset per input before and after it, and what the clock rests on.

    ``tasks``: how many tasks shared the keys; 0: a release that didn't note it.
    ``since``: when the task last got on (progress.py), by the machine's clock; 0: not noted.
    ``ahead``: bytes by input that wait because another holds the clock back (backpressure.py).
    """

    before: dict[str, int]
    after: dict[str, int]
    watermarks: Watermarks
    clock: Millis
    holds: dict[str, bool]
    tasks: int = 0
    since: Millis = 0
    ahead: dict[str, int] = {}


@dataclass(slots=True)
class Batch:
    """What one commit wrote: values by key (None: tombstone), and its position once that was read."""

    values: dict[bytes, bytes | None] = field(default_factory=dict)
    position: Position | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Position)


def encode_position(position: Position) -> bytes:
    """The value of a position record."""
    return _encoder.encode(position)


def decode_position(value: bytes) -> Position:
    """The other way round."""
    return _decoder.decode(value)


def read_batches(config: KernelConfig, topic: str, partition: int, end: int | None = None) -> Iterator[Batch]:
    """The commits in a changelog partition, oldest first. The last one lacks a position if it was cut off.

    ``end``: as ``find_end`` found it. The transactional id of the task must have been initialised, so that
    no transaction is pending.
    """
    batch = Batch()
    end = find_end(config, topic, partition) if end is None else end
    for messages, _ in read_up_to(config, topic, partition, end):
        for message in messages:
            key, value = message.key() or b"", message.value()
            if key == POSITION_KEY and value is not None:
                batch.position = decode_position(value)
                yield batch
                batch = Batch()
            else:
                batch.values[key] = value
    if batch.values:
        yield batch


def find_end(config: KernelConfig, topic: str, partition: int) -> int:
    """One past the last record, aborted and pending ones included.

    Found by reading up to the end-of-partition event: read_committed would stop at the last stable offset,
    and what a broker states as its latest offset, taken here as a start only, may be too low.
    """
    with reader(config, "read_uncommitted") as consumer:
        start = TopicPartition(topic, partition)
        _, start.offset = consumer.get_watermark_offsets(start, timeout=RESTORE_PATIENCE)
        consumer.assign([start])
        while True:
            _, end = split(_fetched(config, consumer, start))
            if end is not None:
                return end


def read_up_to(
    config: KernelConfig, topic: str, partition: int, end: int, start: int = 0
) -> Iterator[tuple[list[Message], int]]:
    """Every committed record from ``start`` to ``end`` or later, as fetched, and the offset behind them.

    An explicit start: librdkafka takes half a second to find out where the beginning is. If what stood there
    is no more, that raises KafkaException; at the beginning, it goes on with what there is.
    """
    at, reached = TopicPartition(topic, partition, start), start
    with reader(config, "read_committed", {"auto.offset.reset": "error"} if start else {}) as consumer:
        consumer.assign([at])
        while True:
            messages, found_end = split(_fetched(config, consumer, at))
            reached = behind(messages, found_end, reached)
            yield messages, reached
            if found_end is not None and found_end >= end:
                return


def split(messages: list[Message]) -> tuple[list[Message], int | None]:
    """The records, and the end of their one partition if that was reached. Raises KafkaException."""
    errors = [error for message in messages if (error := message.error()) is not None]
    if not errors:
        return messages, None
    for error in errors:
        if error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
    ends = [message.offset() for message in messages if message.error() is not None]
    return [message for message in messages if message.error() is None], ends[-1]


def behind(messages: list[Message], end: int | None, before: int) -> int:
    """The offset behind what was fetched; ``before``: where it began."""
    last = messages[-1].offset() if messages else None
    return max(before, 0 if last is None else last + 1, end or 0)


def _fetched(config: KernelConfig, consumer: Consumer, at: TopicPartition) -> list[Message]:
    messages = consumer.consume(1, RESTORE_PATIENCE)
    if not messages:
        raise Unavailable(f"{at.topic}[{at.partition}] gave nothing for {RESTORE_PATIENCE:.0f} s.")
    return messages + consumer.consume(config.fetch_size, 0)


@contextmanager
def reader(config: KernelConfig, isolation: str, settings: Settings | None = None) -> Iterator[Consumer]:
    """A consumer that says when it has come to the end of a partition. ``settings``: more of librdkafka's."""
    group = config.internal("changelog-reader")
    wanted: Settings = {"group.id": group, "enable.partition.eof": True, **(settings or {})}
    consumer = config.make_consumer(config.consumer(isolation, wanted))
    try:
        yield consumer
    finally:
        consumer.close()
