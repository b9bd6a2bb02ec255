"""What hurts users of other help desks (features.md, 2.4): one test a line."""

from typing import Any

import pytest

from tests.builders import asked, message, minutes, replied, status
from tests.contacts.telling import HOUR, heard, moves, policy, rules, runs, signals, steps, told

QUICK = policy('targets.any = { first_reply = "1h", next_reply = "1h", periodic_update = "30m" }')
LADDER = policy('targets.any = { first_reply = "1h" }\nladder = ["50%", "75%", "100%", "+2h"]')


class TestGoodbye:
    """chatwoot 10178: the next reply runs on although it was resolved, because the customer said goodbye."""

    def test_resolved_stops_the_next_reply(self) -> None:
        world = heard(asked(0), replied(5), asked(10), status("solved", 20), book=QUICK, until=500)
        assert steps(world, "next_reply") == []

    def test_a_goodbye_needs_no_reply_if_the_shop_says_so(self) -> None:
        goodbye = asked(10, closing_phrase="thanks bye")
        world = heard(asked(0), replied(5), goodbye, book=rules("[rules.contacts]\nclosing_phrases = true"))
        assert moves(world, "next_reply") == []
        assert [one.detail for one in signals(world, "no_reply_needed")] == ["thanks bye"]

    def test_else_it_is_a_message_like_any_other(self) -> None:
        world = heard(asked(0), replied(5), asked(10, closing_phrase="thanks bye"))
        assert moves(world, "next_reply") == [("activate", 10)]

    @pytest.mark.parametrize("ending", ["said by an agent", "said by a phrase"])
    def test_it_can_be_taken_back(self, ending: str) -> None:
        by_agent = [asked(10), told("no_reply_needed", 20)]
        ended = by_agent if ending == "said by an agent" else [asked(10, closing_phrase="bye")]
        book = rules("""
            [rules.contacts]
            closing_phrases = true
            [[rules.contacts.policies]]
            name = "all"
            targets.any = { next_reply = "1h" }
        """)
        world = heard(asked(0), replied(5), *ended, told("reply_needed", 40), book=book, until=100)
        assert moves(world, "next_reply") == [("activate", 10), ("breach", 70)]


def test_chatwoot_6889_who_waits_too_long_is_escalated_step_by_step_each_once() -> None:
    world = heard(asked(0), message("internal_note", 40), asked(50), book=LADDER, until=500)
    assert steps(world) == [("50%", 30), ("75%", 45), ("100%", 60), ("+2h", 180)]


@pytest.mark.parametrize("replied_at", [29, 30])
def test_zammad_3140_nothing_escalates_after_the_agent_answered(replied_at: float) -> None:
    assert steps(heard(asked(0), replied(replied_at), book=LADDER, until=500)) == []


def test_zammad_5177_the_update_does_not_run_before_the_first_reply() -> None:
    world = heard(asked(0), book=QUICK, until=45)
    assert moves(world, "periodic_update") == []
    assert steps(world, "periodic_update") == []


@pytest.mark.parametrize("clock", ["first_reply", "next_reply"])
def test_zammad_3551_an_answer_that_sets_it_pending_fulfils(clock: str) -> None:
    before = [] if clock == "first_reply" else [asked(0), replied(5)]
    world = heard(*before, asked(10), replied(40, status="pending"), book=QUICK)
    assert runs(world, clock)[-1] == 30
    assert [one.kind for one in signals(world, "answered", clock=clock)][-1:] == ["answered"]


def test_zammad_1322_a_note_by_which_the_customer_writes_on_the_web_counts() -> None:
    note = message("unknown", 10, type="message_sent", public=False, author_role="end_user")
    assert moves(heard(asked(0), replied(5), note), "next_reply") == [("activate", 10)]


def test_zammad_904_a_merged_contact_is_not_escalated() -> None:
    world = heard(asked(0), told("merged", 10, merged_into="q2"), book=LADDER, until=500)
    assert steps(world) == []
    assert runs(world, "total_resolution") == [10]


def test_zammad_188_after_reopening_the_time_before_it_was_solved_counts() -> None:
    book = policy('targets.any = { total_resolution = "2h" }')
    events = [asked(0), status("solved", 1 * HOUR), status("open", 100 * HOUR)]
    world = heard(*events, book=book, until=105 * HOUR)
    assert steps(world, "total_resolution") == [("100%", 101 * HOUR)]


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        pytest.param("call_answered", [("activate", 10), ("fulfill", 20)], id="an answered call fulfils"),
        pytest.param("call_missed", [("activate", 10)], id="a missed call does not"),
        pytest.param("voicemail", [("activate", 10)], id="nor does a voicemail"),
    ],
)
def test_calls(kind: Any, moved: list[Any]) -> None:
    world = heard(asked(0), replied(5), message("voicemail", 10), message(kind, 20))
    assert moves(world, "next_reply") == moved


def test_gitlab_1581_whoever_is_no_agent_activates() -> None:
    stranger = message("unknown", 10, type="message_received", public=False, author_role="unknown")
    assert moves(heard(asked(0), replied(5), stranger), "next_reply") == [("activate", 10)]


class TestPauseIntegrity:
    """A customer who writes while the contact is put off lifts the pause."""

    @pytest.mark.parametrize("to", ["pending", "on_hold"])
    def test_the_clock_goes_on_and_it_is_reported(self, to: str) -> None:
        world = heard(asked(0), status(to, 10), asked(30), status("solved", 50))
        assert runs(world, "agent_work") == [30]
        (found,) = signals(world, "pause_integrity")
        assert (minutes(found.occurred_at), found.status) == (30, to)

    def test_a_help_desk_that_lifts_it_with_the_message_is_not_reported(self) -> None:
        world = heard(asked(0), status("pending", 10), asked(30, status="open"))
        assert signals(world, "pause_integrity") == []

    def test_put_off_again_the_clock_stands_still_again(self) -> None:
        world = heard(asked(0), status("pending", 10), asked(30), status("pending", 40), status("solved", 90))
        assert runs(world, "requester_wait") == [20]


@pytest.mark.parametrize("kind", ["auto_ack", "bot", "campaign", "internal_note", "csat", "reaction"])
def test_only_a_human_answers(kind: Any) -> None:
    assert runs(heard(asked(0), message(kind, 10)), "first_reply") == []


def test_a_bot_answers_where_the_policy_accepts_it() -> None:
    book = policy("bot_answers = true")
    assert runs(heard(asked(0), message("bot", 10), book=book), "first_reply") == [10]
