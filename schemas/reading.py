"""Avro bodies to records in one go, if they are spelt in the usual way: many times as fast as by a library.

Usual is the canonical form, or one that differs from it in numbers only, which take more bytes than they
need. Of anything else nothing is said here: the library reads it (``schemas.codec``), and decides.
"""

import struct
from collections.abc import Callable
from textwrap import indent
from typing import Any

from schemas.conversion import amount, item_model, symbols_read
from schemas.shape import Field
from schemas.words import Record
from schemas.written import function

UNUSUAL = (ValueError, LookupError, struct.error)
"""What is raised of a body that is spelt in another way, or isn't one."""
BITS = 64
"""Of a number; what takes more is left to the library."""


def usual_reader(
    writer: tuple[Field, ...], reader: tuple[Field, ...], model: type[Record]
) -> Callable[[bytes], Record]:
    """A function from a body as written to a record; what the writer lacks gets its default.

    It raises one of UNUSUAL unless the whole body is spelt in the usual way.
    """
    read = _reader(writer, reader, model)

    def whole(body: bytes) -> Record:
        record: Record
        record, end = read(body, 0)
        if end != len(body):
            raise ValueError(f"the record ends at byte {end} of {len(body)}")
        return record

    return whole


def _reader(
    writer: tuple[Field, ...], reader: tuple[Field, ...], model: Callable[..., Any]
) -> Callable[[bytes, int], tuple[Any, int]]:
    """A function from bytes, and where a record begins in them, to the record, and where it ends.

    Names that others gave to their fields don't get into its source.
    """
    known, wanted = {**KNOWN, "model": model}, {field.name: field for field in reader}
    steps = [_step(f"v{at}", field, wanted.get(field.name), known) for at, field in enumerate(writer)]
    values = [f"{field.name}=v{at}" for at, field in enumerate(writer) if field.name in wanted]
    return function("read(data, at)", f"{''.join(steps)}return model({', '.join(values)}), at", known)


def _step(value: str, field: Field, wanted: Field | None, known: dict[str, Any]) -> str:
    """Statements that read a field at ``at`` into the variable ``value``, and move ``at`` behind it.

    What they refer to besides is put into ``known``. What isn't ``wanted`` is read all the same.
    """
    if field.kind == "enum":
        symbols = symbols_read(field, wanted or field)
        known[f"of_{value}"] = {2 * index: symbol for index, symbol in enumerate(symbols)}
    elif field.kind == "records":
        item = item_model(wanted) if wanted else tuple
        known[f"of_{value}"] = _reader(field.items, wanted.items if wanted else (), item)
    plain = PLAIN[field.kind].replace("VALUE", value)
    return UNION.replace("VALUE", value) + indent(plain, "    ") if field.nullable else plain


UNION = """\
branch = data[at]
at += 1
if branch == 0:
    VALUE = None
elif branch != 2:
    raise ValueError("branch")
else:
"""
LENGTH = """\
n = data[at]
at += 1
if n & 0x81:
    n, at = length(data, at - 1)
else:
    n >>= 1
"""
ARRAY = """\
VALUE = ()
n = data[at]
at += 1
if n:
    n, at = length(data, at - 1)
    VALUE, at = array(ITEM, n, data, at)
"""
PLAIN = {
    "boolean": "VALUE = booleans[data[at]]\nat += 1\n",
    "long": "VALUE, at = long(data, at)\n",
    "time": "VALUE, at = long(data, at)\n",
    "double": "VALUE, = double(data, at)\nat += 8\n",
    "string": LENGTH + "VALUE = data[at : at + n].decode()\nat += n\n",
    "bytes": LENGTH + "VALUE = data[at : at + n]\nat += n\n",
    "decimal": LENGTH + "VALUE = amount(data[at : at + n])\nat += n\n",
    "enum": "VALUE = of_VALUE[data[at]]\nat += 1\n",
    "strings": ARRAY.replace("ITEM", "text"),
    "records": ARRAY.replace("ITEM", "of_VALUE"),
}
"""Statements by the kind of a field. A text that the body is too short for moves ``at`` beyond its end."""


def _long(data: bytes, at: int) -> tuple[int, int]:
    groups = shift = 0
    while (byte := data[at]) & 0x80:
        groups |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    groups |= byte << shift
    if shift >= BITS or groups >> BITS:
        raise ValueError("a long number")
    return groups >> 1 ^ -(groups & 1), at + 1


def _length(data: bytes, at: int) -> tuple[int, int]:
    number, at = _long(data, at)
    if number < 0:
        raise ValueError("a length below zero")
    return number, at


def _array(
    item: Callable[[bytes, int], tuple[Any, int]], count: int, data: bytes, at: int
) -> tuple[tuple[Any, ...], int]:
    """One block, and the end. Each item takes a byte at least, so a count beyond the bytes ends soon."""
    items = []
    for _ in range(count):
        value, at = item(data, at)
        items.append(value)
    if data[at]:
        raise ValueError("more than one block")
    return tuple(items), at + 1


KNOWN: dict[str, Any] = {
    "amount": amount,
    "array": _array,
    "booleans": {0: False, 1: True},
    "double": struct.Struct("<d").unpack_from,
    "length": _length,
    "long": _long,
}
KNOWN["text"] = function("text(data, at)", f"{PLAIN['string']}return VALUE, at", KNOWN)
"""What these statements refer to."""
