"""Records as JSON objects with the names of their fields, as they stand in files and in the command line.

Times are ISO-8601 with a zone (milliseconds since 1970 are accepted, too), amounts are strings with four
decimals (numbers are accepted), bytes are base64.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import msgspec

from schemas.conversion import item_model, units
from schemas.errors import BadRecord, Unencodable
from schemas.published import shape_of
from schemas.shape import SCALE, Field
from schemas.words import Millis, Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
QUANTUM = Decimal(1).scaleb(-SCALE)


class Wrong(ValueError):
    """A value is not what its field needs; the message says what it needs."""


def from_json(model: type[Record], values: Mapping[str, Any]) -> Record:
    """A record from a JSON object. What is left out gets its default.

    Raises BadRecord ("wrong_field") that names the field.
    """
    return _record(model, shape_of(model).fields, values, "")


def to_json(record: Record) -> dict[str, Any]:
    """A record as a JSON object: every field, in the order of its schema; the same for equal records."""
    return _object(record, shape_of(type(record)).fields)


def to_millis(text: str) -> Millis:
    """ISO-8601 with a zone to milliseconds since 1970, rounded down. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone; add Z for UTC")
    return (moment - EPOCH) // MILLISECOND


def to_iso(moment: Millis) -> str:
    """Milliseconds since 1970 to ISO-8601 in UTC. Raises OverflowError after the year 9999."""
    return (EPOCH + moment * MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _record(model: type[Record], fields: tuple[Field, ...], values: Any, at: str) -> Record:
    if not isinstance(values, Mapping):
        raise BadRecord("wrong_field", f"{at or 'the value'} must be an object, not {_shown(values)}")
    unknown = values.keys() - {field.name for field in fields}
    if unknown:
        raise BadRecord("wrong_field", f"{at}{min(unknown)} is not a field of {model.__name__}")
    found = {}
    for field in fields:
        if field.name in values:
            found[field.name] = _value(field, values[field.name], at)
        elif field.required:
            raise BadRecord("wrong_field", f"{at}{field.name} is missing in {model.__name__}")
    return model(**found)


def _value(field: Field, value: Any, at: str) -> Any:
    where = at + field.name
    if value is None:
        if field.nullable:
            return None
        raise BadRecord("wrong_field", f"{where} may not be null")
    if field.kind == "records":
        if not isinstance(value, list):
            raise BadRecord("wrong_field", f"{where} must be a list, not {_shown(value)}")
        model = item_model(field)
        items = (_record(model, field.items, item, f"{where}[{i}].") for i, item in enumerate(value))
        return tuple(items)
    try:
        return READ[field.kind](field, value)
    except Wrong as error:
        raise BadRecord("wrong_field", f"{where} must be {error}, not {_shown(value)}") from error


def _shown(value: Any) -> str:
    return repr(value)[:80]


def _plain(kind: type, name: str) -> Callable[[Field, Any], Any]:
    def read(field: Field, value: Any) -> Any:
        if type(value) is not kind:
            raise Wrong(name)
        return value

    return read


def _long(field: Field, value: Any) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise Wrong("a whole number of at most 64 bits")
    return value


def _double(field: Field, value: Any) -> float:
    if type(value) not in (int, float):
        raise Wrong("a number")
    return float(value)


def _symbol(field: Field, value: Any) -> Any:
    if value not in field.symbols:
        raise Wrong(f"one of {', '.join(field.symbols)}")
    return value


def _time(field: Field, value: Any) -> Millis:
    if isinstance(value, str):
        try:
            return to_millis(value)
        except (ValueError, OverflowError) as error:
            raise Wrong("a time such as 2024-05-19T10:00:00Z") from error
    return _long(field, value)


def _amount(field: Field, value: Any) -> Decimal:
    if type(value) not in (str, int, float):
        raise Wrong("an amount such as 12.50")
    try:
        amount = Decimal(str(value))
        units(amount)
    except (InvalidOperation, Unencodable) as error:
        raise Wrong("an amount with at most 4 decimals and 14 digits before them") from error
    return amount


def _bytes(field: Field, value: Any) -> bytes:
    if not isinstance(value, str):
        raise Wrong("base64")
    try:
        return b64decode(value, validate=True)
    except NotBase64 as error:
        raise Wrong("base64") from error


def _strings(field: Field, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Wrong("a list of strings")
    return tuple(value)


READ: dict[str, Callable[[Field, Any], Any]] = {
    "boolean": _plain(bool, "true or false"),
    "string": _plain(str, "a string"),
    "long": _long,
    "double": _double,
    "enum": _symbol,
    "time": _time,
    "decimal": _amount,
    "bytes": _bytes,
    "strings": _strings,
}


def _show_time(moment: Millis) -> str | Millis:
    try:
        return to_iso(moment)
    except OverflowError:
        return moment


SHOW: dict[str, Callable[[Any], Any]] = {
    "time": _show_time,
    "decimal": lambda amount: format(amount.quantize(QUANTUM), "f"),
    "bytes": lambda value: b64encode(value).decode(),
    "strings": list,
}


@cache
def _shows(fields: tuple[Field, ...]) -> list[tuple[str, Callable[[Any], Any]]]:
    shows = [(field.name, SHOW[field.kind]) for field in fields if field.kind in SHOW]
    return shows + [(field.name, _show_records(field.items)) for field in fields if field.kind == "records"]


def _show_records(fields: tuple[Field, ...]) -> Callable[[tuple[Record, ...]], list[dict[str, Any]]]:
    return lambda records: [_object(record, fields) for record in records]


def _object(record: Record, fields: tuple[Field, ...]) -> dict[str, Any]:
    values = msgspec.structs.asdict(record)
    for name, show in _shows(fields):
        if values[name] is not None:
            values[name] = show(values[name])
    return values
