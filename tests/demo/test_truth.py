"""The truth on logs small enough to know the answer."""

from random import Random

import pytest

from schemas.events import CartEvent, Click, OrderEvent, ProfileUpdate, SupportEvent
from schemas.words import Line
from streams.demo.truth import Thresholds, abandonments, breaches, erasures

MINUTE = 60_000
START = 1_700_000_000_000
RULES = Thresholds(
    {"cart": 60 * MINUTE, "checkout": 30 * MINUTE, "payment": 10 * MINUTE},
    max_age=72 * 60 * MINUTE,
    first_reply=60 * MINUTE,
)


def at(minute):
    return START + round(minute * MINUTE)


def cart(minute, what="product_added", visitor="v", **details):
    event_id = details.pop("event_id", f"{visitor}{minute}-{what}")
    if what in ("product_added", "product_removed"):
        details.setdefault("product_id", "p")
    return CartEvent(
        event_id=event_id,
        type=what,
        visitor_id=visitor,
        occurred_at=at(minute),
        received_at=at(minute),
        **details,
    )


def click(minute, visitor="v", **details):
    return Click(
        event_id=f"{visitor}{minute}-click",
        type="page_viewed",
        visitor_id=visitor,
        occurred_at=at(minute),
        received_at=at(minute),
        **details,
    )


def order(minute, profile="c", order_id="o"):
    return OrderEvent(
        event_id=f"{profile}{minute}-order",
        type="order_completed",
        profile_id=profile,
        order_id=order_id,
        occurred_at=at(minute),
        received_at=at(minute),
    )


def lines(**counts):
    return tuple(Line(product_id=product, quantity=count) for product, count in counts.items())


def found(*events, until=1_000, rules=RULES, doubtful=False):
    """Who left what at which stage, and when that was certain."""
    orders = [event for event in events if isinstance(event, OrderEvent)]
    visits = [event for event in events if not isinstance(event, OrderEvent)]
    truths = [truth for truth in abandonments(visits, orders, rules, at(until)) if truth.doubtful == doubtful]
    return sorted((t.changed_by, t.stage, t.profile_id, (t.due - START) / MINUTE) for t in truths)


ADDED = "v0-product_added"
LEFT = [(ADDED, "cart", "v", 60)]

