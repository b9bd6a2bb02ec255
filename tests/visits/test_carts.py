"""What is in the cart: deltas, snapshots, stages, orders."""

from decimal import Decimal
from itertools import permutations

import pytest

from schemas.events import CartEvent
from schemas.ids import derive
from streams.kernel.state import EntryCodec
from streams.visits import Visits
from tests.visits.visiting import Watching, add, at, brief, cart, click, content, lines, order, remove, told

HALF_AN_HOUR = 30


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([add(1)], {"tea": 1}, id="added"),
        pytest.param([add(1), add(2)], {"tea": 2}, id="added twice is two"),
        pytest.param([add(1, quantity=3), remove(2, quantity=1)], {"tea": 2}, id="some taken out"),
        pytest.param(
            [add(1, quantity=3), add(2, "cup"), remove(3)], {"cup": 1}, id="the whole line taken out"
        ),
        pytest.param([add(1), remove(2, quantity=5)], {}, id="more taken out than was in"),
        pytest.param([add(1), cart("cart_emptied", 2)], {}, id="emptied"),
        pytest.param(
            [add(1), cart("cart_updated", 2, lines=lines("cup", "pot"))], {"cup": 1, "pot": 1}, id="snapshot"
        ),
        pytest.param([add(1), cart("cart_updated", 2)], {}, id="snapshot of nothing"),
        pytest.param([cart("cart_updated", 1, lines=lines("cup"))], {"cup": 1}, id="opened by a snapshot"),
        pytest.param(
            [cart("checkout_started", 1, lines=lines("cup"))], {"cup": 1}, id="opened by a checkout"
        ),
        pytest.param([cart("product_added", 1)], {"": 1}, id="a product without an id"),
        pytest.param(
            [add(1), cart("checkout_started", 2)], {"tea": 1}, id="a checkout without lines changes none"
        ),
    ],
)
def test_content(events: list[CartEvent], expected: dict[str, int]) -> None:
    assert content(told(*events)[-1]) == expected


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(remove(1), id="nothing to take out"),
        pytest.param(cart("cart_updated", 1), id="empty snapshot"),
        pytest.param(cart("cart_emptied", 1), id="emptied"),
        pytest.param(cart("checkout_started", 1), id="checkout of nothing"),
        pytest.param(cart("payment_failed", 1), id="payment of nothing"),
        pytest.param(add(1, quantity=0), id="none added"),
        pytest.param(add(1, is_bot=True), id="a bot"),
        pytest.param(click(1), id="a look"),
    ],
)
def test_no_cart_no_fact_and_nothing_to_remember(event: CartEvent) -> None:
    watching = Watching()
    assert watching.read(event, to=2) == []
    assert watching.task.states() == {}


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        ("checkout_started", "checkout"),
        ("checkout_step_completed", "checkout"),
        ("payment_info_entered", "payment"),
        ("payment_failed", "payment"),
    ],
)
def test_stage(kind: str, stage: str) -> None:
    fact = told(add(1), cart(kind, 2))[-1]  # type: ignore[arg-type]
    assert (fact.stage, fact.stage_at) == (stage, at(2))
    assert (fact.changed_by, fact.changed_at) == ("product_added@1", at(1))


def test_the_furthest_stage_stands_and_a_second_step_of_it_is_only_activity() -> None:
    facts = told(
        add(1), cart("payment_info_entered", 2), cart("checkout_started", 3), cart("payment_failed", 4)
    )
    assert [fact.type for fact in facts] == ["cart_changed", "cart_changed", "activity", "activity"]
    assert (facts[1].stage, facts[1].stage_at) == ("payment", at(2))


def test_a_cart_emptied_and_filled_again_is_another_cart_at_its_first_stage() -> None:
    facts = told(add(1), cart("checkout_started", 2), remove(3), add(4))
    assert [fact.opened_by for fact in facts] == ["product_added@1"] * 3 + ["product_added@4"]
    assert facts[-1].stage == "cart"
    assert facts[-1].cart_id == derive("cart", "product_added@4") != facts[0].cart_id


def test_an_order_ends_the_cart_and_says_what_was_in_it() -> None:
    facts = told(add(1, price=Decimal("2.50"), currency="EUR"), order(2), add(3))
    assert brief(facts) == [("cart_changed", 1, "v"), ("order_completed", 2, "v"), ("cart_changed", 3, "v")]
    assert facts[1].cart_id == facts[0].cart_id != facts[2].cart_id
    assert (facts[1].value, facts[1].currency, content(facts[1])) == (Decimal("2.50"), "EUR", {"tea": 1})
    assert facts[1].order_id == derive("order", "order_completed@2")


def test_an_order_in_several_events_is_told_once_and_does_not_end_the_next_cart() -> None:
    facts = told(add(1), order(2, order_id="o"), add(3), order(4, order_id="o"), cart("checkout_started", 5))
    assert [fact.type for fact in facts] == [
        "cart_changed",
        "order_completed",
        "cart_changed",
        "activity",
        "cart_changed",
    ]
    assert facts[-1].stage == "checkout"


def test_an_order_without_a_cart_is_told() -> None:
    assert brief(told(order(1, cart_id="c"))) == [("order_completed", 1, "v")]


