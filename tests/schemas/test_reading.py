"""What is read in the usual way is what the library reads; what is spelt in another way is left to it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Reading, resolve
from schemas.container import varint
from schemas.errors import BadRecord
from schemas.events import CartEvent, Click
from schemas.published import SUBJECT_OF, newest, versions
from schemas.reading import UNUSUAL
from schemas.shape import Shape, parse
from schemas.words import Line, Record
from tests.schemas.builders import CODEC, MODELS, records

WRITINGS = [
    pytest.param(model, writer, id=f"{SUBJECT_OF[model]}-{number}")
    for model in MODELS
    for number, writer in enumerate(versions(SUBJECT_OF[model]), 1)
]
CART = resolve(1, newest(SUBJECT_OF[CartEvent]))


def body_of(record: Record) -> bytes:
    return CODEC.encode(record)[5:]


def body_as(reading: Reading, record: Record) -> bytes:
    """The record under an older schema, which is the newer one without its last fields."""
    plain = resolve(1, newest(SUBJECT_OF[type(record)])).plain(body_of(record))
    return reading.body({field.name: plain[field.name] for field in reading.writer.fields})


def usual(reading: Reading, body: bytes) -> Record | None:
    """What is read in the usual way; None: it is left to the library."""
    try:
        return reading.usual(body)
    except UNUSUAL:
        return None


@pytest.mark.parametrize(("model", "writer"), WRITINGS)
@settings(max_examples=20)
@given(data=st.data())
def test_any_record_under_any_schema_is_read_as_by_the_library(
    model: type[Record], writer: Shape, data: st.DataObject
) -> None:
    reading = resolve(1, writer)
    body = body_as(reading, data.draw(records(model, writer.fields)))
    assert reading.usual(body) == reading.decode_any(body)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=60)
@given(data=st.data())
def test_of_bent_bytes_nothing_is_read_that_the_library_does_not_read(
    model: type[Record], data: st.DataObject
) -> None:
    reading = resolve(1, newest(SUBJECT_OF[model]))
    body = bytearray(body_of(data.draw(records(model))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    read = usual(reading, bytes(body))
    assert read is None or repr(read) == repr(reading.decode_any(bytes(body)))


ORDER = CartEvent(
    event_id="e",
    occurred_at=1_800_000_000_000,
    received_at=1_800_000_000_000,
    visitor_id="v",
    type="order_completed",
    lines=(Line(product_id="a"), Line(product_id="b", quantity=2)),
)
BODY = body_of(ORDER)
ITEMS = (b"\x02a\x00\x02\x00", b"\x02b\x00\x04\x00")
BLOCK = b"\x04" + ITEMS[0] + ITEMS[1] + b"\x00"
SIZED = b"\x03" + varint(len(ITEMS[0]) + len(ITEMS[1])) + ITEMS[0] + ITEMS[1] + b"\x00"
"""A block whose count is below zero says how long it is."""


@pytest.mark.parametrize(
    ("usually", "otherwise"),
    [
        pytest.param(BLOCK, b"\x02" + ITEMS[0] + b"\x02" + ITEMS[1] + b"\x00", id="two blocks"),
        pytest.param(BLOCK, SIZED, id="a block with its size"),
    ],
)
def test_what_is_spelt_in_another_way_is_left_to_the_library(usually: bytes, otherwise: bytes) -> None:
    assert BODY.count(usually) == 1
    body = BODY.replace(usually, otherwise)
    assert usual(CART, body) is None
    assert CART.decode(body) == ORDER


def test_numbers_may_take_more_bytes_than_they_need() -> None:
    body = BODY.replace(b"\x02e", b"\x82\x80\x00e", 1)
    assert CART.usual(body) == CART.decode_any(body) == ORDER


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(BODY[:-1], id="cut"),
        pytest.param(BODY + b"\x00", id="too long"),
        pytest.param(BODY.replace(b"\x02e", b"\x01e", 1), id="a length below zero"),
        pytest.param(BODY.replace(b"\x02e", b"\xfe\xff\xff\xff\xff\x0fe", 1), id="a length beyond the body"),
        pytest.param(BODY.replace(b"\x02e", b"\x02\xff", 1), id="not a text"),
        pytest.param(BODY.replace(BLOCK, varint(1 << 60) + BLOCK[1:]), id="a count beyond the body"),
    ],
)
def test_what_is_no_record_is_refused(body: bytes) -> None:
    assert usual(CART, body) is None
    with pytest.raises(BadRecord):
        CART.decode(body)


def test_names_that_others_gave_to_their_fields_are_not_run() -> None:
    schema = json.loads(newest(SUBJECT_OF[Click]).text)
    schema["fields"].append({"name": "x = 1 / 0", "type": "string", "default": ""})
    foreign = resolve(1, parse(json.dumps(schema)))
    click = Click(event_id="e", occurred_at=1, received_at=1, visitor_id="v")
    assert foreign.usual(body_of(click) + b"\x02y") == click