CASES = {
    "left": ([cart(0)], LEFT),
    "ordered in time": ([cart(0), cart(30, "order_completed")], []),
    "ordered at the last moment": ([cart(0), cart(60, "order_completed")], []),
    "ordered too late": ([cart(0), cart(61, "order_completed")], LEFT),
    "emptied": ([cart(0), cart(30, "cart_emptied")], []),
    "emptied by taking the last thing out": ([cart(0), cart(30, "product_removed")], []),
    "emptied by a snapshot": ([cart(0), cart(30, "cart_updated")], []),
    "emptied and filled again": (
        [cart(0), cart(30, "cart_emptied"), cart(40)],
        [("v40-product_added", "cart", "v", 100)],
    ),
    "something is left after one was taken out": (
        [cart(0, quantity=2), cart(30, "product_removed", quantity=1)],
        [("v30-product_removed", "cart", "v", 90)],
    ),
    "taking out what isn't there changes nothing": (
        [cart(0), cart(30, "product_removed", product_id="q")],
        [(ADDED, "cart", "v", 90)],
    ),
    "a click keeps it alive": ([cart(0), click(59)], [(ADDED, "cart", "v", 119)]),
    "a click at the last moment keeps it alive": ([cart(0), click(60)], [(ADDED, "cart", "v", 120)]),
    "a click afterwards doesn't arm it again": ([cart(0), click(61)], LEFT),
    "a robot's click doesn't keep it alive": ([cart(0), click(59, is_bot=True)], LEFT),
    "a robot's cart": ([cart(0, is_bot=True)], []),
    "a real change afterwards arms it again": (
        [cart(0), cart(100)],
        [*LEFT, ("v100-product_added", "cart", "v", 160)],
    ),
    "a snapshot that says the same doesn't": (
        [cart(0), cart(100, "cart_updated", lines=lines(p=1))],
        LEFT,
    ),
    "a snapshot that says something else does": (
        [cart(0), cart(100, "cart_updated", lines=lines(p=2))],
        [*LEFT, ("v100-cart_updated", "cart", "v", 160)],
    ),
    "a snapshot opens a cart": (
        [cart(0, "cart_updated", lines=lines(p=1))],
        [("v0-cart_updated", "cart", "v", 60)],
    ),
    "checkout started": (
        [cart(0), cart(5, "checkout_started", lines=lines(p=1))],
        [(ADDED, "checkout", "v", 35)],
    ),
    "checkout opens a cart": (
        [cart(0, "checkout_started", lines=lines(p=1))],
        [("v0-checkout_started", "checkout", "v", 30)],
    ),
    "checkout without a cart": ([cart(0, "checkout_started"), cart(1, "payment_failed")], []),
    "payment failed": ([cart(0), cart(5, "payment_failed")], [(ADDED, "payment", "v", 15)]),
    "a higher stage afterwards arms it again": (
        [cart(0), cart(61, "checkout_started")],
        [*LEFT, (ADDED, "checkout", "v", 91)],
    ),
    "the furthest stage stays": (
        [cart(0), cart(1, "payment_info_entered"), cart(5, "checkout_started")],
        [(ADDED, "payment", "v", 15)],
    ),
    "a coupon is activity": ([cart(0), cart(30, "coupon_denied")], [(ADDED, "cart", "v", 90)]),
    "an event twice": ([cart(0), cart(0), click(70), cart(0)], LEFT),
    "events in any order of arrival": ([click(59), cart(0)], [(ADDED, "cart", "v", 119)]),
    "two devices, two carts": (
        [cart(0), cart(10, visitor="w")],
        [*LEFT, ("w10-product_added", "cart", "w", 70)],
    ),
    "known from the start": ([cart(0, customer_id="c")], [(ADDED, "cart", "c", 60)]),
    "known on the way": ([cart(0), click(30, customer_id="c")], [(ADDED, "cart", "c", 90)]),
    "known after it was left": ([cart(0), click(61, customer_id="c")], LEFT),
    "ordered on another device": (
        [
            cart(0, customer_id="c"),
            cart(20, visitor="w", customer_id="c"),
            cart(30, "order_completed", visitor="w", order_id="o"),
        ],
        [],
    ),
    "a stage reached after the order on another device": (
        [
            cart(0, customer_id="c"),
            cart(30, "order_completed", visitor="w", customer_id="c"),
            cart(40, "checkout_started"),
        ],
        [],
    ),
    "changed after the order on another device": (
        [
            cart(0, customer_id="c"),
            cart(30, "order_completed", visitor="w", customer_id="c"),
            cart(40),
        ],
        [("v40-product_added", "cart", "c", 100)],
    ),
    "somebody else ordered": (
        [cart(0, customer_id="c"), cart(30, "order_completed", visitor="w", customer_id="d")],
        [(ADDED, "cart", "c", 60)],
    ),
    "ordered in the back office": ([cart(0, customer_id="c"), order(30)], []),
    "ordered in the back office too late": (
        [cart(0, customer_id="c"), order(61)],
        [(ADDED, "cart", "c", 60)],
    ),
    "ordered before the link on the thank-you page": (
        [cart(0), order(30), click(31, customer_id="c")],
        [],
    ),
    "a guest's order becomes the customer's with the link": (
        [
            cart(0, customer_id="c"),
            cart(10, visitor="w"),
            cart(30, "order_completed", visitor="w"),
            click(31, visitor="w", customer_id="c"),
        ],
        [],
    ),
    "an order told twice counts once": (
        [
            cart(0, customer_id="c"),
            cart(30, "order_completed", order_id="o"),
            cart(40),
            order(50),
        ],
        [("v40-product_added", "cart", "c", 100)],
    ),
    "an order told of two customers is both's": (
        [
            cart(0, customer_id="c"),
            cart(10, visitor="w", customer_id="d"),
            cart(30, "order_completed", visitor="w", order_id="o"),
            order(31),
        ],
        [],
    ),
    "another customer on the device: the cart stays with the first": (
        [cart(0, customer_id="c"), click(30, customer_id="d"), click(50)],
        [(ADDED, "cart", "c", 60)],
    ),
    "another customer on the device: what comes after is a new cart": (
        [cart(0, customer_id="c"), cart(30, customer_id="d"), cart(40, "order_completed")],
        [(ADDED, "cart", "c", 60)],
    ),
    "a cart of another name leaves the first behind": (
        [cart(0, cart_id="k"), cart(30, cart_id="l"), click(50)],
        [*LEFT, ("v30-product_added", "cart", "v", 110)],
    ),
    "a step of a cart of another name is activity": (
        [cart(0, cart_id="k"), cart(30, "checkout_started", cart_id="l")],
        [(ADDED, "cart", "v", 90)],
    ),
    "an order told again ends nothing": (
        [
            cart(0),
            cart(30, "order_completed", order_id="o"),
            cart(40),
            cart(50, "order_completed", order_id="o"),
        ],
        [("v40-product_added", "cart", "v", 110)],
    ),
    "another customer in between, who used the cart's name": (
        [
            cart(0, cart_id="k", customer_id="c"),
            cart(10, cart_id="k", customer_id="d"),
            cart(20, cart_id="k", customer_id="c"),
        ],
        [("v10-product_added", "cart", "d", 70), ("v20-product_added", "cart", "c", 80)],
    ),
    "forgotten on request": ([cart(0), cart(30, "visitor_erased")], []),
    "older than 72 hours": (
        [cart(0), *(click(30 * n) for n in range(1, 150))],
        [],
    ),
}


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES.keys())
def test_abandonments(events, expected):
    assert found(*events, until=10_000) == sorted(expected)


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES.keys())
def test_the_order_of_arrival_means_nothing(events, expected):
    shuffled = list(events)
    Random(1).shuffle(shuffled)
    assert found(*shuffled, until=10_000) == sorted(expected)


@pytest.mark.parametrize(("until", "expected"), [(60, []), (60.001, LEFT)])
def test_what_is_due_at_the_end_is_not_certain_yet(until, expected):
    assert found(cart(0), until=until) == expected


