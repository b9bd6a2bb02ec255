"""Stories from device to decision: both processors at work. Minutes; a cart counts as left after 60."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from tests.replay.telling import Event, Story, agreed, asked, bought, replied
from tests.visits.visiting import add, at, cart, click, order

ANNA: dict[str, Any] = {"customer_id": "anna"}


def late(event: Any, received: float) -> Any:
    """The event, received later than it happened."""
    return replace(event, received_at=at(received))


def test_a_cart_that_is_left_leads_to_one_approach() -> None:
    story = Story(agreed(0), add(1, **ANNA), until=200)
    assert story.signals == [("abandoned", "cart", "anna")]
    assert story.outreach == [("request", "anna")]


def test_cart_on_one_device_order_on_the_other() -> None:
    laptop = order(30, visitor_id="laptop", **ANNA)
    assert Story(agreed(0), add(1, visitor_id="phone", **ANNA), laptop).signals == []


def test_an_order_on_the_other_device_after_the_signal_cancels_the_approach() -> None:
    laptop = order(90, visitor_id="laptop", **ANNA)
    story = Story(agreed(0), add(1, visitor_id="phone", **ANNA), laptop)
    assert story.signals == [("abandoned", "cart", "anna"), ("recovered", "cart", "anna")]
    assert story.outreach == [("request", "anna"), ("cancel", "anna")]


def test_two_carts_of_one_customer_are_one_approach() -> None:
    story = Story(agreed(0), add(1, visitor_id="phone", **ANNA), add(2, visitor_id="laptop", **ANNA))
    assert len(story.signals) == 2
    assert story.outreach == [("request", "anna")]


@pytest.mark.parametrize(
    "identify", [pytest.param(31, id="on the thank-you page"), pytest.param(300, id="long after")]
)
def test_the_order_before_the_link(identify: float) -> None:
    story = Story(agreed(0), add(1), order(30), click(identify, **ANNA))
    assert story.signals == story.outreach == []


def test_an_order_that_the_back_office_knows_before_the_visitor_is_known() -> None:
    story = Story(agreed(0), add(1), bought(30), click(31, **ANNA))
    assert story.signals == story.outreach == []


def test_what_was_signalled_for_the_guest_is_not_signalled_again_for_the_customer() -> None:
    story = Story(agreed(0), add(1), click(90, **ANNA))
    assert story.signals == [("abandoned", "cart", "v")]


def test_what_was_signalled_for_the_guest_is_recovered_by_the_customer() -> None:
    story = Story(agreed(0), add(1), click(90, **ANNA), order(100))
    assert story.signals == [("abandoned", "cart", "v"), ("recovered", "cart", "anna")]


def test_a_guest_s_cart_that_was_not_due_is_due_for_the_customer() -> None:
    story = Story(agreed(0), add(1), click(30, **ANNA))
    assert story.signals == [("abandoned", "cart", "anna")]
    assert story.outreach == [("request", "anna")]


def test_the_guest_asks_and_the_customer_is_answered() -> None:
    story = Story(asked(1, who="v"), click(5, **ANNA), replied(30))
    assert ("answered", "first_reply", "anna") in story.contacts
    assert not any(kind == "breached" for kind, _, _ in story.contacts)


def test_what_still_comes_under_the_guests_name_is_heard_in_its_time_however_far_time_jumps() -> None:
    story = Story(
        add(1), click(5, **ANNA), asked(10, who="v"), replied(30, who="v"), bought(40, customer="v")
    )
    assert story.signals == []
    assert not any(kind == "breached" for kind, _, _ in story.contacts)


def test_a_question_holds_promotion_back() -> None:
    story = Story(agreed(0), asked(1), add(2, **ANNA), until=200)
    assert story.signals == [("abandoned", "cart", "anna")]
    assert story.outreach == []


def test_a_click_keeps_the_cart_alive_and_a_higher_stage_is_another_signal() -> None:
    clicks = [click(minute, **ANNA) for minute in range(10, 120, 10)]
    assert Story(add(1, **ANNA), *clicks, until=150).signals == []
    steps = Story(add(1, **ANNA), cart("checkout_started", 100, **ANNA))
    assert steps.signals == [("abandoned", "cart", "anna"), ("abandoned", "checkout", "anna")]


KLAVIYO: dict[str, list[Event]] = {
    "the order is synchronised late": [add(1, **ANNA), late(bought(30), 45)],
    "several checkouts and one order": [
        add(1, **ANNA),
        cart("checkout_started", 5, **ANNA),
        cart("checkout_started", 10, **ANNA),
        order(20, **ANNA),
    ],
    "the order arrives before the checkout": [
        late(add(1, **ANNA), 26),
        late(cart("checkout_started", 5, **ANNA), 27),
        order(20, **ANNA),
    ],
    "no order event of the storefront": [add(1, **ANNA), cart("checkout_started", 5, **ANNA), bought(20)],
    "the order under another identity": [
        add(1),
        cart("checkout_started", 5),
        bought(20, customer="anna"),
        click(21, **ANNA),
    ],
}


@pytest.mark.parametrize("events", KLAVIYO.values(), ids=KLAVIYO)
def test_five_ways_in_which_others_mail_a_buyer(events: list[Event]) -> None:
    story = Story(agreed(0), *events)
    assert "request" not in [action for action, _ in story.outreach]
    assert [kind for kind, _, _ in story.signals if kind == "abandoned"] == []


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4))))
def test_within_the_lateness_the_order_of_arrival_changes_nothing(order_of_arrival: tuple[int, ...]) -> None:
    events = [add(1), click(1.1, **ANNA), cart("checkout_started", 1.2), add(1.3, "cup")]
    arrived = [late(event, 2 + place / 10) for event, place in zip(events, order_of_arrival, strict=True)]
    told = Story(agreed(0), *arrived, until=200, lateness=2)
    assert told.signals == [("abandoned", "checkout", "anna")]
