"""Each guard alone: what it lets pass, what it holds, what it refuses, and what the row says of it."""

import pytest

from streams.rules.outreach.guards import GUARDS
from tests.rules.outreach_scene import (
    BOOK,
    DAY,
    HOUR,
    MINUTE,
    Scene,
    abandoned,
    at,
    consented,
    fact,
    ordered,
    question,
    says,
    update,
)

EARLY = at("06:00")
MORNING = at("10:00")
NIGHT = at("22:00")


def results(row):
    return {said.guard: said.result for said in row.guards}


def test_a_candidate_that_passes_all_guards_is_requested():
    scene = Scene().happens(*consented("email"), abandoned(MORNING))
    [row], [(topic, key, request)] = scene.decisions, scene.requests
    assert (row.outcome, row.guard, row.mode, row.rules_version) == (
        "requested",
        "emit",
        "live",
        scene.version.version,
    )
    assert results(row) == {name: "passed" for name, _ in GUARDS}
    assert (topic, key, request.action) == ("cx.outreach.email", "main/ann", "request")
    assert (request.rule, request.stage, request.cart_id, request.lines) == (
        "abandonment.cart",
        "cart",
        "cart-1",
        BOOK,
    )
    assert (request.occurred_at, request.valid_until) == (MORNING, MORNING + DAY)
    assert (row.outreach_id, row.signal_id) == (request.outreach_id, request.signal_id)


def test_every_row_names_all_guards_in_their_order_and_those_not_asked_as_skipped():
    scene = Scene().happens(abandoned(MORNING))
    [row] = scene.decisions
    names = [name for name, _ in GUARDS]
    assert [said.guard for said in row.guards] == names
    decided = names.index("consent")
    assert [said.result for said in row.guards] == ["passed"] * decided + ["refused"] + ["skipped"] * (
        len(names) - decided - 1
    )


@pytest.mark.parametrize(
    ("before", "outcome", "detail"),
    [
        pytest.param((), "refused", "email: unknown, sms: unknown, push: unknown", id="unknown means no"),
        pytest.param(
            (says("email", "denied", EARLY + 1),),
            "refused",
            "email: denied, sms: unknown, push: unknown",
            id="denied",
        ),
        pytest.param((says("email", "granted", EARLY + 1),), "requested", "email: granted", id="granted"),
        pytest.param(
            (says("push", "granted", EARLY + 1),), "requested", "push: granted", id="only on a later channel"
        ),
        pytest.param(
            (says("unknown", "granted", EARLY + 1),),
            "requested",
            "email: granted",
            id="granted for all channels",
        ),
        pytest.param(
            (says("unknown", "granted", EARLY + 1), says("email", "denied", EARLY + 2)),
            "requested",
            "sms: granted",
            id="all but one",
        ),
        pytest.param(
            (says("email", "granted", EARLY + 2), says("email", "denied", EARLY + 1)),
            "requested",
            "email: granted",
            id="newest word wins",
        ),
        pytest.param(
            (says("email", "granted", EARLY + 1, by="a"), says("email", "denied", EARLY + 1, by="b")),
            "refused",
            "email: denied, sms: unknown, push: unknown",
            id="at the same time the greater event id",
        ),
        pytest.param(
            (*consented("email", when=EARLY + 1), update("suppressed", EARLY + 2)),
            "refused",
            "email: suppressed, sms: suppressed, push: suppressed",
            id="suppressed everywhere",
        ),
        pytest.param(
            (*consented("email", "sms", when=EARLY + 1), update("suppressed", EARLY + 2, channel="email")),
            "requested",
            "sms: granted",
            id="suppressed on one channel",
        ),
        pytest.param(
            (
                *consented("email", when=EARLY + 1),
                update("suppressed", EARLY + 2),
                update("unsuppressed", EARLY + 3),
            ),
            "requested",
            "email: granted",
            id="no longer suppressed",
        ),
        pytest.param(
            (says("phone", "granted", EARLY + 1),),
            "refused",
            "email: unknown, sms: unknown, push: unknown",
            id="phone",
        ),
    ],
)
def test_consent(before, outcome, detail):
    [row] = Scene().happens(*before, abandoned(MORNING)).decisions
    assert row.outcome == outcome
    assert {said.guard: said.detail for said in row.guards}["consent"] == detail


