"""A small processor for tests of the host: it notes what it is told, and is woken after silence."""

from typing import Any

import msgspec

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.outputs import ProfileState
from schemas.topics import Output
from streams.kernel.processor import Moment

SILENCE = 100


class Notes(msgspec.Struct, array_like=True):
    """Events applied, in their order, and when the last of them happened."""

    notes: list[str]
    last: int


def click(event_id: str, at: int, *, visitor: str = "v", sequence: int | None = None) -> Click:
    """A click at a moment; received when it happened."""
    return Click(event_id=event_id, occurred_at=at, received_at=at, visitor_id=visitor, sequence=sequence)


class Noting:
    """Notes ids of events; after SILENCE says what it noted and forgets the key."""

    name = "noting"
    inputs = (topics.CLICKSTREAM, topics.CART)
    bulk = None
    state = Notes

    def key(self, event: Click | CartEvent) -> str:
        return topics.key(event.shop_id, event.visitor_id)

    def remember(self, event: Click | CartEvent) -> int | None:
        return event.occurred_at + 1_000

    def still_counts(self, state: Notes) -> int | None:
        return None

    def apply(self, state: Notes | None, event: Any, at: Moment, out: list[Output]) -> Notes:
        state = state or Notes([], 0)
        state.notes.append(event.event_id)
        state.last = max(state.last, event.occurred_at)
        return state

    def late(self, state: Notes | None, event: Any, at: Moment, out: list[Output]) -> Notes:
        state = state or Notes([], 0)
        state.notes.append("late " + event.event_id)
        state.last = max(state.last, event.occurred_at)
        return state

    def deadline(self, state: Notes) -> int:
        return state.last + SILENCE

    def wake(self, state: Notes, due: int, at: Moment, out: list[Output]) -> None:
        out.append(Output(topics.PROFILES, "k", said(state.notes, due)))


def said(notes: list[str], at: int) -> ProfileState:
    """What Noting publishes: the notes as visitors, the deadline as time."""
    return ProfileState(
        profile_id="p",
        visitors=tuple(notes),
        open_carts=0,
        waiting_contacts=0,
        suppressed=False,
        updated_at=at,
    )
