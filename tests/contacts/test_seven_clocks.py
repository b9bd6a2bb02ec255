"""The seven clocks of a help desk: T1 of the conformance vectors, then each rule that starts or stops one."""

from typing import Any

import pytest

from tests.builders import asked, message, replied, status
from tests.contacts.telling import DAY, HOUR, heard, moves, policy, runs, signals, told

TUESDAY, WEDNESDAY = DAY, 2 * DAY
TIMELINE = [
    asked(9 * HOUR, status="new"),
    replied(14 * HOUR, status="open"),
    asked(15.5 * HOUR),
    replied(16 * HOUR, status="pending"),
    asked(TUESDAY + 10 * HOUR, status="open"),
    status("on_hold", TUESDAY + 11 * HOUR),
    status("open", WEDNESDAY + 14 * HOUR),
    replied(WEDNESDAY + 14.5 * HOUR, status="solved"),
]
"""A published timeline: Monday 9:00 until Wednesday 14:30."""


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        ("first_reply", [5]),
        ("next_reply", [0.5, 28.5]),
        ("periodic_update", [2, 46.5]),
        ("pausable_update", [2, 28.5]),
        ("requester_wait", [35.5]),
        ("agent_work", [8.5]),
        ("total_resolution", [53.5]),
    ],
)
def test_a_timeline_of_three_days(clock: str, hours: list[float]) -> None:
    world = heard(*TIMELINE)
    assert runs(world, clock) == [hour * HOUR for hour in hours]


def test_which_clock_runs_and_stands_still_when() -> None:
    world = heard(*TIMELINE)
    assert moves(world, "agent_work") == [
        ("activate", 9 * HOUR),
        ("pause", 16 * HOUR),
        ("activate", TUESDAY + 10 * HOUR),
        ("pause", TUESDAY + 11 * HOUR),
        ("activate", WEDNESDAY + 14 * HOUR),
        ("fulfill", WEDNESDAY + 14.5 * HOUR),
    ]


def test_every_change_of_the_status_is_told() -> None:
    told_statuses = [one.status for one in signals(heard(*TIMELINE), "update_status")]
    assert told_statuses == ["new", "open", "pending", "open", "on_hold", "open", "solved"]


class TestFirstReply:
    def test_bots_and_automatic_actions_do_not_count(self) -> None:
        world = heard(asked(0), message("bot", 1), message("auto_ack", 2), replied(30))
        assert runs(world, "first_reply") == [30]

    def test_of_a_contact_that_an_agent_opened_the_second_reply_counts(self) -> None:
        world = heard(replied(0), asked(10), replied(25))
        assert runs(world, "first_reply") == [15]

    def test_after_an_answered_call_that_was_reopened_the_first_public_reply_counts(self) -> None:
        call = message("call_answered", 0)
        world = heard(call, status("solved", 5), asked(60, status="open"), replied(90))
        assert runs(world, "first_reply") == [30]

    @pytest.mark.parametrize("public", [True, False])
    def test_logged_by_notes_it_waits_for_the_customers_first_message(self, public: bool) -> None:
        note = message("internal_note", 0, author_role="agent")
        world = heard(note, asked(20, public=public), replied(50))
        assert runs(world, "first_reply") == [30]

    def test_from_the_creation_and_from_the_policy_are_both_kept(self) -> None:
        book = policy('all = [{ field = "team", is = ["returns"] }]\ntargets.any = { first_reply = "2h" }')
        created = told("contact_created", 0)
        world = heard(created, asked(10), told("assigned", 25, team="returns"), replied(40), book=book)
        (ended,) = signals(world, "fulfill", clock="first_reply")
        assert (ended.counted_ms, ended.from_created_ms, ended.from_applied_ms) == (
            30 * 60_000,
            40 * 60_000,
            15 * 60_000,
        )

    @pytest.mark.parametrize("to", ["open", "pending", "on_hold"])
    def test_a_status_other_than_solved_does_not_stop_it(self, to: str) -> None:
        world = heard(asked(0), status(to, 10), replied(30))
        assert runs(world, "first_reply") == [30]

    def test_solved_stops_it(self) -> None:
        assert runs(heard(asked(0), status("solved", 10)), "first_reply") == [10]

    def test_a_third_party_that_is_hidden_activates(self) -> None:
        hidden = message(
            "unknown", 0, type="message_received", public=False, author_id="stranger", author_role="end_user"
        )
        assert moves(heard(hidden), "first_reply") == [("activate", 0)]


class TestStatusOfAMessage:
    """A customer's message opens the contact, whatever it was; a follow-up is a contact of its own."""

    @pytest.mark.parametrize("was", ["pending", "on_hold", "solved", "closed"])
    def test_the_clocks_of_work_go_on(self, was: str) -> None:
        world = heard(asked(0), status(was, 10), asked(50), status("solved", 60))
        assert runs(world, "agent_work")[-1] == 20

    def test_a_follow_up_has_clocks_of_its_own(self) -> None:
        world = heard(asked(0), status("closed", 10), asked(50, "q2"), status("solved", 60, "q2"))
        ended = signals(world, "fulfill", clock="agent_work")
        assert [(one.contact_id, one.counted_ms) for one in ended] == [("q1", 600_000), ("q2", 600_000)]


def test_clocks_move_without_a_policy_and_without_a_target() -> None:
    world = heard(asked(0), replied(10), status("solved", 20), book=policy(""))
    started = {one.clock for one in signals(world, "activate")}
    assert started >= {"first_reply", "periodic_update", "pausable_update", "requester_wait", "agent_work"}
    assert signals(world, "apply_sla", "breach") == []


