"""The Structs are the schemas, the schemas keep to the subset, the examples are what they say."""

import json
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from schemas import conversion, published
from schemas.errors import FixSchemas
from schemas.payloads import all_examples, examples
from schemas.shape import ABSENT, Field, parse
from schemas.topics import SUBJECTS, TOPICS
from schemas.words import Record

KINDS = {str: "string", bool: "boolean", float: "double", bytes: "bytes", Decimal: "decimal"}
ITEMS = [
    pytest.param(conversion.ITEMS[field.type_name], field.items, id=f"{subject}.{field.name}")
    for subject in SUBJECTS
    for field in published.newest(subject).fields
    if field.kind == "records"
]


def same_kind(field: Field, hint: Any) -> bool:
    """The annotation says what the schema says."""
    if get_origin(hint) is UnionType or type(hint) is UnionType:
        some = [arm for arm in get_args(hint) if arm is not NoneType]
        return field.nullable and len(some) == 1 and same_kind(Field(field.name, field.kind), some[0])
    if field.nullable:
        return False
    if get_origin(hint) is Literal:
        return field.kind == "enum" and get_args(hint) == field.symbols
    if get_origin(hint) is tuple:
        item, _ = get_args(hint)
        return field.kind == ("strings" if item is str else "records")
    return field.kind in ("long", "time") if hint is int else field.kind == KINDS[hint]


def assert_same(model: type[Record], fields: tuple[Field, ...]) -> None:
    """Names, order, types, nullability, symbols, defaults."""
    hints = get_type_hints(model)
    assert model.__struct_fields__ == tuple(field.name for field in fields)
    for field, member in zip(fields, msgspec.structs.fields(model), strict=True):
        assert same_kind(field, hints[field.name]), f"{model.__name__}.{field.name}: {hints[field.name]}"
        default = ABSENT if member.default is msgspec.NODEFAULT else member.default
        assert default == field.default, f"{model.__name__}.{field.name}"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_struct_is_the_newest_schema(subject):
    shape = published.newest(subject)
    assert shape.name == f"heedful.{SUBJECTS[subject].__name__}"
    assert_same(SUBJECTS[subject], shape.fields)


@pytest.mark.parametrize(("model", "fields"), ITEMS)
def test_the_struct_of_items_is_their_schema(model, fields):
    assert_same(model, fields)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_field_is_documented(subject):
    for field in published.newest(subject).fields:
        assert len(field.doc) > 3, field.name
        assert all(len(item.doc) > 3 for item in field.items), field.name


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_examples(subject):
    assert len(examples(subject)) >= 2


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_field_has_a_value_in_some_example(subject):
    values = [msgspec.structs.asdict(record).items() for _, record in examples(subject)]
    shown = {name for items in values for name, value in items if value is not None}
    assert shown == set(SUBJECTS[subject].__struct_fields__)


def test_examples_have_ids_of_their_own():
    ids = [record.event_id for _, _, record in all_examples() if hasattr(record, "event_id")]
    assert len(set(ids)) == len(ids)


def schema_with(declared: Any, **more: Any) -> str:
    field = {"name": "a", "type": declared, **more}
    return json.dumps({"type": "record", "name": "R", "namespace": "heedful", "fields": [field]})


E = {"type": "enum", "name": "E", "symbols": ["unknown", "x"], "default": "unknown"}
FLAT = {"type": "record", "name": "I", "fields": [{"name": "b", "type": "string"}]}
DEEP = {
    "type": "record",
    "name": "I",
    "fields": [{"name": "b", "type": {"type": "array", "items": "string"}}],
}


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(["null", E], id="nullable enum"),
        pytest.param({**E, "default": "x"}, id="enum with another default"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["x"]}, id="enum without default"),
        pytest.param({"type": "map", "values": "string"}, id="map"),
        pytest.param(["null", {"type": "array", "items": "string"}], id="nullable array"),
        pytest.param(["string", "null"], id="null second"),
        pytest.param(["null", "string", "long"], id="union of three"),
        pytest.param({"type": "array", "items": DEEP}, id="array in an array"),
        pytest.param({"type": "array", "items": "long"}, id="array of numbers"),
        pytest.param({"type": "fixed", "name": "F", "size": 4}, id="fixed"),
        pytest.param(FLAT, id="record in a record"),
        pytest.param({"type": "long", "logicalType": "timestamp-micros"}, id="another unit of time"),
        pytest.param(
            {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}, id="another precision"
        ),
        pytest.param("float", id="float"),
    ],
)
def test_more_than_the_subset_is_refused(declared):
    with pytest.raises(FixSchemas):
        parse(schema_with(declared))


@pytest.mark.parametrize("text", ["", "{", "[]", '"string"', '{"type": "record", "name": "R", "fields": []}'])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(FixSchemas):
        parse(text)


def test_what_is_acted_on_at_once_is_urgent_and_nothing_else() -> None:
    urgent = {topic.label for topic in TOPICS if topic.urgent}
    assert urgent == {
        "signals.abandonment",
        "signals.contact",
        "outreach.email",
        "outreach.sms",
        "outreach.push",
        "outreach.phone",
        "outreach.onsite",
    }
