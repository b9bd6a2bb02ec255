"""The life of an approach: held, made, called back, regretted, forgotten."""

import msgspec
import pytest

from streams.rules.outreach.state import ATTRIBUTION, CONSENT_KEPT, Reach
from tests.rules.outreach_scene import (
    DAY,
    HOUR,
    LATENESS,
    MINUTE,
    Scene,
    abandoned,
    at,
    concluded,
    consented,
    fact,
    feedback,
    ordered,
    question,
    says,
    update,
)

MORNING = at("10:00")
NIGHT = at("22:00")
WAKES = at("2026-03-03 08:00")
CART = abandoned(MORNING)
NIGHT_CART = abandoned(NIGHT)


def requested(**scene):
    """A customer who was approached by mail at ten."""
    return Scene(**scene).happens(*consented("email"), CART)


def waiting():
    """A customer whose approach waits for the morning."""
    return Scene().happens(*consented("email"), NIGHT_CART)


def request_of(scene):
    return scene.requests[0][2]


ENDS = [
    pytest.param(lambda when, cart: ordered(when), "condition", "order", id="order known to the back office"),
    pytest.param(
        lambda when, cart: fact("order_completed", when), "condition", "order", id="order in the shop"
    ),
    pytest.param(lambda when, cart: concluded(cart, "recovered", when), "condition", "order", id="recovered"),
    pytest.param(
        lambda when, cart: concluded(cart, "withdrawn", when), "condition", "withdrawn", id="withdrawn"
    ),
    pytest.param(
        lambda when, cart: fact("cart_changed", when, cart_id="cart-1", changed_by="x", changed_at=when),
        "condition",
        "emptied",
        id="cart emptied",
    ),
    pytest.param(
        lambda when, cart: fact(
            "cart_changed", when, cart_id="cart-1", changed_by="x", changed_at=when, lines=cart.lines
        ),
        "condition",
        "changed",
        id="cart changed",
    ),
    pytest.param(lambda when, cart: says("email", "denied", when), "consent", "opted_out", id="opted out"),
    pytest.param(
        lambda when, cart: says("unknown", "denied", when), "consent", "opted_out", id="of everything"
    ),
    pytest.param(lambda when, cart: update("suppressed", when), "consent", "opted_out", id="suppressed"),
    pytest.param(lambda when, cart: update("profile_erased", when), "erased", "erased", id="erased"),
]


@pytest.mark.parametrize(("event", "guard", "reason"), ENDS)
def test_what_ends_an_approach_withdraws_it_while_it_waits(event, guard, reason):
    scene = waiting().happens(event(at("23:00"), NIGHT_CART)).until(WAKES + 2 * DAY)
    assert scene.rows == [("held", "quiet_hours"), ("withdrawn", guard)]
    assert scene.decisions[1].guards[0].detail == reason
    assert scene.requests == []


@pytest.mark.parametrize(("event", "guard", "reason"), ENDS)
def test_what_ends_an_approach_cancels_it_once_it_was_requested(event, guard, reason):
    scene = requested().happens(event(at("10:05"), CART))
    assert scene.rows == [("requested", "emit"), ("cancelled", guard)]
    (topic, key, request), (same_topic, same_key, cancel) = scene.requests
    assert (same_topic, same_key, cancel.outreach_id) == (topic, key, request.outreach_id)
    assert (cancel.action, cancel.reason) == ("cancel", reason)
    assert cancel.event_id != request.event_id


@pytest.mark.parametrize(("event", "guard", "reason"), ENDS)
def test_it_ends_once(event, guard, reason):
    scene = requested().happens(
        event(at("10:05"), CART), ordered(at("10:06")), says("email", "denied", at("10:07"))
    )
    assert [outcome for outcome, _ in scene.rows] == ["requested", "cancelled"]


