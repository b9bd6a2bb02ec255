"""Confluent's wire format: a zero byte, the schema's id in four bytes, the Avro body.

The only place, with ``schemas.batches``, where Avro is written and read.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import fastavro

from schemas import container, conversion, published
from schemas.canonical import Canon
from schemas.compatibility import unreadable
from schemas.control import Clock, Heartbeat, Hold
from schemas.conversion import ImpossibleNumber
from schemas.errors import BadRecord, FixSchemas, Unencodable
from schemas.reading import UNUSUAL, usual_reader
from schemas.registry import Registry
from schemas.shape import Field, Shape, parse, wire
from schemas.spelling import speller
from schemas.topics import Topic
from schemas.words import Record

if TYPE_CHECKING:
    from schemas.batches import Batch

FRAME = struct.Struct(">bI")
MEBIBYTE = 1 << 20
OWN_BYTES = 16 * MEBIBYTE
"""How long a record of heedful's own may be: a cart is told with all that many inputs have put into it."""


@dataclass(frozen=True)
class Reading:
    """How records under one schema id are read into a contract."""

    schema_id: int
    writer: Shape
    reader: Shape
    model: type[Record]

    @cached_property
    def parsed(self) -> Any:
        """The writer's wire schema, for fastavro."""
        return fastavro.parse_schema(wire(self.writer.fields, self.writer.short_name))

    @cached_property
    def wire_header(self) -> bytes:
        """``schemas.container.wire_header`` of the writer."""
        return container.wire_header(self.writer)

    @cached_property
    def canon(self) -> Canon:
        """The canonical spelling of a row: offset and body."""
        return Canon((container.OFFSET, *self.writer.fields))

    @cached_property
    def block_header(self) -> bytes:
        """``schemas.container.block_header`` of the writer."""
        return container.block_header(self.writer)

    @cached_property
    def origin_header(self) -> bytes:
        """``schemas.container.origin_header`` of the writer."""
        return container.origin_header(self.writer)

    @cached_property
    def pairs(self) -> tuple[tuple[Field | None, Field], ...]:
        """Each field of the contract, in its order, with the writer's; None where the default stands in."""
        return tuple((self.writer.field(field.name), field) for field in self.reader.fields)

    @cached_property
    def record(self) -> Callable[[dict[str, Any]], Record]:
        """Plain values to a record. Consumes the dict."""
        return conversion.record_reader(self.writer.fields, self.reader.fields, self.model)

    def plain(self, body: bytes) -> dict[str, Any]:
        """Decode one body. It must be consumed in full."""
        source = BytesIO(body)
        try:
            plain = cast(dict[str, Any], fastavro.schemaless_reader(source, self.parsed, None))
        except Exception as error:
            # Hostile bytes make fastavro raise almost anything; whatever it is, the body is not Avro.
            raise BadRecord("not_avro", f"{type(error).__name__}: {error}"[:200]) from error
        if source.tell() != len(body):
            raise BadRecord("trailing_bytes", f"{len(body) - source.tell()} bytes after the record")
        return plain

    def body(self, plain: dict[str, Any]) -> bytes:
        """The one canonical spelling of a decoded body, under the writer's schema."""
        out = BytesIO()
        fastavro.schemaless_writer(out, self.parsed, plain)
        return out.getvalue()

    @cached_property
    def usual(self) -> Callable[[bytes], Record]:
        """A body to a record, if it is spelt as nearly all are. Raises one of UNUSUAL."""
        return usual_reader(self.writer.fields, self.reader.fields, self.model)

    def decode(self, body: bytes) -> Record:
        """A body to a record. Raises BadRecord, also for values that no schema can forbid."""
        try:
            return self.usual(body)
        except UNUSUAL:
            return self.decode_any(body)

    def decode_any(self, body: bytes) -> Record:
        """The same by the library alone, however the body is spelt."""
        try:
            return self.record(self.plain(body))
        except ImpossibleNumber as error:
            raise BadRecord("impossible_number", str(error)) from error
        except KeyError as error:
            raise BadRecord("not_avro", f"no symbol {error} in an enum") from error


