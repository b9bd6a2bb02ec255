"""A visitor proves to be a customer: what was known of both is known of one."""

import pytest

from streams.rules.outreach.state import Reach, union
from tests.rules.outreach_scene import (
    DAY,
    HOUR,
    MINUTE,
    Scene,
    abandoned,
    at,
    concluded,
    consented,
    feedback,
    ordered,
    question,
    says,
    update,
)

MORNING = at("10:00")
NIGHT = at("22:00")
NOON = at("12:00")


def visitor(*events, when=MORNING, **scene):
    consent = consented("email", profile="device-1")
    return Scene(name="device-1", **scene).happens(
        *consent, abandoned(when, "cart-v", profile="device-1"), *events
    )


def customer(*events, **scene):
    return Scene(**scene).happens(*consented("email"), *events)


def test_what_was_known_of_the_visitor_is_known_of_the_customer():
    merged = Scene().merges(visitor(), NOON)
    assert [one.cart_id for one in merged.state.approaches] == ["cart-v"]
    assert merged.rows == []
    assert merged.happens(abandoned(at("13:00"), "cart-2")).rows == [("refused", "arbitration")]


def test_a_cancel_keeps_the_key_of_its_request():
    scene = customer().merges(visitor(), NOON).happens(ordered(at("12:30")))
    [(topic, key, cancel)] = scene.requests
    assert (topic, key, cancel.action) == ("cx.outreach.email", "main/device-1", "cancel")


@pytest.mark.parametrize("first", ["visitor", "customer"])
def test_of_two_approaches_made_the_earlier_stands(first):
    early, late = (MORNING, at("10:30")) if first == "visitor" else (at("10:30"), MORNING)
    scene = customer(abandoned(late, "cart-c")).merges(visitor(when=early), NOON)
    assert scene.rows[-1] == ("cancelled", "arbitration")
    _, key, cancel = scene.requests[-1]
    assert (cancel.action, cancel.reason) == ("cancel", "merged")
    assert key == ("main/ann" if first == "visitor" else "main/device-1")


def test_of_two_approaches_made_that_which_was_sent_stands():
    known = customer(abandoned(at("10:30"), "cart-c"))
    known.happens(feedback("sent", at("10:31"), known.requests[0][2]))
    assert known.merges(visitor(), NOON).requests[-1][2].cart_id == "cart-v"


def test_approaches_made_one_after_the_other_both_stand():
    known = customer(abandoned(MORNING + 3 * DAY, "cart-c"))
    assert known.merges(visitor(), MORNING + 3 * DAY + HOUR).rows == [("requested", "emit")]


def test_of_two_that_wait_the_newest_cart_stays():
    scene = customer(abandoned(NIGHT + MINUTE, "cart-c")).merges(visitor(when=NIGHT), at("23:00"))
    assert scene.rows[-1] == ("withdrawn", "arbitration")
    assert [one.cart_id for one in scene.state.held] == ["cart-c"]


def test_what_waits_is_requested_under_the_customers_name():
    scene = customer().merges(visitor(when=NIGHT), at("23:00")).until(NIGHT + DAY)
    assert [(key, request.profile_id) for _, key, request in scene.requests] == [("main/ann", "ann")]


def test_what_waits_and_is_refused_because_the_customer_was_approached():
    scene = (
        customer(abandoned(at("20:00"), "cart-c")).merges(visitor(when=NIGHT), at("23:00")).until(NIGHT + DAY)
    )
    assert scene.rows == [("requested", "emit"), ("refused", "arbitration")]


def test_an_order_of_the_customer_ends_the_visitors_approach():
    scene = customer(ordered(at("11:00"))).merges(visitor(), NOON)
    assert scene.published == [("email", "cancel")]
    assert scene.rows == [("cancelled", "condition")]


def test_an_order_before_the_visitor_filled_the_cart_ends_nothing():
    assert customer(ordered(at("08:00"))).merges(visitor(), NOON).rows == []


def test_a_denial_of_the_customer_calls_the_visitors_approach_back():
    scene = customer(says("email", "denied", at("11:00"))).merges(visitor(), NOON)
    assert scene.rows == [("cancelled", "consent")]


def test_a_question_of_the_customer_holds_the_visitors_approach():
    scene = (
        customer(question(at("21:30"))).merges(visitor(when=NIGHT), at("23:00")).until(at("2026-03-03 09:00"))
    )
    assert scene.rows == [("held", "support_hold")]


def test_a_question_answered_under_one_name_is_answered_under_both():
    asked = visitor(question(at("21:30")), when=NIGHT)
    scene = customer(question(at("22:30"), waiting=False)).merges(asked, at("23:00")).until(NIGHT + DAY)
    assert scene.published == [("email", "request")]


def test_a_late_word_about_the_merged_signal_is_heard():
    signal = abandoned(MORNING, "cart-v", profile="device-1")
    scene = (
        customer()
        .merges(visitor(), NOON)
        .comes_late(concluded(signal, "withdrawn", at("09:59")), at("12:30"))
    )
    assert scene.published == [("email", "cancel")]


def test_merging_twice_is_merging_once():
    once = customer(abandoned(at("10:30"), "cart-c")).merges(visitor(), NOON)
    state, rows = once.state, list(once.rows)
    once.merges(visitor(), NOON)
    assert (once.state, once.rows) == (state, rows)


HISTORIES = [
    pytest.param((), (), id="nothing but consent"),
    pytest.param((abandoned(MORNING, "cart-1"),), (abandoned(at("10:30"), "cart-2"),), id="two approaches"),
    pytest.param((abandoned(NIGHT, "cart-1"),), (abandoned(NIGHT + MINUTE, "cart-2"),), id="two that wait"),
    pytest.param((abandoned(MORNING, "cart-1"),), (ordered(at("11:00")),), id="approach and order"),
    pytest.param((abandoned(NIGHT, "cart-1"),), (question(at("21:00")),), id="approach and question"),
    pytest.param(
        (says("email", "denied", at("11:00")),), (abandoned(MORNING, "cart-1"),), id="denial and approach"
    ),
    pytest.param(
        (update("suppressed", at("09:00")),), (update("unsuppressed", at("09:30")),), id="suppression"
    ),
    pytest.param(
        (question(at("09:00")),), (question(at("09:30"), waiting=False),), id="one question, two words"
    ),
    pytest.param(
        (update("attributes_changed", at("09:00"), time_zone="UTC"),),
        (update("attributes_changed", at("09:30"), time_zone="Asia/Tokyo"),),
        id="two zones",
    ),
    pytest.param((update("profile_erased", at("09:00")),), (abandoned(MORNING, "cart-1"),), id="erasure"),
]


@pytest.mark.parametrize(("ones", "others"), HISTORIES)
def test_merging_is_commutative(ones, others):
    def merged(mine, theirs):
        scene = customer(*mine)
        scene.decisions, scene.requests = [], []
        scene.merges(customer(*theirs), at("23:30"))
        return scene.state, scene.decisions, scene.requests

    assert merged(ones, others) == merged(others, ones)


def test_union_with_nothing_is_everything():
    state = visitor(question(at("10:30"))).state
    assert union(Reach(), state) == union(state, Reach())
