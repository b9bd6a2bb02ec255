"""Values that a schema allows and no shop means: what follows from them can be written all the same."""

import random
import struct
from decimal import Decimal

import pytest

from schemas import topics
from schemas.control import Clock, Hold
from schemas.errors import REASONS
from schemas.events import CartEvent
from schemas.registry import FileRegistry
from schemas.validation import (
    AMOUNT_LIMIT,
    LONGEST_ADDRESS,
    LONGEST_ID,
    LONGEST_TEXT,
    MOST_LINES,
    MOST_PIECES,
    fault,
)
from schemas.words import Line, Record
from sinks.clickhouse.embedded import EmbeddedStore
from streams.rules.cart import ITEMS_KEPT
from tests.builders import (
    World,
    added,
    asked,
    bought,
    carted,
    clicked,
    erased,
    identified,
    line,
    message,
    ordered,
)
from tests.kernel.harness import CODEC

SUBJECT = FileRegistry().id_of("cx.cart-value")
HIGHEST = AMOUNT_LIMIT - 1


def pieces(at: float, product: str, quantity: int, price: Decimal) -> CartEvent:
    return carted(
        "product_added", at, product_id=product, quantity=quantity, price=price, currency="EUR", cart_id="c"
    )


def two_carts() -> list[CartEvent]:
    return [
        added(at, price=str(HIGHEST), visitor=visitor, customer_id="ann") for at, visitor in enumerate("vw")
    ]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([pieces(0, "p", 2, HIGHEST)], id="a line beyond all amounts"),
        pytest.param([pieces(0, "p", MOST_PIECES, Decimal("12345678901234.5678"))], id="beyond all digits"),
        pytest.param([pieces(0, "p", 1, HIGHEST), pieces(1, "q", 1, HIGHEST)], id="a cart beyond"),
        pytest.param([pieces(0, "p", 1, -HIGHEST), pieces(1, "q", 1, -HIGHEST)], id="a cart beneath"),
        pytest.param(two_carts(), id="a customer whose carts are beyond"),
        pytest.param(
            [carted("cart_updated", 0, lines=(line(quantity=MOST_PIECES),) * 9)], id="the same again"
        ),
        pytest.param([bought(0, value=HIGHEST), ordered(1, value=HIGHEST)], id="an order"),
        pytest.param(
            [added(0, f"p{at}", sequence=at) for at in (2**63 - 1, -(2**63), 0)], id="sequences at the edge"
        ),
    ],
)
def test_what_follows_can_be_written(events: list[Record]) -> None:
    assert [fault(event) for event in events] == [None] * len(events)
    world = World().hear(*events).until(24 * 60)
    for output in world.published:
        assert output.value is None or CODEC.decode(CODEC.encode(output.value)) == output.value
    assert world.visits.changes()
    assert world.care.changes()


def test_a_cart_worth_more_than_any_amount_is_of_unknown_worth() -> None:
    world = World().hear(pieces(0, "p", 2, HIGHEST), pieces(1, "q", 1, Decimal(1))).until(24 * 60)
    (signal,) = world.said(topics.ABANDONMENT_SIGNALS)
    assert (len(signal.lines), signal.value) == (2, None)


def test_a_cart_keeps_so_many_products_and_no_more() -> None:
    world = World()
    lines = [line(f"p{number}") for number in range(ITEMS_KEPT)]
    for at in range(3):
        world.hear(carted("product_added", at, lines=tuple(lines), cart_id="c"))
        lines = [line(f"more than {number} {at}") for number in range(ITEMS_KEPT)]
    world.until(10)
    snapshots = [fact for fact in world.said(topics.FACTS) if fact.type == "cart_changed"]
    assert len(snapshots[-1].lines) == ITEMS_KEPT
    assert {known.product_id for known in snapshots[-1].lines} == {
        f"p{number}" for number in range(ITEMS_KEPT)
    }


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(pieces(0, "p", MOST_PIECES, Decimal(1)), None, id="many pieces"),
        pytest.param(pieces(0, "p", MOST_PIECES + 1, Decimal(1)), "impossible_quantity", id="more pieces"),
        pytest.param(
            carted("cart_updated", 0, lines=(line(quantity=MOST_PIECES + 1),)),
            "impossible_quantity",
            id="more pieces in a line",
        ),
        pytest.param(carted("cart_updated", 0, lines=(line(),) * MOST_LINES), None, id="many lines"),
        pytest.param(
            carted("cart_updated", 0, lines=(line(),) * (MOST_LINES + 1)), "too_long", id="more lines"
        ),
        pytest.param(clicked(0, visitor="v" * LONGEST_ID), None, id="a long id"),
        pytest.param(clicked(0, visitor="v" * (LONGEST_ID + 1)), "too_long", id="a longer id"),
        pytest.param(clicked(0, shop_id="s" * (LONGEST_ID + 1)), "too_long", id="a longer shop"),
        pytest.param(clicked(0, visitor="ü" * LONGEST_ID), None, id="letters of two bytes"),
        pytest.param(clicked(0, url="u" * (LONGEST_ADDRESS + 1)), "too_long", id="a longer address"),
        pytest.param(
            carted("cart_updated", 0, lines=(line("p" * (LONGEST_ID + 1)),)), "too_long", id="a line's id"
        ),
        pytest.param(
            carted("cart_updated", 0, lines=(Line(product_id="p", name="n" * (LONGEST_TEXT + 1)),)),
            "too_long",
            id="a line's name",
        ),
        pytest.param(Clock(task=3, tasks=4, clock=0), None, id="time has not begun"),
        pytest.param(Clock(task=0, tasks=-1, clock=0), "impossible_clock", id="less than no tasks"),
        pytest.param(Clock(task=0, tasks=2**40, clock=0), "impossible_clock", id="too many tasks"),
        pytest.param(Clock(task=4, tasks=4, clock=0), "impossible_clock", id="a task too many"),
        pytest.param(Clock(task=-1, tasks=4, clock=0), "impossible_clock", id="no task"),
        pytest.param(Clock(task=0, tasks=1, clock=2**62), "impossible_clock", id="the end of time"),
        pytest.param(Clock(task=0, tasks=1, clock=-1), "impossible_clock", id="before time"),
        pytest.param(Hold(action="hold", received_at=2**62), None, id="a hold moves no clock"),
    ],
)
@pytest.mark.parametrize("times", [1, 200], ids=["alone", "in a batch"])
def test_limits(record: Record, reason: str | None, times: int) -> None:
    topic = topics.FACTS if isinstance(record, Clock) else _topic_of(record)
    batch = CODEC.decode_batch(topic, [(at, CODEC.encode(record)) for at in range(times)])
    assert [bad.reason for bad in batch.bad] == ([reason] * times if reason else [])
    assert len(batch) == (0 if reason else times)
    assert reason is None or reason in REASONS


