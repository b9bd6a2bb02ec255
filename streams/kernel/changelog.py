"""The changelog: what a task writes at each commit, and how a task is built anew from it.

A commit appends the changed keys and then one position record: where the inputs stood before and after,
and the clock. Input offsets, outputs and changelog are one transaction, so the last position equals the
committed offsets. See README.md beside this file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.words import Millis
from streams.errors import Refused, Unavailable
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
    """

    before: dict[str, int]
    after: dict[str, int]
    watermarks: Watermarks
    clock: Millis
    holds: dict[str, bool]
    tasks: int = 0
    since: Millis = 0


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


def read_batches(config: KernelConfig, topic: str, partition: int) -> Iterator[Batch]:
    """The commits in a changelog partition, oldest first. The last one lacks a position if it was cut off.

    The transactional id of the task must have been initialised, so that no transaction is pending.
    """
    config.reached("restore.offsets")
    end = _end(config, topic, partition)
    config.reached("restore.end")
    batch = Batch()
    for key, value in _records(config, topic, partition, end):
        if key == POSITION_KEY and value is not None:
            batch.position = decode_position(value)
            yield batch
            batch = Batch()
        else:
            batch.values[key] = value
    if batch.values:
        yield batch


def newest(batches: Iterator[Batch], committed: Mapping[str, int], config: KernelConfig) -> Batch:
    """All state as of the committed offsets, as one batch.

    Raises Refused if the changelog and the committed offsets don't belong together.
    """
    merged = _chained(list(batches), committed) if config.aborted_visible else _merged(batches)
    reached = merged.position.after if merged.position else {}
    if reached != dict(committed):
        raise Refused(
            f"The changelog of {config.deployment} stands at {reached}, the committed offsets at "
            f"{dict(committed)}: offsets were reset or have expired, or the changelog was deleted. Going on "
            "would count events twice or lose them. Put the group's offsets back to the changelog's "
            "position, or start under another deployment name, which builds its state from the inputs."
        )
    return merged


def _merged(batches: Iterator[Batch]) -> Batch:
    merged = Batch()
    for batch in batches:
        merged.values.update(batch.values)
        merged.position = batch.position
    return merged


def _chained(batches: list[Batch], committed: Mapping[str, int]) -> Batch:
    """Only the commits that lead to the committed offsets: the broker shows aborted ones too.

    Walks back from the last commit that ends at the committed offsets; each one's beginning is the end of
    the one before it.
    """
    chain: list[Batch] = []
    sought = dict(committed)
    for batch in reversed(batches):
        if batch.position is not None and batch.position.after == sought and sought:
            chain.append(batch)
            sought = batch.position.before
    return _merged(reversed(chain))


def _end(config: KernelConfig, topic: str, partition: int) -> int:
    """One past the last record, aborted and pending ones included.

    Found by reading up to the end-of-partition event: read_committed would stop at the last stable offset,
    and what a broker states as its latest offset, taken here as a start only, may be too low.
    """
    with _reader(config, "read_uncommitted") as consumer:
        start = TopicPartition(topic, partition)
        _, start.offset = consumer.get_watermark_offsets(start, timeout=RESTORE_PATIENCE)
        for _, _, offset in _consume(config, consumer, start):
            if offset is not None:
                return offset
    raise AssertionError("unreachable")


def _records(
    config: KernelConfig, topic: str, partition: int, end: int
) -> Iterator[tuple[bytes, bytes | None]]:
    """Key and value of every committed record before ``end``."""
    with _reader(config, "read_committed") as consumer:
        # An explicit 0: librdkafka takes half a second to find out where the beginning is.
        for key, value, offset in _consume(config, consumer, TopicPartition(topic, partition, 0)):
            if offset is None:
                yield key, value
            elif offset >= end:
                return


def _consume(
    config: KernelConfig, consumer: Consumer, start: TopicPartition
) -> Iterator[tuple[bytes, bytes | None, int | None]]:
    """Records as (key, value, None); each time the end is reached (b"", None, offset of the end)."""
    consumer.assign([start])
    while True:
        messages = consumer.consume(1, RESTORE_PATIENCE)
        if not messages:
            raise Unavailable(f"{start.topic}[{start.partition}] gave nothing for {RESTORE_PATIENCE:.0f} s.")
        for message in messages + consumer.consume(config.fetch_size, 0):
            error = message.error()
            if error is None:
                yield message.key() or b"", message.value(), None
            elif error.code() == KafkaError._PARTITION_EOF:
                yield b"", None, message.offset()
            else:
                raise KafkaException(error)


@contextmanager
def _reader(config: KernelConfig, isolation: str) -> Iterator[Consumer]:
    group = config.internal("changelog-reader")
    settings: Settings = {"group.id": group, "enable.partition.eof": True}
    consumer = config.make_consumer(config.consumer(isolation, settings))
    try:
        yield consumer
    finally:
        consumer.close()