@pytest.mark.parametrize(
    ("events", "value", "currency"),
    [
        pytest.param(
            [add(1, price=Decimal(2), quantity=3, currency="EUR")], Decimal(6), "EUR", id="price by quantity"
        ),
        pytest.param(
            [add(1, price=Decimal(2), currency="EUR"), add(2, "cup", currency="EUR")],
            None,
            "EUR",
            id="a price unknown",
        ),
        pytest.param(
            [add(1, price=Decimal(2), currency="EUR"), add(2, "cup", price=Decimal(2), currency="USD")],
            None,
            None,
            id="two currencies are never summed",
        ),
        pytest.param([add(1, price=Decimal(2))], Decimal(2), None, id="currency unknown"),
        pytest.param(
            [
                add(1, price=Decimal(2), currency="EUR"),
                cart("cart_updated", 2, lines=lines("tea", price="3"), currency="EUR"),
            ],
            Decimal(3),
            "EUR",
            id="a new price",
        ),
    ],
)
def test_value(events: list[CartEvent], value: Decimal | None, currency: str | None) -> None:
    fact = told(*events)[-1]
    assert (fact.value, fact.currency) == (value, currency)


def test_a_new_price_is_told_but_is_no_real_change() -> None:
    fact = told(
        cart("cart_updated", 1, lines=lines("tea", price="2")),
        cart("cart_updated", 2, lines=lines("tea", price="3")),
    )[-1]
    assert fact.type == "cart_changed"
    assert fact.changed_by == "cart_updated@1"


def test_the_same_snapshot_again_is_only_activity() -> None:
    snapshots = (cart("cart_updated", 1, lines=lines("tea")), cart("cart_updated", 2, lines=lines("tea")))
    assert [fact.type for fact in told(*snapshots)] == ["cart_changed", "activity"]


def test_the_shops_own_id_of_a_cart_is_kept_and_another_id_is_another_cart() -> None:
    facts = told(add(1, cart_id="a"), add(2, cart_id="a"), add(3, cart_id="b"), remove(4, cart_id="a"))
    assert [fact.cart_id for fact in facts] == ["a", "a", "b", "b"]
    assert content(facts[2]) == {"tea": 1}
    assert facts[3].type == "activity"


def test_twice_the_same_event_is_once() -> None:
    assert content(told(add(1), add(1))[-1]) == {"tea": 1}


@pytest.mark.parametrize("events", list(permutations([add(1), add(2, "cup"), remove(3)])))
def test_any_order_of_arrival(events: tuple[CartEvent, ...]) -> None:
    assert content(told(*events)[-1]) == {"cup": 1}


def test_facts_of_one_moment_keep_the_order_in_which_they_were_told() -> None:
    facts = told(*(add(1, f"p{n}", event_id=f"e{n}", sequence=n) for n in range(12)))
    assert [len(fact.lines) for fact in facts] == list(range(1, 13))
    assert [(fact.occurred_at, fact.sequence) for fact in facts] == [(at(1), n) for n in range(12)]


def test_ids_of_facts_are_derived_from_their_cause() -> None:
    fact = told(add(1))[0]
    assert fact.event_id == derive("product_added@1", "cart_changed", "main/v")


def test_all_is_forgotten_thirty_days_after_the_last_activity() -> None:
    watching = Watching()
    days = 30 * 24 * 60
    watching.read(add(1), click(5), to=5 + days)
    assert list(watching.task.states()) == ["main/v"]
    watching.read(to=5.001 + days)
    assert watching.task.states() == {}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([add(1)], {"tea": 1}, id="put in while the cart is open"),
        pytest.param([add(1), order(2), add(3, "cup")], {"cup": 1}, id="before the last order"),
        pytest.param([add(1), cart("cart_emptied", 2), add(3, "cup")], {"cup": 1}, id="before emptied"),
    ],
)
def test_a_copy_from_before_forty_days_changes_nothing(
    events: list[CartEvent], expected: dict[str, int]
) -> None:
    day = 24 * 60
    watching = Watching()
    watching.read(*events, to=5)
    for n in range(1, 41):
        watching.read(click(n * day), to=n * day + 1)
    facts = watching.read(*events, cart("checkout_started", 40 * day + 2), to=40 * day + 3)
    assert content([fact for fact in facts if fact.type == "cart_changed"][-1]) == expected


def test_ids_are_forgotten_with_the_cart_that_they_made() -> None:
    day = 24 * 60
    watching = Watching()
    watching.read(*(add(n) for n in range(1, 9)), to=9)
    for n in range(1, 41):
        watching.read(click(n * day), to=n * day + 1)
    watching.read(order(40 * day + 2), to=40 * day + 3)
    watching.read(click(40 * day + 4), to=40 * day + 5)
    (value,) = dict(watching.task.changes()).values()
    assert value is not None
    assert len(EntryCodec(Visits()).decode(value).seen) == 1, "that of the order"


def test_an_erased_visitor_is_forgotten() -> None:
    watching = Watching()
    watching.read(add(1), cart("visitor_erased", 2), to=3)
    assert watching.task.states() == {}