SPELLINGS = [
    pytest.param(b"", "impossible_number", id="no byte"),
    pytest.param(b"\0" * 8 + b"\1", "impossible_number", id="nine bytes"),
    pytest.param(b"\xff" * 31, "impossible_number", id="31 bytes, minus one"),
    pytest.param(b"\0" * 6 + b"\1", None, id="seven bytes"),
    pytest.param(b"\0" * 7 + b"\1", None, id="eight bytes"),
    pytest.param(b"\x7f" + b"\xff" * 7, "impossible_number", id="19 digits"),
]


@pytest.mark.parametrize("times", [1, 200], ids=["alone", "in a batch"])
@pytest.mark.parametrize("where", ["price", "lines"])
def test_an_amount_in_a_spelling_that_clickhouse_refuses_stops_no_landing(
    store: EmbeddedStore, times: int, where: str
) -> None:
    values, expected = [], []
    for spelling, reason in (param.values for param in SPELLINGS):
        values += [_spelt(where, spelling)] * times
        expected += [reason] * times
    batch = CODEC.decode_batch(topics.CART, list(enumerate(values)))
    assert {bad.offset: bad.reason for bad in batch.bad} == {
        offset: reason for offset, reason in enumerate(expected) if reason
    }
    for block in batch.blocks_from("t", "id", 0):
        store.insert("raw_cart", block.columns, block.container, "Avro", "token")
    amount = "price" if where == "price" else "lines[1].price"
    found = store.query(f"SELECT {amount} AS amount, count() AS n FROM raw_cart GROUP BY 1")
    assert found == [{"amount": 0.0001, "n": 2 * times}]


def _spelt(where: str, spelling: bytes) -> bytes:
    reading = CODEC.reading(SUBJECT)
    plain = reading.plain(CODEC.encode(carted("cart_updated", 0, lines=(line(),)))[5:])
    if where == "price":
        plain["price"] = spelling
    else:
        plain["lines"][0]["price"] = spelling
    return struct.pack(">bI", 0, SUBJECT) + reading.body(plain)


def _topic_of(record: Record) -> topics.Topic:
    if isinstance(record, Hold):
        return topics.CART
    return next(topic for topic in topics.TOPICS if topic.model is type(record))


@pytest.mark.parametrize("seed", range(60))
def test_who_is_anybody_ends(seed: int) -> None:
    """Ids of visitors and customers mixed up: aliases lead in circles, contacts into themselves."""
    chosen, at, world = random.Random(seed), 0, World()
    for _ in range(25):
        at += chosen.choice((0, 1, 5, 40))
        one, other = chosen.choice("abcd"), chosen.choice("abcd")
        match chosen.randrange(6):
            case 0 | 1:
                world.hear(identified(at, visitor=one, customer=other))
            case 2:
                world.hear(added(at, visitor=one, cart_id=chosen.choice(("k", None))))
            case 3:
                world.hear(asked(at, other, customer=one))
            case 4:
                world.hear(message("human_reply", at, one, customer=other, type="merged", merged_into=one))
            case _:
                world.hear(erased(at, customer=other))
    world.until(at + 40 * 24 * 60)
    assert len(world.published) < 500
    assert all(out.value is None or CODEC.encode(out.value) for out in world.published)
    assert not world.visits.states()
