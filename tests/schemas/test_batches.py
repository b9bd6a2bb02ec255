"""Whole batches: the same as one by one, whatever stands in them."""

import json
import struct
from decimal import Decimal
from io import BytesIO

import fastavro
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.container import OFFSET, container, varint, wire_header
from schemas.control import Clock, Heartbeat, Hold
from schemas.errors import BadRecord
from schemas.events import CartEvent, Click
from schemas.payloads import examples
from schemas.published import newest, shape_of
from schemas.registry import FileRegistry
from schemas.topics import SUBJECTS
from schemas.validation import fault
from schemas.words import Line
from tests.schemas.builders import CODEC, MODELS, SMALL, a_topic_for, records

AT = 1_741_082_400_000
FIRST = 8_190
MANY = 3 * SMALL
BIG = settings(max_examples=15, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])


def click(number, **more):
    values = {"occurred_at": AT + number, "received_at": AT + number, "visitor_id": f"v-{number % 7}"} | more
    return Click(event_id=f"e-{number}", **values)


def numbered(values, first=FIRST):
    return list(enumerate(values, first))


def prefixed(body, subject="cx.clickstream-value"):
    return struct.pack(">bI", 0, FileRegistry().id_of(subject)) + body


def one_by_one(topic, values):
    """What decoding each record alone gives: the good and the bad, by offset."""
    good, bad = [], []
    for offset, value in values:
        try:
            record = CODEC.decode(value, topic)
        except BadRecord as error:
            bad.append((offset, error.reason))
        else:
            wrong = fault(record)
            if wrong:
                bad.append((offset, wrong.reason))
            else:
                good.append((offset, record))
    return good, bad


def assert_like_one_by_one(topic, values):
    batch = CODEC.decode_batch(topic, values)
    good, bad = one_by_one(topic, values)
    assert batch.records == good
    assert [(offset, reason) for offset, reason, _ in batch.bad] == bad
    assert sorted(read_blocks(batch)) == [offset for offset, _ in good]


def read_blocks(batch):
    """The offsets in the blocks, as another Avro library reads them; their content must be the records'."""
    offsets = []
    for schema_id, block in batch.blocks.items():
        for row, offset in zip(fastavro.reader(BytesIO(block.container)), block.offsets, strict=True):
            assert row.pop(OFFSET.name) == offset
            body = BytesIO()
            fastavro.schemaless_writer(body, fastavro.parse_schema(schema(block.model)), row)
            value = struct.pack(">bI", 0, schema_id) + body.getvalue()
            assert (offset, CODEC.decode(value)) in batch.records
            offsets.append(offset)
    return offsets


def schema(model):
    return json.loads(shape_of(model).text)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("times", [1, 3 * SMALL], ids=["small", "large"])
def test_examples_in_a_batch_are_the_examples(subject, times):
    topic = a_topic_for(SUBJECTS[subject])
    sent = [record for _, record in examples(subject)] * times
    batch = CODEC.decode_batch(topic, numbered(map(CODEC.encode, sent)))
    assert batch.bad == []
    assert batch.records == numbered(sent)


@pytest.mark.parametrize("model", MODELS)
@BIG
@given(data=st.data())
def test_a_batch_is_its_records_one_by_one(model, data):
    some = data.draw(st.lists(records(model), min_size=1, max_size=5))
    values = [CODEC.encode(record) for record in some] * SMALL
    assert_like_one_by_one(a_topic_for(model), numbered(values))


def test_two_records_in_one_message_harm_nobody_else():
    values = [CODEC.encode(click(number)) for number in range(MANY)]
    values[20] += varint(FIRST + 21) + CODEC.encode(click(999))[5:]
    batch = CODEC.decode_batch(topics.CLICKSTREAM, numbered(values))
    assert [(bad.offset, bad.reason) for bad in batch.bad] == [(FIRST + 20, "trailing_bytes")]
    assert batch.records == [(FIRST + n, click(n)) for n in range(MANY) if n != 20]


