"""First replies and acknowledgements. Minutes; the target is 60."""

from typing import Any

import pytest

from schemas import topics
from schemas.outputs import ContactSignal, ContactState
from tests.builders import (
    DAY,
    World,
    answers,
    asked,
    conclusions,
    consented,
    erased,
    message,
    minute,
    replied,
    status,
)

ANSWERED_LATE = [("breached", 60), ("answered_late", 61)]


def signals(*events: Any, until: float = 29 * DAY) -> list[tuple[str, float]]:
    return answers(World().hear(*events).until(until))


def records(*events: Any) -> list[ContactSignal]:
    return conclusions(World().hear(*events).until(29 * DAY))


def states(*events: Any, until: float = 29 * DAY) -> list[ContactState]:
    return World().hear(*events).until(until).said(topics.CONTACTS)


@pytest.mark.parametrize(
    ("events", "until", "expected"),
    [
        pytest.param([asked(0)], 59, [], id="not due yet"),
        pytest.param([asked(0)], 60, [("breached", 60)], id="due"),
        pytest.param([asked(0)], 29 * DAY, [("breached", 60)], id="once"),
        pytest.param([asked(0), replied(59)], 29 * DAY, [("answered", 59)], id="before it is due"),
        pytest.param(
            [asked(0), replied(60)], 29 * DAY, [("answered", 60)], id="exactly when it is due: in time"
        ),
        pytest.param([asked(0), replied(61)], 29 * DAY, ANSWERED_LATE, id="late"),
        pytest.param(
            [asked(0), asked(30), replied(40), replied(50)], 29 * DAY, [("answered", 40)], id="first of both"
        ),
        pytest.param(
            [replied(0), asked(5), replied(10)], 29 * DAY, [("answered", 10)], id="the agent wrote first"
        ),
        pytest.param([replied(0)], 29 * DAY, [], id="nobody asked"),
    ],
)
def test_the_first_reply(events: list[Any], until: float, expected: list[Any]) -> None:
    assert signals(*events, until=until) == expected


@pytest.mark.parametrize(
    "kind", ["internal_note", "bot", "campaign", "csat", "reaction", "auto_ack", "unknown"]
)
def test_what_is_no_answer(kind: Any) -> None:
    assert ("breached", 60) in signals(asked(0), message(kind, 30))


def test_a_reply_that_the_customer_cannot_see_is_no_answer() -> None:
    assert signals(asked(0), replied(30, public=False)) == [("breached", 60)]


def test_an_answered_call_answers() -> None:
    assert signals(message("call_missed", 0), message("call_answered", 30)) == [("answered", 30)]


def test_a_note_at_the_due_moment_does_not_forestall_the_reply_of_that_moment() -> None:
    note = message("internal_note", 60, sequence=0)
    assert signals(asked(0), note, replied(60, sequence=1)) == [("answered", 60)]


@pytest.mark.parametrize("kind", ["customer_message", "call_missed", "voicemail"])
def test_what_makes_a_customer_wait(kind: Any) -> None:
    assert signals(message(kind, 0)) == [("breached", 60)]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(message("unknown", 0, type="message_received"), id="received, unclassified"),
        pytest.param(asked(0, author_id="somebody else"), id="a third party"),
        pytest.param(asked(0, public=False), id="not public"),
    ],
)
def test_whoever_writes_from_outside_waits(event: Any) -> None:
    assert signals(event) == [("breached", 60)]


@pytest.mark.parametrize("kind", ["csat", "reaction", "auto_ack"])
def test_ratings_and_automatic_mail_from_outside_make_nobody_wait(kind: Any) -> None:
    assert signals(message(kind, 0, type="message_received")) == []


def test_the_acknowledgement_is_a_clock_of_its_own_and_ends_once() -> None:
    said = records(asked(0), message("auto_ack", 1), message("auto_ack", 2), replied(90))
    assert [(one.kind, one.clock, one.elapsed_ms) for one in said] == [
        ("acknowledged", "acknowledgement", 60_000),
        ("breached", "first_reply", 3_600_000),
        ("answered_late", "first_reply", 5_400_000),
    ]
    assert said[0].due_at is None


def test_an_acknowledgement_of_the_same_moment_counts_in_either_order() -> None:
    both = [asked(0, sequence=1), message("auto_ack", 0, sequence=0)]
    assert signals(*both)[0] == ("acknowledged", 0)


