"""Whatever happens to a contact, in whatever order it is told: the same clocks, each signal once."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.outputs import ContactSignal
from streams.rules.base import Now
from streams.rules.contacts import Contacts
from tests.builders import World, asked, identified, message, minute, status
from tests.contacts.telling import rules, told
from tests.rules.lives import distinct

BOOK = rules("""
    [rules.contacts]
    closing_phrases = true
    [rules.contacts.customer_wait]
    target = "45m"
    [[rules.contacts.policies]]
    name = "urgent"
    all = [{ field = "priority", is = "urgent" }]
    ladder = ["50%", "100%", "+10m"]
    targets.any = { first_reply = "10m", next_reply = "10m", agent_work = "30m" }
    [[rules.contacts.policies]]
    name = "others"
    ladder = ["75%", "100%"]
    targets.any = { first_reply = "40m", pausable_update = "20m", total_resolution = "2h" }
    pause.total_resolution = ["on_hold"]
""")
UNTIL = 40 * 24 * 60
MINUTES = st.integers(0, 300)
CONTACTS = st.sampled_from(["q1", "q2"])
KINDS = st.sampled_from(
    ["customer_message", "human_reply", "auto_ack", "internal_note", "voicemail", "call_answered", "bot"]
)
STATUSES = st.sampled_from(["new", "open", "pending", "on_hold", "solved", "closed"])
EVENTS = st.one_of(
    st.builds(message, KINDS, MINUTES, CONTACTS),
    st.builds(asked, MINUTES, CONTACTS, closing_phrase=st.sampled_from([None, "bye"])),
    st.builds(
        lambda at, to, contact: message("human_reply", at, contact, status=to), MINUTES, STATUSES, CONTACTS
    ),
    st.builds(status, STATUSES, MINUTES, CONTACTS),
    st.builds(
        lambda kind, at, contact: told(kind, at, contact),
        st.sampled_from(
            ["no_reply_needed", "reply_needed", "merged", "callback_attempted", "callback_reached"]
        ),
        MINUTES,
        CONTACTS,
    ),
    st.builds(
        lambda at, contact, until: told("callback_requested", at, contact, window_until=minute(at + until)),
        MINUTES,
        CONTACTS,
        st.integers(1, 90),
    ),
    st.builds(
        lambda at, contact, priority, team: told(
            "priority_changed", at, contact, priority=priority, team=team
        ),
        MINUTES,
        CONTACTS,
        st.sampled_from(["urgent", "low"]),
        st.sampled_from([None, "a", "b"]),
    ),
)
LIVES = st.lists(EVENTS, max_size=12).map(distinct)
ALWAYS = settings(max_examples=120, deadline=None, derandomize=True)


def standing(world: World) -> list[tuple[Any, ...]]:
    """What was said of contacts and stands, without when it was said and what followed later."""
    said: list[ContactSignal] = world.said(topics.CONTACT_SIGNALS)
    assert len({one.event_id for one in said}) == len(said), "an id was used twice"
    false = {one.withdraws for one in said}
    return sorted(
        (one.kind, one.clock, one.contact_id, one.started_at, one.occurred_at, one.step or "")
        for one in said
        if one.kind != "withdrawn" and one.event_id not in false
    )


def in_turn(life: list[Any]) -> World:
    return World(BOOK).hear(*life).until(UNTIL)


@ALWAYS
@given(life=LIVES, delays=st.lists(st.integers(0, 20), min_size=12, max_size=12))
def test_late_events_lead_to_what_events_in_order_lead_to(life: list[Any], delays: list[int]) -> None:
    """Up to twenty minutes late, without any lateness allowed for: what was said is corrected."""
    arrived = sorted(
        (
            msgspec.structs.replace(event, received_at=event.occurred_at + delay * 60_000)
            for event, delay in zip(life, delays, strict=False)
        ),
        key=lambda event: event.received_at,
    )
    assert standing(World(BOOK).hear(*arrived).until(UNTIL)) == standing(in_turn(life))


@ALWAYS
@given(life=LIVES)
def test_a_life_told_backwards_after_its_end_leads_to_the_same(life: list[Any]) -> None:
    late = World(BOOK).until(310).hear(*reversed(life)).until(UNTIL)
    assert standing(late) == standing(in_turn(life))


@ALWAYS
@given(life=LIVES, linked=st.integers(0, 300), parts=st.lists(st.booleans(), min_size=12, max_size=12))
def test_who_asked_as_a_guest_and_as_a_customer_is_one(
    life: list[Any], linked: int, parts: list[bool]
) -> None:
    whose = ["ann" if known else "v" for known in parts]
    mixed = [
        msgspec.structs.replace(event, profile_id=name) for event, name in zip(life, whose, strict=False)
    ]
    link = identified(linked)
    together = sorted([*mixed, link], key=lambda event: event.occurred_at)
    assert standing(World(BOOK).hear(*together).until(UNTIL)) == standing(in_turn(life))


@pytest.mark.parametrize("many", [40, 64, 65, 200])
def test_a_contact_of_many_messages_is_concluded_like_one_of_few(many: int) -> None:
    life = [event for at in range(0, many * 3, 3) for event in (asked(at), message("human_reply", at + 1))]
    world = in_turn(life)
    ended = [one for one in standing(world) if one[:2] == ("fulfill", "next_reply")]
    assert len(ended) == many - 1
    state = world.profile().rule("contacts") if world.profile() else None
    assert state is None or len(state.contacts["q1"].latest) <= 64


def test_its_state_is_read_back_as_it_was() -> None:
    rule, life = Contacts(BOOK), [asked(0, team="a"), told("callback_requested", 5), status("pending", 9)]
    state = None
    for event in life:
        moment = Now(at=event.occurred_at, clock=event.occurred_at, now=event.occurred_at)
        state = rule.on_event(state, event, moment).state
    encoded = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(encoded, type=rule.state) == state