def cart(number, **more):
    return CartEvent(event_id=f"e-{number}", occurred_at=AT, received_at=AT, visitor_id="v", **more)


def around(victim, offset):
    """Two messages that hide the one between them: its bytes become the price of a forged record.

    The first holds a record, the offset of the victim, and a forged record up to the length of its price;
    the second the rest of the forged record, its own offset, and a record.
    """
    hidden = varint(offset + 1) + CODEC.encode(victim)[5:] + varint(offset + 2)
    reading = CODEC.reading(FileRegistry().id_of("cx.cart-value"))
    plain = reading.plain(CODEC.encode(cart(666, price=Decimal(1)))[5:])
    before, after = reading.body(plain | {"price": hidden}).split(hidden)
    first = CODEC.encode(cart(0)) + varint(offset + 1) + before
    return first, prefixed(after, "cx.cart-value") + varint(offset + 2) + CODEC.encode(cart(2))[5:]


def test_two_messages_can_not_replace_the_one_between_them():
    """The offsets agree, no byte is left over: only the length of each row tells."""
    values = [CODEC.encode(cart(number)) for number in range(MANY)]
    values[20], values[22] = around(cart(21), FIRST + 20)
    rows = b"".join(varint(offset) + value[5:] for offset, value in numbered(values))
    believed = pl.read_avro(BytesIO(container(wire_header(newest("cx.cart-value")), MANY, rows)))
    assert believed[OFFSET.name].to_list() == list(range(FIRST, FIRST + MANY))
    assert believed["event_id"][21] == "e-666"

    batch = CODEC.decode_batch(topics.CART, numbered(values))
    assert [bad.offset for bad in batch.bad] == [FIRST + 20, FIRST + 22]
    assert (FIRST + 21, cart(21)) in batch.records
    assert_like_one_by_one(topics.CART, numbered(values))


def test_another_number_for_the_branch_of_a_union_is_respelt_or_refused():
    """Polars takes it for present, ClickHouse for null: neither may see it."""
    value = CODEC.encode(click(1, url="/"))
    at = value.index(b"\x02\x02/")
    values = [CODEC.encode(click(number)) for number in range(MANY)]
    values[5] = value[:at] + b"\x04" + value[at + 1 :]
    values[6] = value[:at] + b"\x01" + value[at + 1 :]
    assert_like_one_by_one(topics.CLICKSTREAM, numbered(values))
    batch = CODEC.decode_batch(topics.CLICKSTREAM, numbered(values))
    assert FIRST + 5 in [bad.offset for bad in batch.bad]


def test_arrays_in_several_sized_blocks_are_read_and_respelt():
    """As some writers spell them: minus the count, the size in bytes, the items."""
    lines = (Line(product_id="a"), Line(product_id="b"))
    event = CartEvent(event_id="e", occurred_at=AT, received_at=AT, visitor_id="v", lines=lines)
    value = CODEC.encode(event)
    items = b"\x02a\x00\x02\x00", b"\x02b\x00\x02\x00"
    plain = b"\x04" + items[0] + items[1] + b"\x00"
    sized = b"".join(b"\x01" + varint(len(item)) + item for item in items) + b"\x00"
    assert plain in value
    values = [value] * MANY
    values[3] = value.replace(plain, sized)
    batch = CODEC.decode_batch(topics.CART, numbered(values))
    assert batch.records == numbered([event] * MANY)
    block = next(iter(batch.blocks.values()))
    assert sized not in block.container


GARBAGE = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.binary(max_size=120).map(prefixed),
    st.builds(
        lambda number, at, byte: prefixed(mutated(CODEC.encode(click(number, url="/x"))[5:], at, byte)),
        st.integers(0, 9),
        st.integers(0, 200),
        st.integers(0, 255),
    ),
    st.builds(lambda cut: CODEC.encode(click(1))[:-cut], st.integers(1, 40)),
)


def mutated(body, at, byte):
    at %= len(body)
    return body[:at] + bytes([byte]) + body[at + 1 :]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(garbage=st.lists(st.tuples(st.integers(0, MANY - 1), GARBAGE), min_size=1, max_size=6))