class TestNextReply:
    def test_it_counts_from_the_oldest_unanswered_message_of_any_customer(self) -> None:
        world = heard(asked(0), replied(5), asked(10), asked(20, author_id="cc"), replied(40))
        assert runs(world, "next_reply") == [30]

    def test_it_is_no_clock_before_the_first_reply(self) -> None:
        assert moves(heard(asked(0), asked(10)), "next_reply") == []


class TestUpdates:
    def test_the_periodic_update_counts_in_pending_the_pausable_does_not(self) -> None:
        world = heard(asked(0), replied(10, status="pending"), status("open", 70), replied(100))
        assert runs(world, "periodic_update") == [90]
        assert runs(world, "pausable_update") == [30]

    def test_a_reply_that_solves_starts_none(self) -> None:
        world = heard(asked(0), replied(10, status="solved"))
        assert moves(world, "periodic_update") == []


class TestUntilSolved:
    """Requester wait, agent work, total resolution."""

    @pytest.mark.parametrize(
        ("clock", "minutes"), [("requester_wait", 40), ("agent_work", 40), ("total_resolution", 40)]
    )
    def test_reopened_they_go_on_and_what_was_solved_does_not_count(self, clock: str, minutes: int) -> None:
        events = [asked(0), status("solved", 30), status("open", 500), status("solved", 510)]
        assert runs(heard(*events), clock) == [30, minutes]

    def test_a_message_after_it_was_solved_opens_it(self) -> None:
        world = heard(asked(0), status("solved", 30), asked(500), status("solved", 510))
        assert runs(world, "requester_wait") == [30, 40]

    @pytest.mark.parametrize(
        ("clock", "to", "minutes"),
        [
            ("requester_wait", "pending", 40),
            ("requester_wait", "on_hold", 100),
            ("agent_work", "pending", 40),
            ("agent_work", "on_hold", 40),
            ("total_resolution", "pending", 100),
            ("total_resolution", "on_hold", 100),
        ],
    )
    def test_where_they_stand_still(self, clock: str, to: str, minutes: float) -> None:
        events = [asked(0), status(to, 20), status("open", 80), status("solved", 100)]
        assert runs(heard(*events), clock) == [minutes]

    def test_a_policy_says_where_they_stand_still(self) -> None:
        book = policy('pause.requester_wait = ["on_hold"]')
        events = [asked(0), status("on_hold", 20), status("pending", 80), status("solved", 100)]
        assert runs(heard(*events, book=book), "requester_wait") == [40]


OPTIONS: dict[str, tuple[str, str, list[Any], list[float]]] = {
    "created for a customer": (
        "first_reply_time.activate_on_ticket_created_for_end_user",
        "first_reply",
        [replied(0), replied(30)],
        [30],
    ),
    "created for a customer by a note": (
        "first_reply_time.activate_on_agent_ticket_created_for_end_user_with_internal_note",
        "first_reply",
        [message("internal_note", 0, author_role="agent"), replied(30)],
        [30],
    ),
    "a light agent forwarded a mail": (
        "first_reply_time.activate_on_light_agent_on_email_forward_ticket_from_end_user",
        "first_reply",
        [message("internal_note", 0, author_role="light_agent", forwarded=True), replied(30)],
        [30],
    ),
    "an agent's own": (
        "first_reply_time.activate_on_agent_created_ticket_for_self",
        "first_reply",
        [told("contact_created", 0, for_agent=True, author_role="agent"), replied(30)],
        [30],
    ),
    "a note is a first reply": (
        "first_reply_time.fulfill_on_agent_internal_note",
        "first_reply",
        [asked(0), message("internal_note", 30, author_role="agent")],
        [30],
    ),
    "a note is a next reply": (
        "next_reply_time.fulfill_on_non_requesting_agent_internal_note_after_activation",
        "next_reply",
        [asked(0), replied(5), asked(10), message("internal_note", 40, author_role="agent")],
        [30],
    ),
    "a customer's note": (
        "next_reply_time.activate_on_end_user_added_internal_note",
        "next_reply",
        [asked(0), replied(5), message("internal_note", 10, author_role="end_user"), replied(40)],
        [30],
    ),
    "an agent asks colleagues": (
        "next_reply_time.activate_on_agent_requested_ticket_with_public_comment_or_internal_note",
        "next_reply",
        [
            asked(0, for_agent=True),
            replied(5),
            message("internal_note", 10, type="message_received", author_role="agent"),
            replied(40),
        ],
        [30],
    ),
    "a light agent's note": (
        "next_reply_time.activate_on_light_agent_internal_note",
        "next_reply",
        [asked(0), replied(5), message("internal_note", 10, author_role="light_agent"), replied(40)],
        [30],
    ),
    "a note is an update": (
        "periodic_update_time.activate_on_agent_internal_note",
        "periodic_update",
        [asked(0), message("internal_note", 10, author_role="agent"), replied(40)],
        [30],
    ),
}


@pytest.mark.parametrize(("option", "clock", "events", "minutes"), OPTIONS.values(), ids=OPTIONS)
def test_an_advanced_option(option: str, clock: str, events: list[Any], minutes: list[float]) -> None:
    assert runs(heard(*events, book=policy(f"{option} = true")), clock) == minutes
    assert runs(heard(*events, book=policy(f"{option} = false")), clock) != minutes
