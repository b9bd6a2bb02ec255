"""What every input must satisfy, asked of one record and of a whole batch."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.control import Clock, Heartbeat, Hold
from schemas.errors import REASONS
from schemas.events import CartEvent
from schemas.payloads import all_examples
from schemas.published import shape_of
from schemas.topics import INPUTS
from schemas.validation import EARLIEST, LATEST, PLACEHOLDERS, fault, is_placeholder
from schemas.words import Line
from tests.schemas.builders import CODEC, SMALL, records

AT = 1_741_082_400_000


def cart(**values):
    return CartEvent(**{"event_id": "e", "occurred_at": AT, "received_at": AT, "visitor_id": "v"} | values)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(cart(), None, id="good"),
        pytest.param(cart(event_id=""), "empty_id", id="no id"),
        pytest.param(cart(visitor_id="NULL"), "empty_id", id="null in capitals"),
        pytest.param(cart(visitor_id=" guest "), "empty_id", id="guest, with blanks"),
        pytest.param(
            cart(customer_id="00000000-0000-0000-0000-000000000000"), "empty_id", id="UUID of zeros"
        ),
        pytest.param(cart(order_id="0"), "empty_id", id="order 0"),
        pytest.param(cart(order_id=None), None, id="no order"),
        pytest.param(cart(visitor_id="none of your business"), None, id="not a placeholder"),
        pytest.param(cart(shop_id=""), "impossible_shop", id="no shop"),
        pytest.param(cart(shop_id="a/b"), "impossible_shop", id="slash in shop"),
        pytest.param(cart(occurred_at=EARLIEST), None, id="the year 2000"),
        pytest.param(cart(occurred_at=EARLIEST - 1), "impossible_time", id="before 2000"),
        pytest.param(cart(received_at=LATEST), "impossible_time", id="2100"),
        pytest.param(cart(occurred_at=AT // 1000), "impossible_time", id="seconds for milliseconds"),
        pytest.param(cart(sent_at=0), None, id="the client's clock may be wrong"),
        pytest.param(cart(quantity=0), "impossible_quantity", id="none of it"),
        pytest.param(cart(quantity=-1), "impossible_quantity", id="less than none"),
        pytest.param(
            cart(lines=(Line(product_id="p"), Line(product_id="q", quantity=0))),
            "impossible_quantity",
            id="empty line",
        ),
        pytest.param(Heartbeat(received_at=AT), None, id="heartbeat"),
        pytest.param(Heartbeat(received_at=0), "impossible_time", id="heartbeat of 1970"),
        pytest.param(Hold(action="hold", received_at=0), None, id="a hold moves no clock"),
        pytest.param(Clock(task=0, tasks=1, clock=0), None, id="a task that has seen nothing"),
    ],
)
def test_fault(record, reason):
    found = fault(record)
    assert (found and found.reason) == reason
    assert found is None or found.reason in REASONS


@pytest.mark.parametrize("record", [pytest.param(r, id=f"{s}/{n}") for s, n, r in all_examples()])
def test_examples_are_good(record):
    assert fault(record) is None


TEXT = st.sampled_from([*sorted(PLACEHOLDERS), " null\t", "NONE", "a/b", "İd", "\u212aey", "x" * 200])
NUMBER = st.sampled_from([-(2**63), -1, 0, 1, EARLIEST - 1, EARLIEST, LATEST - 1, LATEST, 2**63 - 1])


@st.composite
def edgy(draw, model):
    """A record, some fields of which are at an edge."""
    record = draw(records(model))
    changed = {}
    for name, value in msgspec.structs.asdict(record).items():
        edge = {str: TEXT, int: NUMBER}.get(type(value))
        if edge is not None and draw(st.booleans()):
            changed[name] = draw(edge)
    return msgspec.structs.replace(record, **keep_symbols(model, changed))


def keep_symbols(model, changed):
    """Enums stay what they are: another symbol can't be written."""
    plain = {field.name for field in shape_of(model).fields if not field.symbols}
    return {name: value for name, value in changed.items() if name in plain}


@pytest.mark.parametrize("topic", INPUTS, ids=lambda topic: topic.label)
@settings(max_examples=25)
@given(data=st.data())
def test_a_batch_is_held_to_the_same(topic, data):
    some = data.draw(st.lists(edgy(topic.model), min_size=1, max_size=4)) * SMALL
    batch = CODEC.decode_batch(topic, list(enumerate(map(CODEC.encode, some))))
    expected = {offset: found.reason for offset, record in enumerate(some) if (found := fault(record))}
    assert {bad.offset: bad.reason for bad in batch.bad} == expected
    assert len(batch) == len(some) - len(expected)


@given(st.text())
def test_placeholders_are_short(text):
    assert not is_placeholder(text + "x" * 40)


def test_the_topics_with_checks_are_the_inputs():
    assert fault(cart(visitor_id="null")) is not None
    assert {topic.label for topic in INPUTS} == {
        topic.label for topic in topics.TOPICS if topic.kind == "input"
    }
