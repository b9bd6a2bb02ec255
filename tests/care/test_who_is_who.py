"""Visitors who prove to be customers: carts, orders, questions, signals and erasure follow the person."""

from typing import Any

import pytest

from schemas import topics
from schemas.outputs import AbandonmentSignal, ContactState, ProfileState
from tests.builders import (
    DAY,
    World,
    abandonments,
    added,
    answers,
    asked,
    bought,
    carted,
    checkout,
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


def world(*events: Any, until: float = LATER) -> World:
    return World().hear(*events).until(until)


def test_two_devices_one_customer_cart_on_a_order_on_b() -> None:
    phone = [added(0, visitor="phone", customer_id="ann")]
    laptop = [
        added(20, "p2", visitor="laptop", customer_id="ann"),
        bought(30, visitor="laptop", customer_id="ann"),
    ]
    assert abandonments(world(*phone, *laptop)) == []


def test_two_devices_the_order_recovers_what_was_left_on_the_other() -> None:
    phone = [added(0, visitor="phone", customer_id="ann")]
    laptop = [
        added(80, "p2", visitor="laptop", customer_id="ann"),
        bought(90, visitor="laptop", customer_id="ann"),
    ]
    assert abandonments(world(*phone, *laptop)) == [("abandoned", "cart", 60), ("recovered", "cart", 90)]


def test_order_before_the_link_on_the_thank_you_page() -> None:
    assert abandonments(world(added(0), ordered(20), identified(21))) == []
    assert abandonments(world(added(0), bought(20), identified(21))) == []


def test_a_signal_before_the_link_is_recovered_by_the_order_once() -> None:
    said: list[AbandonmentSignal] = world(added(0), identified(90), ordered(100)).said(
        topics.ABANDONMENT_SIGNALS
    )
    assert [(one.kind, one.profile_id) for one in said] == [("abandoned", "v"), ("recovered", "ann")]
    assert said[1].abandoned_id == said[0].event_id


def test_a_signal_before_the_link_is_recovered_by_an_order_that_came_before_the_link_too() -> None:
    said: list[AbandonmentSignal] = world(added(0), ordered(80), identified(90)).said(
        topics.ABANDONMENT_SIGNALS
    )
    assert [(one.kind, one.profile_id) for one in said] == [("abandoned", "v"), ("recovered", "ann")]
    assert said[1].abandoned_id == said[0].event_id


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        pytest.param((80, 100), [("abandoned", 60), ("recovered", 80)], id="the first after the signal"),
        pytest.param((2, 100), [("abandoned", 60), ("withdrawn", 2)], id="one before it: there was none"),
    ],
)
def test_of_several_orders_on_another_device_the_earliest_ends_the_cart(
    orders: tuple[float, float], told: list[tuple[str, float]]
) -> None:
    """Known before the cart is: both belong to a device that proved to be the customer's earlier."""
    bought_there = [bought(at, f"order {at}", visitor="phone") for at in orders]
    links = [identified(361, visitor="phone"), identified(362, visitor="laptop")]
    life = world(added(0, visitor="laptop"), *bought_there, *links)
    assert [(kind, at) for kind, _, at in abandonments(life)] == told


def test_an_order_told_under_both_names_is_one() -> None:
    both = [added(0), bought(70), ordered(70), identified(90)]
    assert abandonments(world(*both)) == [("abandoned", "cart", 60), ("recovered", "cart", 70)]


def test_one_order_recovers_a_cart_once_however_many_signals_it_had() -> None:
    events = [added(0), added(100, "p2"), ordered(170), identified(200), added(200.5, "p3")]
    assert abandonments(world(*events)) == [
        ("abandoned", "cart", 60),
        ("abandoned", "cart", 160),
        ("recovered", "cart", 170),
        ("abandoned", "cart", 260.5),
    ]


def test_what_was_signalled_under_the_visitor_is_not_signalled_again() -> None:
    assert abandonments(world(added(0), identified(90))) == [("abandoned", "cart", 60)]


def test_what_was_not_is_signalled_under_the_customer() -> None:
    said: list[AbandonmentSignal] = world(added(0), identified(50)).said(topics.ABANDONMENT_SIGNALS)
    assert [(one.kind, one.profile_id, one.occurred_at) for one in said] == [
        ("abandoned", "ann", minute(110))
    ]


def test_a_higher_stage_after_the_link_is_signalled_again() -> None:
    said = abandonments(world(added(0), identified(90), checkout(91)))
    assert said == [("abandoned", "cart", 60), ("abandoned", "checkout", 121)]


def test_a_cart_emptied_after_the_link_is_not_brought_back_by_what_moves() -> None:
    assert abandonments(world(added(0), identified(10), emptied(10.01))) == []


def test_the_second_customer_of_a_device_leaves_the_cart_to_the_first() -> None:
    events = [
        added(0, customer_id="ann"),
        identified(10, customer="bob"),
        added(11, "p2", customer_id="bob"),
        bought(20, customer_id="bob"),
    ]
    said: list[AbandonmentSignal] = world(*events).said(topics.ABANDONMENT_SIGNALS)
    assert [(one.kind, one.profile_id) for one in said] == [("abandoned", "ann")]


