"""Many shops empty the cart at checkout: the order that follows brings back what was signalled of it."""

from typing import Any

import pytest

from schemas import topics
from schemas.outputs import AbandonmentSignal
from tests.builders import (
    DAY,
    World,
    abandonments,
    added,
    bought,
    cart,
    emptied,
    identified,
    line,
    no_cart,
    order,
    ordered,
)

LEFT = ("abandoned", "cart", 60)


def signals(*events: Any, until: float = 40 * DAY) -> list[tuple[str, str, float]]:
    """Of a cart that was left in minute 0."""
    return abandonments(World().hear(cart(0, checkout_id="k1"), *events).until(until))


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(ordered(100), id="at that moment"),
        pytest.param(ordered(101), id="soon after"),
        pytest.param(ordered(130), id="half an hour after"),
        pytest.param(order(101), id="in the storefront"),
        pytest.param(ordered(100 + 71 * 60, cart_id="c1"), id="days after, by the cart"),
        pytest.param(ordered(100 + 71 * 60, checkout_id="k1"), id="days after, by the checkout"),
    ],
)
def test_an_order_brings_back_what_was_signalled_of_the_emptied_cart(end: Any) -> None:
    at = (end.occurred_at - cart(0).occurred_at) / 60_000
    assert signals(no_cart(100), end) == [LEFT, ("recovered", "cart", at)]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(ordered(130.1), id="later than half an hour after"),
        pytest.param(ordered(100 + 72 * 60 + 1, cart_id="c1"), id="by the cart, but forgotten"),
    ],
)
def test_an_order_that_comes_later_does_not(end: Any) -> None:
    assert signals(no_cart(100), end) == [LEFT]


def test_of_a_cart_that_was_not_signalled_there_is_nothing_to_say() -> None:
    assert signals(no_cart(50), ordered(51)) == []


def test_one_order_brings_it_back_once() -> None:
    said = signals(no_cart(100), ordered(101), ordered(102, "o2"), ordered(103, cart_id="c1"))
    assert said == [LEFT, ("recovered", "cart", 101)]


def test_the_signal_says_what_was_in_the_cart() -> None:
    world = World().hear(cart(0, line("a", 2)), no_cart(100), ordered(101)).until(DAY)
    said: list[AbandonmentSignal] = world.said(topics.ABANDONMENT_SIGNALS)
    assert (said[1].kind, said[1].order_id, said[1].abandoned_id) == ("recovered", "o1", said[0].event_id)
    assert [one.product_id for one in said[1].lines] == ["a"]


def test_a_cart_emptied_filled_and_emptied_again_is_brought_back_by_its_last_signal() -> None:
    again = cart(110, line("p2"), opened_by="second opening")
    said = signals(no_cart(100), again, no_cart(200), ordered(201))
    assert said == [LEFT, ("abandoned", "cart", 170), ("recovered", "cart", 201)]


def test_an_order_after_it_was_filled_again_brings_the_earlier_signal_back() -> None:
    again = cart(110, line("p2"), opened_by="second opening")
    assert signals(no_cart(100), again, ordered(120)) == [LEFT, ("recovered", "cart", 120)]


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        pytest.param(50, "withdrawn", id="before the signal"),
        pytest.param(60, "withdrawn", id="at the moment of the signal"),
        pytest.param(80, "recovered", id="before it was emptied"),
        pytest.param(101, "recovered", id="after"),
    ],
)
def test_an_order_told_late(at: float, kind: str) -> None:
    world = World().hear(cart(0), no_cart(100)).until(200).hear(ordered(at)).until(40 * DAY)
    assert abandonments(world) == [LEFT, (kind, "cart", at)]


def test_an_earlier_order_that_comes_to_light_after_the_recovery_withdraws_the_signal() -> None:
    world = World().hear(cart(0), no_cart(100), ordered(101, "o2")).until(200).hear(ordered(50))
    told = abandonments(world.until(40 * DAY))
    assert told == [LEFT, ("recovered", "cart", 101), ("withdrawn", "cart", 50)]


@pytest.mark.parametrize("linked", [90, 100.5, 101.5])
@pytest.mark.parametrize("emptied_at", [100, 102])
def test_signalled_under_the_visitors_name_and_emptied_and_ordered_around_the_link(
    linked: float, emptied_at: float
) -> None:
    world = World().hear(
        added(0), *sorted([emptied(emptied_at), identified(linked)], key=_when), ordered(103)
    )
    said: list[AbandonmentSignal] = world.until(DAY).said(topics.ABANDONMENT_SIGNALS)
    assert [(one.kind, one.profile_id) for one in said] == [("abandoned", "v"), ("recovered", "ann")]
    assert said[1].abandoned_id == said[0].event_id


def test_the_storefront_empties_the_cart_and_then_tells_the_order() -> None:
    world = World().hear(identified(-1), added(0), emptied(70), bought(70.5)).until(DAY)
    assert abandonments(world) == [LEFT, ("recovered", "cart", 70.5)]


def test_what_was_emptied_is_forgotten_after_72_hours() -> None:
    world = World().hear(cart(0), no_cart(100))
    kept = world.until(100 + 72 * 60 - 1).profile()
    assert kept is not None
    assert kept.rule("abandonment").emptied[0].left.said
    forgotten = world.until(100 + 72 * 60).profile()
    assert forgotten is not None
    assert forgotten.rule("abandonment") is None


def _when(event: Any) -> int:
    at: int = event.occurred_at
    return at