@pytest.mark.parametrize(("event", "guard", "reason"), ENDS)
def test_in_shadow_the_same_is_decided_and_nothing_published(event, guard, reason):
    scene = requested(table={"mode": "shadow"}).happens(event(at("10:05"), CART))
    assert scene.rows == [("shadowed", "emit"), ("cancelled", guard)]
    assert scene.requests == []


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(fact("activity", at("10:05")), id="a visit"),
        pytest.param(
            fact(
                "cart_changed",
                at("10:05"),
                cart_id="cart-1",
                changed_by="cart-1-filled",
                changed_at=at("09:00"),
            ),
            id="a further stage",
        ),
        pytest.param(fact("cart_changed", at("10:05"), cart_id="cart-2", changed_by="x"), id="another cart"),
        pytest.param(says("sms", "denied", at("10:05")), id="a denial of another channel"),
        pytest.param(question(at("10:05")), id="a question"),
        pytest.param(
            concluded(abandoned(MORNING, "cart-2"), "recovered", at("08:00")), id="another cart's recovery"
        ),
    ],
)
def test_what_ends_nothing(event):
    assert requested().happens(event).rows == [("requested", "emit")]


def test_a_late_denial_that_was_taken_back_since_ends_nothing():
    scene = requested().happens(says("email", "granted", at("10:04")))
    assert scene.comes_late(says("email", "denied", at("09:00")), clock=at("10:06")).rows == [
        ("requested", "emit")
    ]


def test_a_late_order_cancels():
    scene = requested().comes_late(ordered(at("09:55")), clock=at("10:20"))
    assert scene.rows == [("requested", "emit"), ("cancelled", "condition")]
    assert scene.requests[1][2].occurred_at == at("10:20")


def test_sent_after_the_cancel_is_regretted():
    scene = requested().happens(ordered(at("10:05")))
    scene.happens(feedback("sent", at("10:06"), request_of(scene)))
    assert scene.rows == [("requested", "emit"), ("cancelled", "condition"), ("regretted", "condition")]


def test_sent_before_the_order_and_told_after_it_is_no_matter_for_regret():
    scene = requested().happens(ordered(at("10:05")))
    scene.comes_late(feedback("sent", at("10:02"), request_of(scene)), clock=at("10:30"))
    assert scene.rows == [("requested", "emit"), ("cancelled", "condition")]


def test_an_order_after_the_mail_is_what_the_mail_was_for():
    scene = requested()
    scene.happens(feedback("sent", at("10:01"), request_of(scene)), ordered(at("11:00")))
    assert scene.rows == [("requested", "emit")]


def test_a_late_order_from_before_the_mail_regrets_it():
    scene = requested()
    scene.happens(feedback("sent", at("10:01"), request_of(scene))).comes_late(
        ordered(at("09:59")), at("11:00")
    )
    assert scene.rows == [("requested", "emit"), ("regretted", "condition")]
    assert scene.published == [("email", "request")]


def test_a_late_order_tells_that_an_earlier_cancel_came_too_late():
    scene = requested().happens(says("email", "denied", at("10:10")))
    scene.comes_late(ordered(at("09:59")), clock=at("10:20"))
    scene.comes_late(feedback("sent", at("10:05"), request_of(scene)), clock=at("10:30"))
    assert scene.rows == [("requested", "emit"), ("cancelled", "consent"), ("regretted", "consent")]


def test_late_consent_denial_cancels_what_was_requested_meanwhile():
    scene = requested().comes_late(says("email", "denied", at("09:00")), clock=at("10:30"))
    assert scene.published == [("email", "request"), ("email", "cancel")]


def test_a_denial_while_it_waits_moves_it_to_another_channel():
    scene = Scene().happens(*consented("email", "push"), NIGHT_CART, says("email", "denied", at("23:00")))
    assert scene.rows == [("held", "quiet_hours"), ("withdrawn", "consent"), ("held", "quiet_hours")]
    assert scene.until(WAKES + 1).published == [("push", "request")]


def test_a_better_channel_does_not_move_what_waits():
    scene = Scene().happens(*consented("push"), NIGHT_CART, *consented("email", when=at("23:00")))
    assert scene.until(WAKES + 1).published == [("push", "request")]


