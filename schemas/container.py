"""Avro object container files of one uncompressed block, put together from bodies that are Avro already."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from schemas.shape import Field, Shape, wire

OFFSET = Field("_offset", "long")
"""The first column of every block: the record's offset in its partition."""
ORIGIN = (Field("_topic", "string"), Field("_topic_id", "string"), Field("_partition", "long"))
"""The columns before it, in blocks that are to be landed."""
SYNC = b"heedful avro blk"


@lru_cache(maxsize=256)
def groups_of_seven(groups: int) -> bytes:
    """A number that is not negative in groups of seven bits, the lowest first: what varints are made of."""
    out = bytearray()
    while groups > 0x7F:
        out.append(groups & 0x7F | 0x80)
        groups >>= 7
    out.append(groups)
    return bytes(out)


_LOW = [bytes((low & 0x7F | 0x80, low >> 7 | 0x80)) for low in range(1 << 14)]


def varint(number: int) -> bytes:
    """A number that is not negative, as Avro spells a long. Neighbours share their higher bytes."""
    zigzag = number << 1
    high = zigzag >> 14
    return _LOW[zigzag & 0x3FFF] + groups_of_seven(high) if high else groups_of_seven(zigzag)


def numbered(bodies: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """Rows of offset + body."""
    rows, before, tail = [], 0, b""
    for offset, body in bodies:
        zigzag = offset << 1
        high = zigzag >> 14
        if high != before:
            before, tail = high, groups_of_seven(high)
        rows.append(_LOW[zigzag & 0x3FFF] + tail + body if high else groups_of_seven(zigzag) + body)
    return rows


def block_header(writer: Shape) -> bytes:
    """The header of rows that are offset + body, under the schema as it was published."""
    return _published_header(writer, (OFFSET,))


def origin_header(writer: Shape) -> bytes:
    """The header of rows that are origin + offset + body, under the schema as it was published."""
    return _published_header(writer, (*ORIGIN, OFFSET))


def origin(topic: str, topic_id: str, partition: int) -> bytes:
    """The columns that say where a row comes from; the same bytes in each row of a block."""
    return _text(topic) + _text(topic_id) + varint(partition)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return varint(len(encoded)) + encoded


def wire_header(writer: Shape) -> bytes:
    """The same under the plain schema of the same bytes, for Polars."""
    return _header(wire((OFFSET, *writer.fields), writer.short_name))


def _published_header(writer: Shape, before: tuple[Field, ...]) -> bytes:
    schema = json.loads(writer.text)
    schema["fields"][:0] = [{"name": field.name, "type": field.kind} for field in before]
    return _header(schema)


def _header(schema: dict[str, Any]) -> bytes:
    text = json.dumps(schema, separators=(",", ":")).encode()
    entries = ((b"avro.schema", text), (b"avro.codec", b"null"))
    pairs = b"".join(varint(len(key)) + key + varint(len(value)) + value for key, value in entries)
    return b"Obj\x01" + varint(len(entries)) + pairs + b"\0" + SYNC


def container(header: bytes, count: int, data: bytes) -> bytes:
    """A file of ``count`` rows."""
    return b"".join((header, varint(count), varint(len(data)), data, SYNC))
