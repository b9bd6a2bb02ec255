"""Between the plain values that Avro libraries know and the values of the contracts.

Plain: enums are indexes, amounts are the big-endian bytes of 1/10,000s, times are milliseconds, arrays are
lists, records are dicts.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from schemas.errors import FixSchemas, Unencodable
from schemas.shape import PRECISION, SCALE, Field
from schemas.words import AlertCause, ContactClock, Evidence, GuardResult, Line, Record

Convert = Callable[[Any], Any]

ITEMS: dict[str, type[Record]] = {
    "Line": Line,
    "GuardResult": GuardResult,
    "ContactClock": ContactClock,
    "AlertCause": AlertCause,
    "Evidence": Evidence,
}
"""Records that stand in arrays, by the name of their schema."""

UNIT_LIMIT = 10**PRECISION
LONGEST_AMOUNT = 8
"""Bytes."""
UNKNOWN = "unknown"


class ImpossibleNumber(ValueError):
    """An amount of more than 18 digits, or of none."""


@lru_cache(maxsize=1 << 16)
def amount(units: bytes) -> Decimal:
    """Bytes to an amount. Prices repeat, hence the cache.

    ClickHouse reads one to eight bytes, and no amount needs more.
    """
    if not 0 < len(units) <= LONGEST_AMOUNT:
        raise ImpossibleNumber(f"{len(units)} bytes")
    number = int.from_bytes(units, "big", signed=True)
    if not -UNIT_LIMIT < number < UNIT_LIMIT:
        raise ImpossibleNumber(f"{len(units)} bytes")
    return Decimal(number).scaleb(-SCALE)


@lru_cache(maxsize=1 << 16)
def units(value: Decimal) -> bytes:
    """An amount to bytes. Raises Unencodable if it has more than four decimals or 18 digits."""
    try:
        scaled = value.scaleb(SCALE)
        number = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Unencodable(f"{value} is not an amount") from error
    if number != scaled or not -UNIT_LIMIT < number < UNIT_LIMIT:
        raise Unencodable(f"{value} has more than {SCALE} decimals or {PRECISION} digits")
    return number.to_bytes((number.bit_length() + 8) // 8, "big", signed=True)


def item_model(field: Field) -> type[Record]:
    """The contract of the records in an array."""
    try:
        return ITEMS[field.type_name]
    except KeyError:
        raise FixSchemas(f"{field.name}: no contract for items named {field.type_name}") from None


def symbols_read(writer: Field, reader: Field) -> tuple[str, ...]:
    """What each index of the writer's enum means to the reader: a symbol unknown to it is "unknown"."""
    return tuple(symbol if symbol in reader.symbols else UNKNOWN for symbol in writer.symbols)


def _optional(convert: Convert, nullable: bool) -> Convert:
    return (lambda value: None if value is None else convert(value)) if nullable else convert


def reading(writer: Field, reader: Field) -> Convert | None:
    """Plain to contract value; None if they are the same."""
    if writer.kind == "enum":
        return dict(enumerate(symbols_read(writer, reader))).__getitem__
    if writer.kind == "decimal":
        return _optional(amount, writer.nullable)
    if writer.kind == "strings":
        return tuple
    if writer.kind == "records":
        return _reading_records(writer, reader)
    return None


def record_reader(
    writer: tuple[Field, ...], reader: tuple[Field, ...], model: type[Record]
) -> Callable[[dict[str, Any]], Record]:
    """A function from a plain dict as written to a record: what the writer lacks gets its default."""
    known = {field.name: field for field in reader}
    dropped = [field.name for field in writer if field.name not in known]
    pairs = [(field, known[field.name]) for field in writer if field.name in known]
    converts = [(field.name, convert) for field, to in pairs if (convert := reading(field, to))]

    def to_record(plain: dict[str, Any]) -> Record:
        for name in dropped:
            del plain[name]
        for name, convert in converts:
            plain[name] = convert(plain[name])
        return model(**plain)

    return to_record


def _reading_records(writer: Field, reader: Field) -> Convert:
    to_record = record_reader(writer.items, reader.items, item_model(reader))
    return lambda plains: tuple(to_record(plain) for plain in plains)