def test_the_guests_question_and_the_customers_answer_are_one_contact_answered() -> None:
    seen = world(clicked(0), asked(1, customer="v"), identified(10), replied(20))
    assert answers(seen) == [("answered", 20)]
    contacts: list[ContactState] = seen.said(topics.CONTACTS)
    assert (contacts[-1].profile_id, contacts[-1].waiting) == ("ann", False)


def test_the_answer_may_come_before_the_link() -> None:
    seen = world(clicked(0), asked(1, customer="v"), replied(20), identified(30))
    assert answers(seen) == [("answered", 20)]


def test_an_answer_in_time_takes_back_what_the_guest_was_said_to_lack() -> None:
    seen = world(clicked(0), asked(1, customer="v"), replied(20), identified(90))
    assert answers(seen) == [("breached", 61), ("withdrawn", 20), ("answered", 20)]


def test_what_still_comes_under_the_visitor_reaches_the_customer() -> None:
    seen = world(added(0), identified(10), asked(15, customer="v"), replied(20, customer="v"))
    assert answers(seen) == [("answered", 20)]
    assert {one.profile_id for one in seen.said(topics.CONTACT_SIGNALS)} == {"ann"}


def test_an_order_under_the_visitor_after_the_link_ends_the_customers_cart() -> None:
    assert abandonments(world(added(0), identified(10), ordered(20, customer="v"))) == []


def test_the_alias_is_forgotten_30_days_after_its_last_use() -> None:
    seen = world(added(0), identified(10), asked(20, customer="v"), until=30 * DAY + 19)
    assert seen.profile("v") is not None
    assert seen.until(30 * DAY + 21).profile("v") is None


def test_aliases_in_a_circle_come_to_rest() -> None:
    seen = world(
        clicked(0, visitor="a", customer_id="b"),
        clicked(1, visitor="b", customer_id="a"),
        asked(2, customer="a"),
        replied(3, customer="b"),
    )
    assert len(answers(seen)) == 1


def test_erasure_leaves_nothing() -> None:
    seen = World().hear(added(0), identified(1), consented(2), asked(3), erased(10)).until(11)
    assert seen.visits.states() == {}
    assert abandonments(seen.until(LATER)) == []
    assert answers(seen) == []
    tombstones = {(out.topic.label, out.key) for out in seen.published if out.value is None}
    assert tombstones >= {("contacts", "main/q1"), ("profiles", "main/ann")}
    assert seen.until(31 * DAY).profile() is None


def test_an_erasure_under_the_visitor_erases_the_customer() -> None:
    seen = World().hear(added(0), identified(1), erased(10, customer="v")).until(11)
    assert seen.visits.states() == {}
    assert abandonments(seen.until(LATER)) == []


class TestProfile:
    """What ``cx.profiles`` tells."""

    def told(self, *events: Any, until: float = LATER) -> list[ProfileState]:
        return world(*events, until=until).said(topics.PROFILES)

    def test_it_sums_what_is_known(self) -> None:
        last = self.told(
            added(0, customer_id="ann", visitor="phone"),
            added(5, "p2", price="2.50", customer_id="ann", visitor="laptop"),
            asked(6),
            consented(7),
            until=10,
        )[-1]
        assert last.visitors == ("laptop", "phone")
        assert (last.open_carts, str(last.value), last.currency) == (2, "12.50", "EUR")
        assert (last.waiting_contacts, last.reachable, last.suppressed) == (1, ("email",), False)

    def test_values_in_two_currencies_have_no_sum(self) -> None:
        dollars = carted("product_added", 5, visitor="w", customer_id="ann", product_id="p", currency="USD")
        last = self.told(added(0, customer_id="ann"), dollars, until=10)[-1]
        assert (last.open_carts, last.value, last.currency) == (2, None, None)

    def test_activity_is_not_told(self) -> None:
        clicks = [clicked(at) for at in range(1, 30)]
        assert len(self.told(added(0), *clicks, until=40)) == len(self.told(added(0), until=40)) == 1

    def test_the_order_is(self) -> None:
        last = self.told(added(0), bought(5), until=6)[-1]
        assert (last.open_carts, last.last_order_at) == (0, minute(5))

    def test_a_visitors_profile_ends_with_the_link_and_a_profile_with_silence(self) -> None:
        seen = world(added(0), identified(5), until=6)
        assert ("profiles", "main/v", None) in [
            (out.topic.label, out.key, out.value) for out in seen.published
        ]
        seen.until(40 * DAY)
        assert (seen.published[-1].key, seen.published[-1].value) == ("main/ann", None)
        assert seen.care.states() == {}


@pytest.mark.parametrize("seconds", [1, 29, 30, 31, 59])
def test_silence_is_counted_from_the_last_click_exactly(seconds: int) -> None:
    last = 10 + seconds / 60
    assert abandonments(world(added(0), clicked(10), clicked(last))) == [
        ("abandoned", "cart", pytest.approx(last + 60, abs=1e-4))
    ]