class Writing:
    """How records of one contract are written."""

    def __init__(self, schema_id: int, shape: Shape) -> None:
        self._prefix = FRAME.pack(0, schema_id)
        self._spell = speller(shape.fields)

    def encode(self, record: Record) -> bytes:
        """Wire bytes."""
        try:
            return self._prefix + self._spell(record)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError, struct.error) as error:
            raise Unencodable(f"{type(record).__name__}: {error}; in {record!r}"[:500]) from error


class Codec:
    """Encodes and decodes records of all contracts under the ids of one registry. Thread-safe."""

    def __init__(self, registry: Registry, max_bytes: int = MEBIBYTE) -> None:
        self.registry = registry
        self.max_bytes = max_bytes
        self._writings: dict[type[Record], Writing] = {}
        self._readings: dict[int, Reading] = {}
        self._lock = Lock()

    def encode(self, record: Record) -> bytes:
        """Wire bytes of a record. Raises Unencodable if a value does not fit its contract."""
        writing = self._writings.get(type(record))
        if writing is None:
            writing = self._writing(type(record))
        return writing.encode(record)

    def decode(self, value: bytes | None, topic: Topic | None = None) -> Record:
        """The record in a value; of any contract, or of one that has its place on ``topic``.

        Raises BadRecord. Does not ask ``schemas.validation``.
        """
        if value is None:
            raise BadRecord("null_value", "no value")
        limit = self.limit(topic)
        if len(value) > limit:
            raise BadRecord("too_large", f"{len(value)} bytes, the limit is {limit}")
        if len(value) < FRAME.size or value[0]:
            raise BadRecord("not_framed", f"begins with {value[:5].hex()}")
        reading = self.reading(FRAME.unpack_from(value)[1], topic)
        return reading.decode(value[FRAME.size :])

    def decode_batch(self, topic: Topic, records: Iterable[tuple[int, bytes | None]]) -> "Batch":
        """Decode (offset, value) pairs of one partition, column by column. Raises nothing about a record."""
        from schemas.batches import decode_batch  # with Polars, which most commands need not wait for

        return decode_batch(self, topic, records)

    def limit(self, topic: Topic | None) -> int:
        """How many bytes a value may have on a topic."""
        return self.max_bytes if topic is None or topic.kind == "input" else OWN_BYTES

    def reading(self, schema_id: int, topic: Topic | None = None) -> Reading:
        """How to read bodies under an id. Raises BadRecord if that can't be, or not on ``topic``."""
        reading = self._readings.get(schema_id)
        if reading is None:
            reading = self._new_reading(schema_id)
        if topic is not None and reading.model not in allowed(topic):
            raise BadRecord("wrong_subject", f"a {reading.model.__name__} has no place on {topic.name}")
        return reading

    def _writing(self, model: type[Record]) -> Writing:
        subject = published.SUBJECT_OF.get(model)
        if subject is None:
            raise Unencodable(f"{model.__name__} is not a contract of a topic")
        with self._lock:
            writing = Writing(self.registry.id_of(subject), published.newest(subject))
            return self._writings.setdefault(model, writing)

    def _new_reading(self, schema_id: int) -> Reading:
        text = self.registry.text_of(schema_id)
        if text is None:
            raise BadRecord("unknown_schema", f"the registry has no schema {schema_id}")
        try:
            reading = resolve(schema_id, parse(text))
        except FixSchemas as error:
            raise BadRecord("unknown_schema", f"schema {schema_id}: {error}") from error
        with self._lock:
            return self._readings.setdefault(schema_id, reading)


def resolve(schema_id: int, writer: Shape) -> Reading:
    """How our contract reads what ``writer`` wrote. Raises FixSchemas if it can't."""
    model = published.MODELS.get(writer.short_name)
    if model is None:
        raise FixSchemas(f"{writer.name} is none of our contracts")
    reader = published.shape_of(model)
    problems = unreadable(reader, writer)
    if problems:
        raise FixSchemas("; ".join(problems))
    return Reading(schema_id, writer, reader, model)


def allowed(topic: Topic) -> tuple[type[Record], ...]:
    """The contracts that have a place on a topic: its own, and the control records of its kind."""
    return (topic.model, *CONTROL_OF[topic.kind])


CONTROL_OF: dict[str, tuple[type[Record], ...]] = {
    "input": (Heartbeat, Hold),
    "internal": (Clock, Hold),
    "output": (),
}