DOUBTS = {
    "a guest who had ordered proves to be the customer": [
        cart(0, customer_id="c"),
        cart(10, visitor="w"),
        cart(30, "order_completed", visitor="w"),
        click(61, visitor="w", customer_id="c"),
    ],
    "a guest proves to be a customer who had ordered": [
        cart(0),
        order(30),
        click(61, customer_id="c"),
    ],
}


@pytest.mark.parametrize("events", DOUBTS.values(), ids=DOUBTS.keys())
def test_who_proves_later_to_have_ordered_before_leaves_a_doubt(events):
    assert found(*events) == []
    assert [left[:2] for left in found(*events, doubtful=True)] == [(ADDED, "cart")]


@pytest.mark.parametrize(("erased", "left"), [(30, 0), (60, 0), (61, 1), (-1, 1)])
def test_who_asked_to_be_forgotten_left_nothing(erased, left):
    asked = {"c": at(erased)}
    assert len(abandonments([cart(0, customer_id="c")], [], RULES, at(100), asked)) == left
    assert len(breaches([said(0)], RULES, at(100), asked)) == left


def test_erasures_are_those_of_profiles():
    erased = ProfileUpdate(
        event_id="x", type="profile_erased", profile_id="c", occurred_at=at(5), received_at=at(5)
    )
    other = ProfileUpdate(
        event_id="y", type="suppressed", profile_id="d", occurred_at=at(5), received_at=at(5)
    )
    assert erasures([erased, other], at(10)) == {"c": at(5)}
    assert erasures([erased, other], at(5)) == {}


def test_what_has_not_happened_yet_proves_nothing():
    assert found(cart(0), order(30), click(100, customer_id="c"), until=90) == LEFT


def said(minute, kind="customer_message", what="message_received", contact="t", **details):
    return SupportEvent(
        event_id=f"{contact}{minute}-{kind}",
        type=what,
        kind=kind,
        contact_id=contact,
        profile_id=details.pop("profile", "c"),
        occurred_at=at(minute),
        received_at=at(minute),
        **details,
    )


def reply(minute, kind="human_reply", **details):
    return said(minute, kind, "message_sent", **details)


QUESTIONS = {
    "nobody answered": ([said(0)], [60]),
    "answered in time": ([said(0), reply(30)], []),
    "answered at the last moment": ([said(0), reply(60)], []),
    "answered too late": ([said(0), reply(61)], [60]),
    "acknowledged only": ([said(0), reply(1, "auto_ack")], [60]),
    "a robot answered": ([said(0), reply(1, "bot")], [60]),
    "a campaign is no answer": ([said(0), reply(1, "campaign")], [60]),
    "a note among colleagues is no answer": ([said(0), reply(1, "internal_note", public=False)], [60]),
    "a hidden reply is no answer": ([said(0), reply(1, public=False)], [60]),
    "asked twice": ([said(0), said(30)], [60]),
    "a missed call": ([said(0, "call_missed")], [60]),
    "a call taken": ([said(0, "voicemail"), reply(20, "call_answered")], []),
    "called back": ([said(0), said(20, "unknown", "callback_reached")], []),
    "called back in vain": ([said(0), said(20, "unknown", "callback_attempted")], [60]),
    "a mark is no question": ([said(0, "csat"), said(5, "reaction")], []),
    "solved in silence": ([said(0), said(5, "unknown", "status_changed", status="solved")], []),
    "nothing to answer": ([said(0), said(5, "unknown", "no_reply_needed")], []),
    "solved in silence, asked again": (
        [said(0), said(5, "unknown", "status_changed", status="solved"), said(20)],
        [80],
    ),
    "solved in silence, answered after all, asked again": (
        [
            said(0),
            said(5, "unknown", "status_changed", status="solved"),
            reply(10),
            said(20),
        ],
        [],
    ),
    "a reply is needed after all": (
        [said(0), said(5, "unknown", "no_reply_needed"), said(10, "unknown", "reply_needed")],
        [60],
    ),
    "solved too late, asked again": (
        [said(0), said(70, "unknown", "status_changed", status="solved"), said(80)],
        [60, 140],
    ),
    "answered, asked again": ([said(0), reply(5), said(20)], []),
    "merged": ([said(0), said(5, "unknown", "merged", merged_into="u")], []),
    "put on hold": ([said(0), said(5, "unknown", "status_changed", status="on_hold")], [60]),
    "written to before the question": ([reply(0), said(10)], [70]),
    "never asked": ([reply(0)], []),
    "asked as a guest, answered as a customer": ([said(0, profile="v"), reply(30)], []),
    "reply arrives first": ([reply(30), said(0)], []),
}


@pytest.mark.parametrize(("events", "expected"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_breaches(events, expected):
    found = breaches(events, RULES, at(1_000))
    assert [(breach.due - START) / MINUTE for breach in found] == expected


def test_each_contact_is_its_own_question():
    found = breaches([said(0), said(5, contact="u"), reply(10)], RULES, at(1_000))
    assert [breach.contact_id for breach in found] == ["u"]