def test_garbage_among_good_records_harms_only_itself(garbage):
    values = [CODEC.encode(click(number)) for number in range(MANY)]
    for at, value in garbage:
        values[at] = value
    assert_like_one_by_one(topics.CLICKSTREAM, numbered(values))


@pytest.mark.parametrize("size", [2**31, 2**40, 2**62])
def test_a_huge_length_takes_no_memory(size):
    values = [CODEC.encode(click(number)) for number in range(MANY)]
    values[1] = prefixed(varint(size) + b"x")
    values[2] = prefixed(CODEC.encode(click(2))[5:].replace(b"\x0ee-2", varint(size)))
    assert_like_one_by_one(topics.CLICKSTREAM, numbered(values))


@pytest.mark.parametrize("count", [2**31, 2**40, 2**62])
def test_a_huge_count_takes_no_memory(count):
    event = CartEvent(
        event_id="e", occurred_at=AT, received_at=AT, visitor_id="v", lines=(Line(product_id="a"),)
    )
    value = CODEC.encode(event)
    values = [value] * MANY
    values[1] = value.replace(b"\x02\x02a\x00\x02\x00\x00", varint(count) + b"\x02a\x00\x02\x00")
    assert values[1] != value
    assert_like_one_by_one(topics.CART, numbered(values))


def test_control_records_keep_their_place_between_events():
    sent = [click(n) if n % 3 else Heartbeat(received_at=AT + n) for n in range(MANY)]
    sent[7] = Hold(action="live", received_at=AT)
    batch = CODEC.decode_batch(topics.CLICKSTREAM, numbered(map(CODEC.encode, sent)))
    assert batch.records == numbered(sent)
    assert {block.model for block in batch.blocks.values()} == {Click, Heartbeat, Hold}


def test_what_has_no_place_on_the_topic_is_bad():
    sent = [click(1), Clock(task=0, tasks=1, clock=0), examples("cx.cart-value")[0][1]]
    batch = CODEC.decode_batch(topics.CLICKSTREAM, numbered(map(CODEC.encode, sent)))
    assert batch.records == [(FIRST, click(1))]
    assert [bad.reason for bad in batch.bad] == ["wrong_subject", "wrong_subject"]


def test_tombstones_are_told_apart_on_compacted_topics_only():
    state = examples("cx.contacts-value")[0][1]
    values = [None, CODEC.encode(state), None]
    batch = CODEC.decode_batch(topics.CONTACTS, numbered(values))
    assert (batch.tombstones, batch.bad) == ([FIRST, FIRST + 2], [])
    assert batch.records == [(FIRST + 1, state)]
    batch = CODEC.decode_batch(topics.CART, numbered([None]))
    assert [bad.reason for bad in batch.bad] == ["null_value"]
    assert batch.tombstones == []


def test_nothing_is_a_batch():
    batch = CODEC.decode_batch(topics.CART, [])
    assert (batch.records, batch.blocks, batch.bad, len(batch)) == ([], {}, [], 0)


@pytest.mark.parametrize("times", [1, MANY], ids=["small", "large"])
def test_what_no_schema_can_forbid_is_bad(times):
    wrong = [
        click(1, visitor_id="null"),
        click(2, visitor_id=" Undefined\n"),
        click(3, customer_id=""),
        click(4, shop_id="a/b"),
        click(5, received_at=0),
        click(6, occurred_at=AT * 1000),
        click(7, sequence=3),
    ]
    batch = CODEC.decode_batch(topics.CLICKSTREAM, numbered(map(CODEC.encode, wrong * times)))
    reasons = ["empty_id"] * 3 + ["impossible_shop"] + ["impossible_time"] * 2
    assert [bad.reason for bad in batch.bad] == reasons * times
    assert [record for _, record in batch.records] == [wrong[-1]] * times
    assert sorted(read_blocks(batch)) == [offset for offset, _ in batch.records]