def test_after_a_human_answered_nothing_is_acknowledged() -> None:
    assert signals(asked(0), replied(5), message("auto_ack", 6)) == [("answered", 5)]


@pytest.mark.parametrize("to", ["solved", "closed"])
def test_solved_without_a_reply_stops_the_clock(to: str) -> None:
    assert signals(asked(0), status(to, 30)) == [("closed", 30)]


@pytest.mark.parametrize("kind", ["merged", "no_reply_needed"])
def test_so_does_a_merge_and_what_needs_no_reply(kind: Any) -> None:
    assert signals(asked(0), message("unknown", 30, type=kind)) == [("closed", 30)]


@pytest.mark.parametrize("to", ["pending", "on_hold", "open"])
def test_other_statuses_do_not(to: str) -> None:
    assert signals(asked(0), status(to, 30)) == [("breached", 60)]


def test_an_answer_that_closes_is_an_answer() -> None:
    assert signals(asked(0), replied(30, status="solved")) == [("answered", 30)]


def test_a_question_after_it_was_closed_unanswered_starts_the_clock_again() -> None:
    assert signals(asked(0), status("solved", 30), asked(100)) == [("closed", 30), ("breached", 160)]


def test_the_signal_names_the_breach_it_ends_and_who_owned_it() -> None:
    breached, late = records(asked(0, team="returns", priority="high", channel="chat"), replied(61))
    assert late.breached_id == breached.event_id
    assert (breached.team, breached.priority, breached.channel) == ("returns", "high", "chat")
    assert (breached.started_at, breached.due_at) == (minute(0), minute(60))


class TestState:
    """What ``cx.contacts`` tells."""

    def test_it_follows_the_contact(self) -> None:
        waiting = [
            (one.waiting, one.breached) for one in states(asked(0), replied(61), asked(70), replied(80))
        ]
        assert waiting == [(True, False), (True, True), (False, True), (True, True), (False, True)]

    def test_waiting_counts_from_the_first_unanswered_message(self) -> None:
        last = states(asked(0), replied(5), asked(10), asked(20), until=30)[-1]
        assert (last.waiting_since, last.asked_at, last.answered_at) == (minute(10), minute(0), minute(5))

    def test_nothing_is_told_when_nothing_looks_different(self) -> None:
        assert len(states(asked(0), message("internal_note", 5), asked(10), until=20)) == 1

    def test_it_is_forgotten_after_30_days_with_a_tombstone(self) -> None:
        world = World().hear(asked(0), replied(5)).until(30 * DAY + 4)
        assert world.profile() is not None
        assert world.until(30 * DAY + 6).profile() is None
        assert [out.key for out in world.published if out.topic is topics.CONTACTS and out.value is None] == [
            "main/q1"
        ]

    def test_an_erasure_forgets_it_at_once(self) -> None:
        world = World().hear(asked(0), erased(5)).until(6)
        assert (topics.CONTACTS, "main/q1", None) in world.published


class TestLate:
    """What happened before the clock. The world stands at minute 100 when it is told."""

    def kinds(self, *events: Any, before: tuple[Any, ...] = (asked(0),)) -> list[tuple[str, float]]:
        return answers(World().hear(*before).until(100).hear(*events).until(29 * DAY))

    @pytest.mark.parametrize("at", [30, 60])
    def test_a_reply_in_time_withdraws_the_breach(self, at: float) -> None:
        assert self.kinds(replied(at)) == [("breached", 60), ("withdrawn", at), ("answered", at)]

    def test_a_reply_after_it_was_due_is_late(self) -> None:
        assert self.kinds(replied(61)) == ANSWERED_LATE

    def test_closed_in_time_withdraws_the_breach(self) -> None:
        assert self.kinds(status("solved", 30)) == [("breached", 60), ("withdrawn", 30), ("closed", 30)]

    def test_a_question_told_after_its_answer_was_answered(self) -> None:
        assert self.kinds(asked(10), before=(replied(15),)) == [("answered", 15)]

    def test_a_question_told_after_it_was_due_is_breached(self) -> None:
        assert self.kinds(asked(10), before=(consented(0),)) == [("breached", 70)]

    def test_an_earlier_question_moves_the_start(self) -> None:
        assert self.kinds(asked(30), before=(asked(80),)) == [("breached", 90)]