@pytest.mark.parametrize(
    ("table", "outcome", "guard"),
    [
        pytest.param({"mode": "off"}, "refused", "switched_off", id="off"),
        pytest.param({"mode": "shadow"}, "shadowed", "emit", id="shadow"),
        pytest.param({"mode": "allow-list"}, "shadowed", "emit", id="not on the allow list"),
        pytest.param(
            {"mode": "allow-list", "allow_list": ["ann"]}, "requested", "emit", id="on the allow list"
        ),
        pytest.param({"mode": "live"}, "requested", "emit", id="live"),
        pytest.param(
            {"rules": {"abandonment": {"cart": {"enabled": False}}}},
            "refused",
            "switched_off",
            id="rule switched off",
        ),
        pytest.param(
            {"rules": {"abandonment": {"payment": {"enabled": False}}}},
            "requested",
            "emit",
            id="another rule off",
        ),
        pytest.param(
            {"channel": {"email": {"enabled": False}}},
            "refused",
            "consent",
            id="consent only for what is off",
        ),
        pytest.param({"channels": []}, "refused", "switched_off", id="no channel"),
    ],
)
def test_switches_and_modes(table, outcome, guard):
    scene = Scene(table).happens(*consented("email"), abandoned(MORNING))
    assert scene.rows == [(outcome, guard)]
    assert bool(scene.requests) == (outcome == "requested")


def test_history_is_decided_and_never_published():
    scene = Scene(held=True, lag=300 * DAY).happens(*consented("email"), abandoned(MORNING))
    assert scene.rows == [("shadowed", "emit")]
    assert scene.requests == []
    assert scene.decisions[0].guards[-1].detail == "live; history, not published"


def test_preference_decides_among_the_channels_with_consent():
    table = {"channels": ["push", "sms", "email"]}
    scene = Scene(table).happens(*consented("email", "sms"), abandoned(MORNING))
    assert scene.published == [("sms", "request")]


def test_an_open_question_holds_until_it_is_answered():
    scene = Scene().happens(*consented("email"), question(at("09:00")), abandoned(MORNING))
    [row] = scene.decisions
    assert (row.outcome, row.guard, row.held_until) == ("held", "support_hold", MORNING + DAY)
    assert scene.happens(question(at("11:00"), waiting=False)).rows[1:] == [("requested", "emit")]
    assert scene.requests[0][2].occurred_at == at("11:00")


def test_all_open_questions_hold():
    scene = Scene().happens(
        *consented("email"),
        question(at("09:00")),
        question(at("09:01"), contact="ticket-2"),
        abandoned(MORNING),
        question(at("11:00"), waiting=False),
    )
    assert scene.rows == [("held", "support_hold")]
    scene.happens(question(at("11:05"), contact="ticket-2", waiting=False))
    assert scene.published == [("email", "request")]


def test_a_question_that_is_never_answered_outlives_the_approach():
    scene = (
        Scene()
        .happens(*consented("email"), question(at("09:00")), abandoned(MORNING))
        .until(MORNING + 2 * DAY)
    )
    assert scene.rows == [("held", "support_hold"), ("expired", "valid_until")]
    assert scene.decisions[1].occurred_at == MORNING + DAY


def test_a_question_after_the_request_calls_nothing_back():
    scene = (
        Scene()
        .happens(*consented("email"), abandoned(MORNING), question(at("10:05")))
        .until(MORNING + 2 * DAY)
    )
    assert scene.rows == [("requested", "emit")]


def test_an_old_word_about_a_contact_changes_nothing():
    scene = Scene().happens(*consented("email"), question(at("09:00")), question(at("08:00"), waiting=False))
    assert scene.happens(abandoned(MORNING)).rows == [("held", "support_hold")]


def test_quiet_hours_hold_until_they_end():
    scene = Scene().happens(*consented("email"), abandoned(NIGHT))
    [row] = scene.decisions
    assert (row.outcome, row.guard, row.held_until) == ("held", "quiet_hours", at("2026-03-03 08:00"))
    scene.until(at("2026-03-03 08:00"))
    assert scene.requests == []
    scene.until(at("2026-03-03 08:00") + 1)
    assert scene.rows[1:] == [("requested", "emit")]
    assert scene.requests[0][2].occurred_at == at("2026-03-03 08:00")


def test_quiet_hours_may_cancel_instead():
    scene = Scene({"quiet_hours": {"on_quiet": "cancel"}}).happens(*consented("email"), abandoned(NIGHT))
    assert scene.until(NIGHT + 2 * DAY).rows == [("refused", "quiet_hours")]


@pytest.mark.parametrize(
    ("zone", "held_until"),
    [
        pytest.param(None, "2026-03-03 13:00", id="unknown: the most careful of the shop's"),
        pytest.param("Europe/Berlin", "2026-03-03 07:00", id="the customer's own"),
        pytest.param("Nowhere/Atall", "2026-03-03 13:00", id="impossible: as if unknown"),
    ],
)
def test_quiet_hours_are_the_customers(zone, held_until):
    table = {"time_zones": ["Europe/Berlin", "America/New_York"]}
    known = update("attributes_changed", at("00:00"), time_zone=zone)
    [row] = Scene(table).happens(*consented("email"), known, abandoned(NIGHT)).decisions
    assert row.held_until == at(held_until)


