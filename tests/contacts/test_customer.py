"""One customer, several contacts: who waits, since when, until somebody answers. Minutes."""

from typing import Any

import pytest

from schemas import topics
from tests.builders import World, asked, clicked, identified, minutes, replied, status
from tests.contacts.telling import heard, moves, rules, signals, told

HOUR = rules('[rules.contacts.customer_wait]\ntarget = "1h"')
CLOCK = "customer_wait"
THREE = [asked(0, "mail"), asked(10, "chat", channel="chat"), asked(20, "forum", channel="forum")]


@pytest.mark.parametrize("contact", ["mail", "chat", "forum"])
def test_a_question_on_three_channels_is_one_wait_and_any_answer_ends_it(contact: str) -> None:
    assert moves(heard(*THREE, replied(30, contact), book=HOUR, until=200), CLOCK) == [
        ("activate", 0),
        ("fulfill", 30),
    ]


@pytest.mark.parametrize(("at", "kinds"), [(60, ["answered"]), (61, ["breached", "answered_late"])])
def test_it_is_due_after_its_earliest_question(at: float, kinds: list[str]) -> None:
    world = heard(*THREE, replied(at, "forum"), book=HOUR, until=200)
    assert [one.kind for one in signals(world, "breached", "answered", "answered_late", clock=CLOCK)] == kinds


def test_contacts_are_never_merged_for_it() -> None:
    world = heard(*THREE, replied(30, "chat"), until=200)
    waiting = {one.contact_id: one.waiting for one in world.said(topics.CONTACTS)}
    assert waiting == {"mail": True, "chat": False, "forum": True}


def test_the_next_question_starts_the_next_wait() -> None:
    world = heard(*THREE, replied(30, "chat"), asked(40, "forum"), until=200)
    assert moves(world, CLOCK) == [("activate", 0), ("fulfill", 30), ("activate", 40)]


def test_it_ends_when_every_contact_that_waited_is_solved() -> None:
    solved = [status("solved", 30 + at, name) for at, name in enumerate(("mail", "chat", "forum"))]
    assert moves(heard(*THREE, *solved), CLOCK) == [("activate", 0), ("fulfill", 32)]


def test_a_contact_that_was_merged_passes_its_question_on() -> None:
    merged = told("merged", 5, "mail", merged_into="chat")
    world = heard(asked(0, "mail"), merged, status("solved", 50, "chat"))
    assert moves(world, CLOCK) == [("activate", 0), ("fulfill", 50)]


def test_the_question_of_a_guest_and_the_answer_to_the_customer() -> None:
    events = [
        clicked(0),
        asked(1, "chat", customer="v"),
        asked(5, "mail"),
        identified(10),
        replied(20, "mail"),
    ]
    world = heard(*events, until=200)
    assert moves(world, CLOCK) == [("activate", 1), ("fulfill", 20)]


def test_an_answer_told_late_ends_it_when_it_was_given() -> None:
    world = World(HOUR).hear(*THREE).until(100).hear(replied(30, "chat")).until(200)
    said = signals(world, "breached", "answered", clock=CLOCK)
    assert [(one.kind, minutes(one.occurred_at)) for one in said] == [("answered", 30)]


def test_it_is_said_of_the_contact_that_it_began_with() -> None:
    (started,) = signals(heard(*THREE), "activate", clock=CLOCK)
    assert started.contact_id == "mail"


def test_hand_offs_say_who_held_it_how_long() -> None:
    events: list[Any] = [
        asked(0, team="first line", agent_id="kim"),
        told("assigned", 30, agent_id="lee"),
        told("assigned", 50, team="experts"),
        status("solved", 100),
    ]
    world = heard(*events)
    held = [
        (one.team, one.agent_id, one.to_team, one.to_agent_id, one.elapsed_ms / 60_000)
        for one in signals(world, "handed_off")
    ]
    assert held == [
        ("first line", "kim", "first line", "lee", 30),
        ("first line", "lee", "experts", "lee", 20),
    ]
    ended = signals(world, "fulfill", clock="group_ownership")
    assert [(one.team, one.elapsed_ms / 60_000) for one in ended] == [
        ("first line", 30),
        ("first line", 20),
        ("experts", 50),
    ]


def in_turn(rounds: int) -> list[Any]:
    """A long conversation: a question every ten minutes, each answered five minutes later."""
    return [one for at in range(rounds) for one in (asked(10 * at, "long"), replied(10 * at + 5, "long"))]


def test_what_was_said_of_a_conversation_stays_true_however_long_it_grows() -> None:
    world = heard(*in_turn(100), book=HOUR)
    assert len(moves(world, CLOCK)) == 200
    assert "withdrawn" not in {one.kind for one in world.said(topics.CONTACT_SIGNALS)}


@pytest.mark.parametrize(("at", "kinds"), [(60, ["answered"]), (61, ["breached", "answered_late"])])
def test_a_question_of_long_ago_is_waited_for_as_others_are(at: float, kinds: list[str]) -> None:
    many = [asked(0.5 * number, "mail") for number in range(100)]
    world = heard(*many, replied(at, "mail"), book=HOUR, until=200)
    assert [one.kind for one in signals(world, "breached", "answered", "answered_late", clock=CLOCK)] == kinds


def test_an_answer_of_long_ago_on_another_contact_stays_one() -> None:
    events = [asked(1, "other"), *in_turn(100), replied(1010, "other")]
    world = heard(*events, book=HOUR, until=1200)
    turns = [[("activate", at), ("fulfill", at + 5)] for at in range(0, 1000, 10)]
    assert moves(world, CLOCK) == [move for turn in turns for move in turn]


def test_a_contact_that_is_forgotten_takes_no_answer_back() -> None:
    forgetting = rules('[rules.contacts]\nforget_after = "1h"\n[rules.contacts.customer_wait]\ntarget = "1h"')
    events = [asked(0, "first"), asked(1, "other"), replied(2, "first"), status("solved", 3, "first")]
    world = heard(*events, replied(200, "other"), book=forgetting, until=300)
    assert moves(world, CLOCK) == [("activate", 0), ("fulfill", 2)]


@pytest.mark.parametrize("first", ["v", "ann"])
def test_two_who_prove_to_be_one_wait_since_the_earlier_question(first: str) -> None:
    others = "ann" if first == "v" else "v"
    many = [asked(0.1 * number, "long", customer=first) for number in range(1, 100)]
    events = [clicked(0), *many, asked(0.05, "short", customer=others), identified(15), replied(20, "short")]
    said = [one for one in moves(heard(*events, book=HOUR, until=100), CLOCK) if one[0] == "fulfill"]
    assert said == [("fulfill", 20)]
