"""Round trips, and what is not obeyed."""

import struct
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.codec import Codec
from schemas.control import Clock, Heartbeat
from schemas.errors import REASONS, BadRecord, Unencodable
from schemas.events import CartEvent, Click
from schemas.payloads import all_examples, examples
from schemas.registry import FileRegistry
from schemas.words import Line
from tests.schemas.builders import CODEC, MODELS, a_topic_for, records

EXAMPLES = [pytest.param(record, id=f"{subject}/{name}") for subject, name, record in all_examples()]
CLICK = examples("cx.clickstream-value")[0][1]


@pytest.mark.parametrize("record", EXAMPLES)
def test_examples_survive_the_wire(record):
    assert CODEC.decode(CODEC.encode(record), a_topic_for(type(record))) == record


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_any_record_survives_the_wire(model, data):
    record = data.draw(records(model))
    assert CODEC.decode(CODEC.encode(record)) == record


def test_the_wire_format_is_confluents():
    value = CODEC.encode(CLICK)
    magic, schema_id = struct.unpack_from(">bI", value)
    assert magic == 0
    assert schema_id == FileRegistry().id_of("cx.clickstream-value")


def reason(value, topic=topics.CART, codec=CODEC):
    with pytest.raises(BadRecord) as caught:
        codec.decode(value, topic)
    assert caught.value.reason in REASONS
    return caught.value.reason


def test_bad_values_are_named():
    good = CODEC.encode(examples("cx.cart-value")[0][1])
    assert reason(None) == "null_value"
    assert reason(b"") == "not_framed"
    assert reason(b'{"event": "Cart Viewed"}') == "not_framed"
    assert reason(b"\0\0\0\0") == "not_framed"
    assert reason(b"\0\0\0\0\1abc") == "unknown_schema"
    assert reason(good[:-1]) == "not_avro"
    assert reason(good[:5]) == "not_avro"
    assert reason(good + b"\0") == "trailing_bytes"
    assert reason(good + good[5:]) == "trailing_bytes"
    assert reason(good, topics.CLICKSTREAM) == "wrong_subject"
    assert reason(good, codec=Codec(FileRegistry(), max_bytes=20)) == "too_large"


def test_control_records_stand_where_they_belong():
    beat = CODEC.encode(Heartbeat(received_at=1_700_000_000_000))
    clock = CODEC.encode(Clock(task=0, tasks=1, clock=0))
    assert CODEC.decode(beat, topics.CART) == Heartbeat(received_at=1_700_000_000_000)
    assert reason(beat, topics.FACTS) == "wrong_subject"
    assert reason(clock, topics.CART) == "wrong_subject"
    assert reason(beat, topics.DECISIONS) == "wrong_subject"


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_garbage_is_bad_and_nothing_worse(body):
    value = struct.pack(">bI", 0, FileRegistry().id_of("cx.cart-value")) + body
    with suppress(BadRecord):
        CODEC.decode(value, topics.CART)


def cart(**values):
    return CartEvent(event_id="e", occurred_at=1, received_at=1, visitor_id="v", **values)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(cart(type="no such type"), id="symbol"),
        pytest.param(cart(price=Decimal("0.00001")), id="five decimals"),
        pytest.param(cart(price=Decimal(10**14)), id="fifteen digits"),
        pytest.param(cart(price=Decimal("NaN")), id="not a number"),
        pytest.param(cart(price=Decimal("Infinity")), id="infinite"),
        pytest.param(cart(cart_id=7), id="number for a string"),
        pytest.param(cart(lines=(Line(product_id=None),)), id="null in a line"),
        pytest.param(Click(event_id="e", occurred_at=None, received_at=1, visitor_id="v"), id="no time"),
        pytest.param(Line(product_id="p"), id="no contract of a topic"),
    ],
)
def test_what_does_not_fit_is_not_written(record):
    with pytest.raises(Unencodable):
        CODEC.encode(record)