def test_a_customer_who_moves_is_asked_about_anew():
    scene = Scene().happens(*consented("email"), abandoned(NIGHT))
    scene.happens(update("attributes_changed", at("22:30"), time_zone="America/New_York"))
    assert scene.rows == [("held", "quiet_hours"), ("requested", "emit")]


def test_nobody_is_approached_about_a_cart_while_looking_at_it():
    wakes = at("2026-03-03 08:00")
    scene = (
        Scene()
        .happens(*consented("email"), abandoned(NIGHT), fact("activity", wakes - 10 * MINUTE))
        .until(wakes + 1)
    )
    assert scene.rows == [("held", "quiet_hours"), ("held", "activity")]
    assert scene.decisions[1].held_until == wakes - 10 * MINUTE + HOUR
    assert scene.until(wakes + HOUR).rows[2:] == [("requested", "emit")]


def test_the_order_that_ends_a_cart_is_a_condition():
    scene = Scene().happens(*consented("email"), ordered(at("09:30")), abandoned(MORNING))
    assert scene.rows == [("withdrawn", "condition")]


def test_a_cart_filled_after_an_order_is_another_matter():
    scene = Scene().happens(*consented("email"), ordered(at("08:30")), abandoned(MORNING))
    assert scene.rows == [("requested", "emit")]


def test_who_was_erased_is_not_approached_about_what_was_before():
    scene = Scene().happens(
        *consented("email"), update("profile_erased", at("09:30")), *consented("email", when=at("09:40"))
    )
    assert scene.happens(abandoned(MORNING)).rows == [("refused", "erased")]


def test_a_second_cart_within_the_validity_is_refused():
    scene = Scene().happens(*consented("email"), abandoned(MORNING), abandoned(at("15:00"), "cart-2"))
    assert scene.rows == [("requested", "emit"), ("refused", "arbitration")]


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        pytest.param(DAY - 1, "refused", id="just within the validity"),
        pytest.param(DAY, "requested", id="exactly when it ends"),
        pytest.param(DAY + HOUR, "requested", id="after it"),
    ],
)
def test_another_cart_is_allowed_once_the_validity_is_over(later, outcome):
    scene = Scene().happens(*consented("email"), abandoned(MORNING), abandoned(MORNING + later, "cart-2"))
    assert scene.rows[1][0] == outcome


def test_an_episode_has_one_approach_even_if_it_goes_further_after_the_validity():
    further = abandoned(MORNING + 30 * HOUR, stage="payment")
    scene = Scene().happens(*consented("email"), abandoned(MORNING), further)
    assert scene.rows == [("requested", "emit"), ("refused", "arbitration")]


def test_the_newest_cart_wins_while_it_waits():
    scene = Scene().happens(*consented("email"), abandoned(NIGHT), abandoned(NIGHT + MINUTE, "cart-2"))
    assert scene.rows == [("held", "quiet_hours"), ("withdrawn", "arbitration"), ("held", "quiet_hours")]
    scene.until(NIGHT + DAY)
    assert [request.cart_id for _, _, request in scene.requests] == ["cart-2"]


def test_an_older_cart_that_is_noticed_later_does_not_replace_a_newer():
    newer = abandoned(NIGHT, "cart-2", stage="payment", away=10 * MINUTE)
    scene = Scene().happens(*consented("email"), newer, abandoned(NIGHT + MINUTE)).until(NIGHT + DAY)
    assert scene.rows[:2] == [("held", "quiet_hours"), ("held", "quiet_hours")]
    assert sorted(scene.rows[2:]) == [("refused", "arbitration"), ("requested", "emit")]
    assert [request.cart_id for _, _, request in scene.requests] == ["cart-2"]


def test_a_higher_stage_replaces_the_lower_that_waits():
    further = abandoned(NIGHT + HOUR, stage="checkout", away=30 * MINUTE)
    scene = Scene().happens(*consented("email"), abandoned(NIGHT), further).until(NIGHT + DAY)
    assert [request.stage for _, _, request in scene.requests] == ["checkout"]


def test_rules_that_change_while_it_waits_decide_when_it_is_asked_again():
    scene = Scene().happens(*consented("email"), abandoned(NIGHT))
    scene.rules(mode="off")
    scene.until(NIGHT + DAY)
    assert scene.rows == [("held", "quiet_hours"), ("refused", "switched_off")]
    assert scene.decisions[0].rules_version != scene.decisions[1].rules_version == scene.version.version


def test_a_channel_that_is_switched_off_while_it_waits_is_replaced():
    scene = Scene().happens(*consented("email", "sms"), abandoned(NIGHT))
    scene.rules(channel={"email": {"enabled": False}})
    scene.until(NIGHT + DAY)
    assert scene.rows == [("held", "quiet_hours"), ("withdrawn", "consent"), ("requested", "emit")]
    assert scene.published == [("sms", "request")]
    assert scene.decisions[0].outreach_id == scene.decisions[1].outreach_id != scene.decisions[2].outreach_id
