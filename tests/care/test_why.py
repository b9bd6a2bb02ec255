"""Why a cart was left: each cause alone, the strongest of several, when it counts, and for whom. Minutes."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.outputs import AbandonmentSignal
from streams.rules.likely_cause import STRENGTH
from tests.builders import (
    DAY,
    World,
    added,
    asked,
    book,
    bought,
    carted,
    clicked,
    consented,
    emptied,
    erased,
    identified,
    minute,
    ordered,
    replied,
)

LATER = 29 * DAY


def searched(at: float, results: int | None = 0, **said: Any) -> Any:
    return clicked(at, type="products_searched", query="lid", results=results, **said)


def stumbled(at: float, **said: Any) -> Any:
    return clicked(at, type="error_shown", error_code="500", **said)


def missing(at: float, **said: Any) -> Any:
    return clicked(at, available=False, **said)


def declined(at: float, **said: Any) -> Any:
    return carted("payment_failed", at, **said)


def refused(at: float, **said: Any) -> Any:
    return carted("coupon_denied", at, **said)


def shipped(at: float, cost: str | None = "6.90", **said: Any) -> Any:
    return carted("checkout_step_completed", at, shipping=None if cost is None else Decimal(cost), **said)


SHOWS: dict[str, Any] = {
    "payment_failed": declined,
    "out_of_stock": missing,
    "unanswered_question": asked,
    "failed_search": searched,
    "error_page": stumbled,
    "shipping_cost_shown": shipped,
    "coupon_denied": refused,
}
"""What each cause is concluded from, the strongest first."""


def known(at: float = 0) -> Any:
    """Ann fills a cart."""
    return added(at, customer_id="ann")


def signals(*events: Any, until: float = LATER) -> list[AbandonmentSignal]:
    return World().hear(*events).until(until).said(topics.ABANDONMENT_SIGNALS)


def causes(*events: Any, until: float = LATER) -> list[str]:
    return [signal.cause for signal in signals(*events, until=until) if signal.kind == "abandoned"]


@pytest.mark.parametrize("cause", SHOWS)
def test_each_cause_alone(cause: str) -> None:
    assert causes(known(), SHOWS[cause](2)) == [cause]


@pytest.mark.parametrize(("stronger", "weaker"), list(pairwise(SHOWS)))
@pytest.mark.parametrize("times", [(2, 3), (3, 2)], ids=["stronger first", "weaker first"])
def test_the_stronger_evidence_counts_whichever_was_last(
    stronger: str, weaker: str, times: tuple[int, int]
) -> None:
    both = [SHOWS[stronger](times[0]), SHOWS[weaker](times[1])]
    assert causes(known(), *sorted(both, key=lambda event: event.occurred_at)) == [stronger]


def test_the_order_of_evidence_is_the_products() -> None:
    assert tuple(SHOWS) == STRENGTH


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(clicked(2), id="a product seen"),
        pytest.param(clicked(2, available=True), id="a product that can be bought"),
        pytest.param(searched(2, 3), id="a search that found something"),
        pytest.param(searched(2, None), id="a search of which nobody says what it found"),
        pytest.param(shipped(2, "0"), id="shipping for nothing"),
        pytest.param(shipped(2, None), id="no word of shipping"),
        pytest.param(stumbled(2, is_bot=True), id="a robot's error page"),
        pytest.param(stumbled(2, visitor="w"), id="somebody else's error page"),
        pytest.param(declined(2, cart_id="another"), id="another cart's payment"),
    ],
)
def test_what_shows_nothing(event: Any) -> None:
    named = added(0, customer_id="ann", cart_id="this")
    assert causes(named, event) == ["none_seen"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(9.9, "none_seen", id="before the cart was opened"),
        pytest.param(10, "failed_search", id="at that moment"),
        pytest.param(10.1, "failed_search", id="after it"),
    ],
)
def test_evidence_counts_since_the_cart_was_opened(at: float, expected: str) -> None:
    events = [known(10), searched(at, customer_id="ann", sequence=1)]
    assert causes(*sorted(events, key=lambda event: event.occurred_at)) == [expected]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(3 * DAY - 0.1, "error_page", id="less than 72 h before the signal"),
        pytest.param(3 * DAY, "none_seen", id="exactly 72 h before"),
        pytest.param(3 * DAY + 0.1, "none_seen", id="more"),
    ],
)
def test_evidence_counts_for_three_days(before: float, expected: str) -> None:
    signal = 10 * DAY
    left = [added(0, customer_id="ann"), stumbled(signal - before), added(signal - 60, "p2")]
    assert causes(*left)[-1] == expected


def test_what_was_before_an_order_kept_nobody_from_it() -> None:
    left = [known(), declined(1), ordered(5)]
    assert causes(*left, added(200, "p2"), until=DAY) == ["none_seen"]
    phone = [known(), stumbled(1), added(6, "p2")]
    assert causes(*phone, ordered(5), until=DAY) == ["none_seen"]


def test_a_cart_that_was_emptied_takes_its_evidence_along() -> None:
    assert causes(known(), declined(1), emptied(2), added(3), until=DAY) == ["none_seen"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([asked(-3 * DAY)], "unanswered_question", id="asked before the cart was filled"),
        pytest.param([asked(2), replied(59)], "none_seen", id="answered before the signal"),
        pytest.param([asked(2), replied(60)], "none_seen", id="answered at that moment"),
        pytest.param([asked(2), replied(61)], "unanswered_question", id="answered after it"),
        pytest.param([asked(61)], "none_seen", id="asked after it"),
        pytest.param([asked(2, "q1"), replied(3, "q1"), asked(4, "q2")], "unanswered_question", id="another"),
        pytest.param([asked(2, customer="bob")], "none_seen", id="somebody else's question"),
    ],
)
def test_a_question_counts_while_it_waits(events: list[Any], expected: str) -> None:
    told = sorted([known(), *events], key=lambda event: event.occurred_at)
    assert causes(*told, until=2 * 60) == [expected]


def test_each_stage_has_the_cause_that_is_known_by_then() -> None:
    steps = [known(), searched(5), carted("checkout_started", 100), declined(200)]
    found = [(signal.stage, signal.cause) for signal in signals(*steps, until=DAY)]
    assert found == [
        ("cart", "failed_search"),
        ("checkout", "failed_search"),
        ("payment", "payment_failed"),
    ]


def test_what_became_of_a_signal_carries_its_cause() -> None:
    recovered = signals(known(), refused(1), stumbled(80), bought(90), until=DAY)
    assert [(one.kind, one.cause) for one in recovered] == [
        ("abandoned", "coupon_denied"),
        ("recovered", "coupon_denied"),
    ]
    world = World().hear(known(), refused(1)).until(89)
    withdrawn = world.hear(clicked(40, received_at=minute(90))).until(120).said(topics.ABANDONMENT_SIGNALS)
    assert [(one.kind, one.cause) for one in withdrawn] == [
        ("abandoned", "coupon_denied"),
        ("withdrawn", "coupon_denied"),
        ("abandoned", "coupon_denied"),
    ]


def late(event: Any) -> list[str]:
    """The causes said of a cart that was left at minute 1, when something is told at minute 90."""
    world = World().hear(known(), clicked(1)).until(89).hear(event).until(DAY)
    return [signal.cause for signal in world.said(topics.ABANDONMENT_SIGNALS) if signal.kind == "abandoned"]


def test_evidence_that_comes_late_counts_for_what_is_said_after_it() -> None:
    assert late(stumbled(0.5, received_at=minute(90))) == ["none_seen"]
    assert late(stumbled(40, received_at=minute(90))) == ["none_seen", "error_page"]
    assert late(declined(0.5, received_at=minute(90))) == ["none_seen", "payment_failed"]


def test_the_cause_stays_with_the_cart_when_a_guest_proves_to_be_a_customer() -> None:
    assert causes(added(0), searched(1), identified(5)) == ["failed_search"]
    assert causes(added(0), asked(1, customer="v"), identified(5)) == ["unanswered_question"]
    assert causes(added(0), asked(1), identified(5)) == ["unanswered_question"]


def test_nothing_is_left_of_who_is_erased() -> None:
    told = causes(known(), declined(1), asked(2), erased(5), known(30), until=DAY)
    assert told == ["none_seen"]


def test_the_outreach_says_why() -> None:
    live = book("outreach.mode=live", "outreach.quiet_hours.enabled=false")
    world = World(live).hear(consented(-60), known(), declined(1)).until(DAY)
    requests = [record for topic in topics.OUTREACH.values() for record in world.said(topic)]
    assert {request.cause for request in requests} == {"payment_failed"}


TROUBLE = st.sampled_from([name for name in SHOWS if name not in ("unanswered_question", "payment_failed")])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    met=st.lists(st.tuples(TROUBLE, st.integers(1, 20)), max_size=6),
    again=st.lists(st.integers(0, 5), max_size=3),
    random=st.randoms(use_true_random=False),
)
def test_in_any_order_and_however_often_the_strongest_counts(
    met: list[tuple[str, int]], again: list[int], random: Any
) -> None:
    events = [SHOWS[cause](at, received_at=minute(21)) for cause, at in met]
    events += [events[place] for place in again if place < len(events)]
    random.shuffle(events)
    world = World(lateness=30).hear(known(), *events).until(DAY)
    found = {signal.cause for signal in world.said(topics.ABANDONMENT_SIGNALS)}
    assert found == {min((cause for cause, _ in met), key=STRENGTH.index, default="none_seen")}