@pytest.mark.parametrize(
    ("type", "more", "refused"),
    [
        pytest.param("unsubscribed", {}, True, id="unsubscribed"),
        pytest.param("complained", {}, True, id="complained"),
        pytest.param("bounced", {"reason": "Hard bounce: no such user"}, True, id="bounced for good"),
        pytest.param("bounced", {"reason": "Permanent"}, True, id="bounced for good, in other words"),
        pytest.param("bounced", {"reason": "mailbox full"}, False, id="bounced this time"),
        pytest.param("failed", {}, False, id="failed"),
        pytest.param("delivered", {}, False, id="delivered"),
        pytest.param("clicked", {}, False, id="clicked"),
    ],
)
def test_feedback_is_heeded_the_next_time(type, more, refused):
    scene = requested()
    scene.happens(
        feedback(type, at("10:05"), request_of(scene), **more), abandoned(MORNING + 2 * DAY, "cart-2")
    )
    assert scene.rows[-1] == (("refused", "consent") if refused else ("requested", "emit"))


def test_unsubscribing_by_an_outreach_that_nobody_remembers_counts_for_all_channels():
    scene = Scene().happens(*consented("email", "sms"), feedback("unsubscribed", at("09:00"), None), CART)
    assert scene.rows == [("refused", "consent")]


def test_consent_given_after_unsubscribing_counts():
    scene = requested()
    scene.happens(
        feedback("unsubscribed", at("10:05"), request_of(scene)), *consented("email", when=at("12:00"))
    )
    assert scene.happens(abandoned(MORNING + 2 * DAY, "cart-2")).rows[-1] == ("requested", "emit")


def test_after_a_cancel_that_was_in_time_another_cart_may_be_approached():
    scene = requested().happens(ordered(at("10:05")), abandoned(at("15:00"), "cart-2"))
    assert scene.rows[-1] == ("requested", "emit")


def test_after_a_cancel_that_came_too_late_another_cart_may_not():
    scene = requested().happens(ordered(at("10:05")))
    scene.happens(feedback("sent", at("10:06"), request_of(scene)), abandoned(at("15:00"), "cart-2"))
    assert scene.rows[-1] == ("refused", "arbitration")


def test_the_same_signal_twice_is_one_candidate():
    assert requested().happens(CART).rows == [("requested", "emit")]


def test_erasure_forgets_everything_and_the_memory_of_it_fades():
    scene = requested().happens(update("profile_erased", at("10:05")))
    assert scene.state == Reach(erased_at=at("10:05"))
    assert scene.until(MORNING + 40 * DAY).state is None


def test_consent_older_than_an_erasure_stays_forgotten():
    scene = Scene().happens(update("profile_erased", at("08:30")))
    scene.comes_late(says("email", "granted", at("08:00")), clock=at("09:30"))
    assert scene.happens(CART).rows == [("refused", "consent")]


def test_an_approach_expires_exactly_when_its_validity_ends():
    scene = Scene({"valid_for": "10h"}).happens(*consented("email"), NIGHT_CART)
    assert scene.decisions[0].held_until == NIGHT + 10 * HOUR == WAKES
    assert scene.until(WAKES + 1).rows[1:] == [("expired", "valid_until")]


def test_an_approach_is_still_made_just_before_its_validity_ends():
    scene = Scene({"valid_for": "601m"}).happens(*consented("email"), NIGHT_CART).until(WAKES + 1)
    assert scene.rows[1:] == [("requested", "emit")]


def test_an_answer_exactly_when_the_validity_ends_is_too_late():
    scene = Scene().happens(*consented("email"), question(at("09:00")), CART)
    scene.happens(question(MORNING + DAY, waiting=False))
    assert scene.rows[1:] == [("expired", "valid_until")]


# Live or not


def test_a_request_waits_while_the_log_is_behind():
    lag = 3 * HOUR
    scene = requested(lag=lag)
    [row] = scene.decisions
    live_from = MORNING + LATENESS + lag - LATENESS - 2 * MINUTE
    assert (row.outcome, row.guard, row.held_until) == ("held", "backlog", live_from)
    assert scene.requests == []
    scene.lag = 0
    assert scene.until(live_from + 1).rows[1:] == [("requested", "emit")]
    assert row.processed_at == MORNING + LATENESS + lag


