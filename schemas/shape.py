"""The subset of Avro that the contracts use, as values.

Allowed are boolean, long, double, string, bytes, enum with default "unknown", timestamp-millis and decimal;
each but the enum may be nullable; and arrays of strings or of flat records. More is refused: the batch
decoder and ClickHouse must read every contract, and both fail on more (Polars panics on nullable enums and
on maps).
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import FixSchemas

Kind = Literal[
    "boolean", "long", "double", "string", "bytes", "enum", "time", "decimal", "strings", "records"
]

PRIMITIVES: dict[str, Kind] = {
    "boolean": "boolean",
    "long": "long",
    "double": "double",
    "string": "string",
    "bytes": "bytes",
}
PRECISION, SCALE = 18, 4
"""Of every amount."""
ABSENT = object()
"""The default of a field that has none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``symbols`` of an enum, ``items`` of an array of records, named ``items_name``."""

    name: str
    kind: Kind
    nullable: bool = False
    default: Any = ABSENT
    symbols: tuple[str, ...] = ()
    items: tuple["Field", ...] = ()
    type_name: str = ""
    doc: str = ""

    @property
    def required(self) -> bool:
        """A reader can't do without it."""
        return self.default is ABSENT


@dataclass(frozen=True, slots=True)
class Shape:
    """One schema. ``name`` is its full name, ``text`` its JSON as it was published."""

    name: str
    fields: tuple[Field, ...]
    text: str

    @property
    def short_name(self) -> str:
        """The name without its namespace: that of the model."""
        return self.name.rpartition(".")[2]

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)


def parse(text: str) -> Shape:
    """Read a schema. Raises FixSchemas where it leaves the allowed subset."""
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise FixSchemas(f"not JSON: {error}") from error
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise FixSchemas("the schema is not a record")
    name = ".".join(filter(None, (schema.get("namespace"), schema.get("name"))))
    return Shape(name, _fields(schema, name, nested=False), text)


def wire(fields: tuple[Field, ...], name: str) -> dict[str, Any]:
    """The plainest schema with the same bytes: enums and times are longs, decimals are bytes.

    Polars and fastavro are given this one. They don't agree on what an enum or a decimal becomes, and
    conversion here is faster than theirs.
    """
    plain = [{"name": field.name, "type": _wire_type(field)} for field in fields]
    return {"type": "record", "name": name, "fields": plain}


WIRE: dict[Kind, str] = {"enum": "long", "time": "long", "decimal": "bytes"}


def _wire_type(field: Field) -> Any:
    if field.kind == "strings":
        return {"type": "array", "items": "string"}
    if field.kind == "records":
        return {"type": "array", "items": wire(field.items, field.type_name)}
    plain = WIRE.get(field.kind, field.kind)
    return ["null", plain] if field.nullable else plain


def _fields(record: dict[str, Any], where: str, nested: bool) -> tuple[Field, ...]:
    fields = tuple(_field(field, where, nested) for field in record.get("fields", ()))
    names = [field.name for field in fields]
    if not names or len(set(names)) != len(names):
        raise FixSchemas(f"{where}: no fields, or two of the same name")
    return fields


def _field(raw: dict[str, Any], where: str, nested: bool) -> Field:
    name = raw["name"]
    at = f"{where}.{name}"
    kind, nullable, detail = _kind(raw["type"], at)
    if nested and kind in ("records", "strings"):
        raise FixSchemas(f"{at}: records in arrays must be flat")
    if kind == "enum":
        _check_enum(detail, nullable, at)
    items = _fields(detail, at, nested=True) if kind == "records" else ()
    return Field(
        name,
        kind,
        nullable,
        _default(raw),
        tuple(detail["symbols"]) if kind == "enum" else (),
        items,
        detail.get("name", "") if detail else "",
        raw.get("doc", ""),
    )


def _default(raw: dict[str, Any]) -> Any:
    default = raw.get("default", ABSENT)
    return tuple(default) if isinstance(default, list) else default


def _kind(declared: Any, at: str) -> tuple[Kind, bool, dict[str, Any]]:
    """Kind, nullable, and the declaration of an enum or of an array's items."""
    if isinstance(declared, list):
        if len(declared) != 2 or declared[0] != "null":
            raise FixSchemas(f"{at}: the only union allowed is null with one other type, null first")
        kind, _, detail = _kind(declared[1], at)
        if kind in ("strings", "records"):
            raise FixSchemas(f"{at}: an array may not be nullable")
        return kind, True, detail
    if isinstance(declared, str) and declared in PRIMITIVES:
        return PRIMITIVES[declared], False, {}
    if isinstance(declared, dict):
        return _complex(declared, at)
    raise FixSchemas(f"{at}: type {declared!r} is not allowed")


def _complex(declared: dict[str, Any], at: str) -> tuple[Kind, bool, dict[str, Any]]:
    match declared:
        case {"type": "long", "logicalType": "timestamp-millis"}:
            return "time", False, {}
        case {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}:
            return "decimal", False, {}
        case {"type": "enum"}:
            return "enum", False, declared
        case {"type": "array", "items": "string"}:
            return "strings", False, {}
        case {"type": "array", "items": {"type": "record"} as items}:
            return "records", False, items
        case {"type": str(plain)} if plain in PRIMITIVES and "logicalType" not in declared:
            return PRIMITIVES[plain], False, {}
    raise FixSchemas(f"{at}: type {json.dumps(declared)[:120]} is not allowed")


def _check_enum(declared: dict[str, Any], nullable: bool, at: str) -> None:
    if nullable or declared.get("default") != "unknown" or "unknown" not in declared["symbols"]:
        raise FixSchemas(f'{at}: an enum must not be nullable and must have the default "unknown"')
