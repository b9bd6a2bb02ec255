"""Batches of one partition, decoded column by column, and not believed until checked.

Bodies under one schema id are framed as rows varint(offset) + body of one Avro block and decoded at once;
``schemas.canonical`` then proves that each row is its own bytes. Where that fails, or the batch is small,
each record is decoded by itself, in full, and respelt canonically. So which records are good does not depend
on what else was in the batch, and what is handed on as a block (ClickHouse decodes it once more, without
any check) is canonical Avro.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from schemas import columns
from schemas.canonical import Misfit
from schemas.container import OFFSET, ORIGIN, container, numbered, origin, varint
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.validation import fault, suspects
from schemas.words import Record

if TYPE_CHECKING:
    from schemas.codec import Codec, Reading

SMALL = 300
"""Below this many records, decoding each by itself is faster: Polars takes a few milliseconds to begin."""
HEADER = 5


class Bad(NamedTuple):
    """A record that must not be obeyed, and why (``schemas.errors.REASONS``)."""

    offset: int
    reason: str
    detail: str


class Block(NamedTuple):
    """The good records under one schema id, to be handed on as Avro.

    ``container`` is an Avro object container file of one block, uncompressed, under the writer's schema with
    ``_offset`` (long) put first. ``columns`` names its fields.
    """

    schema_id: int
    model: type[Record]
    offsets: list[int]
    container: bytes
    columns: tuple[str, ...]


class Batch:
    """What became of the records of one partition.

    ``bad`` and ``tombstones`` (offsets of records without value on compacted topics) are in the order of
    offsets.
    """

    def __init__(self, parts: list["Part"], bad: list[Bad], tombstones: list[int]) -> None:
        self.bad = sorted(bad)
        self.tombstones = tombstones
        self._parts = parts

    @property
    def records(self) -> list[tuple[int, Record]]:
        """The good records with their offsets, in their order; control records among them."""
        if len(self._parts) == 1:
            return self._parts[0].rows()
        return sorted(chain.from_iterable(part.rows() for part in self._parts), key=lambda row: row[0])

    def besides(self, model: type[Record]) -> list[tuple[int, Record]]:
        """The same without those of one contract, which are not made."""
        others = (part.rows() for part in self._parts if part.reading.model is not model)
        return sorted(chain.from_iterable(others), key=lambda row: row[0])

    def of(self, model: type[Record]) -> "list[Part]":
        """The parts that hold records of one contract."""
        return [part for part in self._parts if part.reading.model is model]

    def fields(self, model: type[Record], *names: str) -> Iterator[tuple[Any, ...]]:
        """Offset and some fields of the good records of one contract, without making the records."""
        for part in self.of(model):
            yield from part.fields(*names)

    @property
    def blocks(self) -> dict[int, Block]:
        """The good records as Avro, by schema id; schema ids without good records are left out."""
        return {part.reading.schema_id: part.block() for part in self._parts if part.offsets}

    def blocks_from(self, topic: str, topic_id: str, partition: int) -> list[Block]:
        """The same; each row says where it comes from, see ``schemas.container.ORIGIN``."""
        start = origin(topic, topic_id, partition)
        return [part.block_from(start) for part in self._parts if part.offsets]

    def __len__(self) -> int:
        return sum(len(part.offsets) for part in self._parts)


class Part:
    """The good records under one schema id. Records, values of a field and Avro are made when asked for."""

    def __init__(
        self,
        reading: "Reading",
        offsets: list[int],
        records: Callable[[Sequence[int] | None], list[Record]],
        field: Callable[[str], list[Any]],
        rows: Callable[[], Iterable[bytes]],
    ) -> None:
        self.reading = reading
        self.offsets = offsets
        self.field = field
        self._records = records
        self._rows = rows

    def rows(self) -> list[tuple[int, Record]]:
        """Offsets and records."""
        return list(zip(self.offsets, self._records(None), strict=True))

    def fields(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """Offset and some fields of each."""
        return zip(self.offsets, *map(self.field, names), strict=True)

    def pick(self, positions: Sequence[int]) -> list[Record]:
        """Those that stand at these positions among ``offsets``; the others are not made."""
        return self._records(positions) if positions else []

    def block(self) -> Block:
        """As Avro."""
        return self._block(self.reading.block_header, b"".join(self._rows()), (OFFSET.name,))

    def block_from(self, start: bytes) -> Block:
        """As Avro, each row beginning with ``start``."""
        before = (*(field.name for field in ORIGIN), OFFSET.name)
        return self._block(self.reading.origin_header, start + start.join(self._rows()), before)

    def _block(self, header: bytes, data: bytes, before: tuple[str, ...]) -> Block:
        names = (*before, *(field.name for field in self.reading.writer.fields))
        avro = container(header, len(self.offsets), data)
        return Block(self.reading.schema_id, self.reading.model, self.offsets, avro, names)


Bodies: TypeAlias = list[tuple[int, bytes]]


def decode_batch(codec: "Codec", topic: Topic, records: Iterable[tuple[int, bytes | None]]) -> Batch:
    """Sort by schema id, decode, check, validate. See ``Codec.decode_batch``."""
    bad: list[Bad] = []
    tombstones: list[int] = []
    groups = _by_prefix(records, codec.limit(topic), bad, tombstones)
    if tombstones and not topic.compacted:
        bad += [Bad(offset, "null_value", "no value") for offset in tombstones]
        tombstones = []
    parts = []
    for prefix, bodies in groups.items():
        try:
            reading = codec.reading(struct.unpack_from(">xI", prefix)[0], topic)
        except BadRecord as error:
            bad += [Bad(offset, error.reason, error.detail) for offset, _ in bodies]
        else:
            parts.append(_decode(reading, bodies, bad))
    return Batch(parts, bad, tombstones)


def _by_prefix(
    records: Iterable[tuple[int, bytes | None]], max_bytes: int, bad: list[Bad], tombstones: list[int]
) -> dict[bytes, Bodies]:
    groups: dict[bytes, Bodies] = {}
    for offset, value in records:
        if value is None:
            tombstones.append(offset)
        elif len(value) > max_bytes:
            bad.append(Bad(offset, "too_large", f"{len(value)} bytes, the limit is {max_bytes}"))
        elif len(value) < HEADER or value[0]:
            bad.append(Bad(offset, "not_framed", f"begins with {value[:HEADER].hex()}"))
        else:
            group = groups.get(value[:HEADER])
            if group is None:
                group = groups[value[:HEADER]] = []
            group.append((offset, value[HEADER:]))
    return groups


def _decode(reading: "Reading", bodies: Bodies, bad: list[Bad]) -> Part:
    if len(bodies) >= SMALL:
        try:
            return _decode_columns(reading, bodies, bad)
        except Misfit:
            pass
    return _decode_singly(reading, bodies, bad)


def _decode_columns(reading: "Reading", bodies: Bodies, bad: list[Bad]) -> Part:
    """All at once. Raises Misfit if the whole does not prove right."""
    offsets = [offset for offset, _ in bodies]
    rows = numbered(bodies)
    data = b"".join(rows)
    frame = _read(container(reading.wire_header, len(rows), data))
    reading.canon.verify(frame, data, np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows))))
    if frame[OFFSET.name].to_list() != offsets:
        raise Misfit("offsets")
    faults = _faults(reading, frame, offsets)
    if faults:
        bad += faults.values()
        kept = [index for index in range(len(rows)) if index not in faults]
        offsets, rows, frame = [offsets[i] for i in kept], [rows[i] for i in kept], frame[kept]
    return Part(
        reading,
        offsets,
        lambda chosen: columns.records(frame if chosen is None else frame[chosen], reading),
        lambda name: columns.values(frame, reading, name),
        lambda: rows,
    )


def _faults(reading: "Reading", frame: pl.DataFrame, offsets: list[int]) -> dict[int, Bad]:
    """What ``validation.fault`` says, by position."""
    positions = suspects(frame, reading.model)
    if not positions:
        return {}
    doubtful = columns.records(frame[positions], reading)
    found = ((index, fault(record)) for index, record in zip(positions, doubtful, strict=True))
    return {index: Bad(offsets[index], *wrong) for index, wrong in found if wrong}


def _read(avro: bytes) -> pl.DataFrame:
    try:
        return pl.read_avro(BytesIO(avro))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        # Bodies that aren't Avro make Polars panic (PanicException is a BaseException): expected here, since
        # anybody may write to a topic; the reader keeps no state, and each record is then read by itself.
        raise Misfit(str(error)[:200]) from error


def _decode_singly(reading: "Reading", bodies: Bodies, bad: list[Bad]) -> Part:
    good, records = [], []
    for offset, body in bodies:
        try:
            record = reading.decode(body)
        except BadRecord as error:
            bad.append(Bad(offset, error.reason, error.detail))
            continue
        wrong = fault(record)
        if wrong:
            bad.append(Bad(offset, *wrong))
            continue
        good.append((offset, body))
        records.append(record)
    return Part(
        reading,
        [offset for offset, _ in good],
        lambda chosen: records if chosen is None else [records[position] for position in chosen],
        lambda name: [getattr(record, name) for record in records],
        lambda: _respelt(reading, good),
    )


def _respelt(reading: "Reading", bodies: Bodies) -> Iterator[bytes]:
    """Rows as the canonical form has them, however their producers spelt them."""
    for offset, body in bodies:
        yield varint(offset) + reading.body(reading.plain(body))