@pytest.mark.parametrize(
    ("lag", "guard"),
    [
        pytest.param(0, "emit", id="live"),
        pytest.param(2 * MINUTE, "emit", id="exactly the grace behind"),
        pytest.param(2 * MINUTE + 1, "backlog", id="further behind"),
    ],
)
def test_how_far_behind_is_live(lag, guard):
    assert requested(lag=lag).rows[0][1] == guard


def test_the_grace_is_a_setting():
    assert requested(table={"grace": "30m"}, lag=30 * MINUTE).rows == [("requested", "emit")]


def test_an_order_in_the_backlog_withdraws_what_waits():
    scene = requested(lag=3 * HOUR).happens(ordered(at("11:00"))).until(MORNING + 2 * DAY)
    assert scene.rows == [("held", "backlog"), ("withdrawn", "condition")]


def test_a_question_in_the_backlog_holds_what_waits():
    scene = requested(lag=3 * HOUR).happens(question(at("11:00")))
    scene.lag = 0
    assert scene.until(at("14:00")).rows == [("held", "backlog"), ("held", "support_hold")]
    assert scene.happens(question(at("14:30"), waiting=False)).rows[2:] == [("requested", "emit")]


def test_quiet_hours_are_checked_when_it_leaves():
    scene = Scene(lag=3 * HOUR).happens(*consented("email"), abandoned(at("18:10")))
    scene.lag = 0
    scene.until(WAKES + 1)
    assert scene.rows == [("held", "backlog"), ("held", "quiet_hours"), ("requested", "emit")]


def test_what_leaves_too_late_expires():
    scene = requested(lag=3 * DAY).until(MORNING + 5 * DAY)
    assert scene.rows == [("held", "backlog"), ("expired", "valid_until")]
    assert scene.decisions[0].held_until == MORNING + DAY


def test_it_waits_again_if_the_log_is_still_behind():
    scene = requested(lag=3 * HOUR)
    scene.lag = HOUR
    scene.until(at("13:30"))
    scene.lag = 0
    scene.until(at("14:30"))
    assert [guard for _, guard in scene.rows] == ["backlog", "backlog", "emit"]


def test_in_shadow_nothing_waits_for_the_log():
    assert requested(table={"mode": "shadow"}, lag=3 * HOUR).rows == [("shadowed", "emit")]


# Memory


def test_a_visit_of_somebody_unknown_is_not_remembered():
    assert Scene().happens(fact("activity", MORNING), fact("cart_changed", MORNING)).state is None


def test_a_visit_changes_nothing_unless_an_approach_waits():
    scene = requested()
    before = scene.state
    assert scene.happens(fact("activity", at("10:05"))).state.active_at == 0
    assert before.approaches == scene.state.approaches


def test_an_approach_is_forgotten_after_its_attribution():
    scene = requested()
    end = MORNING + DAY + ATTRIBUTION
    assert scene.until(end).state.approaches
    assert not scene.until(end + 1).state.approaches


def test_everything_is_forgotten_one_day():
    scene = waiting().happens(question(at("23:00")), ordered(at("23:30")))
    assert scene.until(NIGHT + CONSENT_KEPT - DAY).state is not None
    assert scene.until(NIGHT + CONSENT_KEPT).state is None


def test_the_state_survives_its_encoding():
    scene = waiting().happens(
        question(at("23:00")), update("attributes_changed", at("23:10"), time_zone="UTC")
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(scene.state), type=Reach) == scene.state


def test_two_decisions_have_two_ids_and_the_same_history_gives_the_same_ids():
    def history():
        scene = waiting().happens(
            question(at("23:00")), question(WAKES + HOUR, waiting=False), ordered(WAKES + 2 * HOUR)
        )
        return [row.event_id for row in scene.decisions] + [
            request.event_id for _, _, request in scene.requests
        ]

    assert history() == history()
    assert len(set(history())) == len(history()) == 6
