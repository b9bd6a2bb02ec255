"""Records as Avro bodies, spelt canonically. In place of a library's writer, which takes ten times as long.

A general writer asks of each value which branch of a union it fits. The contracts know only one union, a
value or nothing (``schemas.shape``), so each field is one expression, and each contract one function.
"""

import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from schemas.container import groups_of_seven, varint
from schemas.conversion import units
from schemas.shape import Field
from schemas.written import function

Spell: TypeAlias = Callable[[Any], bytes]

ABSENT, PRESENT = b"\x00", b"\x02"
"""The branches of a union."""
END = b"\x00"
"""Of an array."""
LONGS = 1 << 63
SHORT = 1024
"""Below this, lengths are looked up: texts are most of what is spelt."""


class _Lengths(dict[int, bytes]):
    """How the length of a text is spelt, and the branch before it."""

    def __init__(self, branch: bytes) -> None:
        super().__init__((length, branch + varint(length)) for length in range(SHORT))
        self._branch = branch

    def __missing__(self, length: int) -> bytes:
        return self._branch + varint(length)


def speller(fields: tuple[Field, ...]) -> Spell:
    """A function from a record to its body.

    It raises AttributeError, KeyError, OverflowError, TypeError, ValueError or struct.error if a value
    doesn't fit its field.
    """
    known = KNOWN.copy()
    parts = ",\n".join(_spelt(field, known) for field in fields)
    return function("spell(record)", f"return join((\n{parts},\n))", known)


def _spelt(field: Field, known: dict[str, Any]) -> str:
    """The expression for a field. What it refers to besides is put into ``known``."""
    if field.kind == "enum":
        known[f"symbols_{field.name}"] = {symbol: varint(at) for at, symbol in enumerate(field.symbols)}
    elif field.kind == "records":
        known[f"spell_{field.name}"] = speller(field.items)
    value = f"record.{field.name}"
    if not field.nullable:
        return PLAIN[field.kind].format(v=value, name=field.name)
    if field.kind == "string":
        return f"ABSENT if (v := {value}) is None else PRESENT_LENGTHS[len(v := v.encode())] + v"
    return f"ABSENT if (v := {value}) is None else PRESENT + {PLAIN[field.kind].format(v='v')}"


PLAIN = {
    "boolean": "BOOLEANS[{v}]",
    "long": "long({v})",
    "time": "long({v})",
    "double": "double({v})",
    "string": "LENGTHS[len(v := {v}.encode())] + v",
    "bytes": "LENGTHS[len(v := {v})] + v",
    "decimal": "amount({v})",
    "enum": "symbols_{name}[{v}]",
    "strings": "array([LENGTHS[len(t := text.encode())] + t for text in {v}])",
    "records": "array([*map(spell_{name}, {v})])",
}
"""The expression for the bytes of a value ``v``, by the kind of the field."""


def _array(items: list[bytes]) -> bytes:
    return varint(len(items)) + b"".join(items) + END if items else END


def _long(number: int) -> bytes:
    if 0 <= number < LONGS:
        return varint(number)
    if -LONGS <= number < 0:
        return groups_of_seven(~number * 2 + 1)  # -1 is spelt as 1, -2 as 3
    raise OverflowError(f"{number} has more than 64 bits")


@lru_cache(maxsize=1 << 16)
def _amount(value: Decimal) -> bytes:
    """Prices repeat, hence the cache."""
    data = units(value)
    return varint(len(data)) + data


KNOWN: dict[str, Any] = {
    "ABSENT": ABSENT,
    "PRESENT": PRESENT,
    "BOOLEANS": {False: b"\x00", True: b"\x01"},
    "LENGTHS": _Lengths(b""),
    "PRESENT_LENGTHS": _Lengths(PRESENT),
    "amount": _amount,
    "array": _array,
    "double": struct.Struct("<d").pack,
    "join": b"".join,
    "long": _long,
}
"""What these expressions refer to."""
