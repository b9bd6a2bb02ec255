"""Records as Avro bodies, spelt canonically. In place of a library's writer, which takes six times as long.

A general writer asks of each value which branch of a union it fits. The contracts know only one union, a
value or nothing (``schemas.shape``), so each field is one function from its value to its bytes.
"""

import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias

from schemas.container import groups_of_seven, varint
from schemas.conversion import units
from schemas.shape import Field

Spell: TypeAlias = Callable[[Any], bytes]

ABSENT, PRESENT = b"\x00", b"\x02"
"""The branches of a union."""
END = b"\x00"
"""Of an array."""
LONGS = 1 << 63
SHORT = 1024
"""Below this, lengths are looked up; their texts are most of what is spelt, each with one call."""
_LENGTHS = [varint(length) for length in range(SHORT)]
_PRESENT_LENGTHS = [PRESENT + length for length in _LENGTHS]


def speller(fields: tuple[Field, ...]) -> Spell:
    """A function from a record to its body.

    It raises AttributeError, KeyError, OverflowError, TypeError, ValueError or struct.error if a value
    doesn't fit its field.
    """
    spells = [_spell(field) for field in fields]
    values = attrgetter(*(field.name for field in fields))
    if len(fields) == 1:
        (only,) = spells
        return lambda record: only(values(record))
    return lambda record: b"".join(
        [spell(value) for spell, value in zip(spells, values(record), strict=True)]
    )


def _spell(field: Field) -> Spell:
    plain = _plain(field)
    if not field.nullable:
        return plain
    if field.kind == "string":
        return _text_if_any
    return lambda value: ABSENT if value is None else PRESENT + plain(value)


def _plain(field: Field) -> Spell:
    match field.kind:
        case "enum":
            return {symbol: varint(index) for index, symbol in enumerate(field.symbols)}.__getitem__
        case "strings":
            return lambda texts: _array([_text(text) for text in texts])
        case "records":
            spell = speller(field.items)
            return lambda records: _array([spell(record) for record in records])
        case kind:
            return PLAIN[kind]


def _array(items: list[bytes]) -> bytes:
    return _long(len(items)) + b"".join(items) + END if items else END


def _text(text: str) -> bytes:
    data = text.encode()
    length = len(data)
    return _LENGTHS[length] + data if length < SHORT else varint(length) + data


def _text_if_any(text: str | None) -> bytes:
    if text is None:
        return ABSENT
    data = text.encode()
    length = len(data)
    return _PRESENT_LENGTHS[length] + data if length < SHORT else PRESENT + varint(length) + data


def _bytes(data: bytes) -> bytes:
    return varint(len(data)) + data


def _long(number: int) -> bytes:
    if 0 <= number < LONGS:
        return varint(number)
    if -LONGS <= number < 0:
        return groups_of_seven(~number * 2 + 1)  # -1 is spelt as 1, -2 as 3
    raise OverflowError(f"{number} has more than 64 bits")


@lru_cache(maxsize=1 << 16)
def _amount(value: Decimal) -> bytes:
    """Prices repeat, hence the cache."""
    return _bytes(units(value))


PLAIN: dict[str, Spell] = {
    "boolean": {False: b"\x00", True: b"\x01"}.__getitem__,
    "long": _long,
    "time": _long,
    "double": struct.Struct("<d").pack,
    "string": _text,
    "bytes": _bytes,
    "decimal": _amount,
}
