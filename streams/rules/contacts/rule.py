"""The rule: which contacts a customer has, and what is published of them. The way of one event:

    cx.support  ->  turn.py: one transition  ->  entry.py: what is remembered of it
      ->  contact.py: in order, or late  ->  course.py: what it means  ->  clocks.py, timing.py, policies.py
      ->  said.py: signals  ->  told.py: cx.contacts;  customer.py: the wait over all contacts

``ticket.py`` is the state that they share.
"""

from collections.abc import Iterator
from typing import Any

from schemas.events import ProfileUpdate, SupportEvent
from schemas.words import Millis
from streams.rules.base import Now, Step
from streams.rules.book import RuleBook
from streams.rules.contacts.contact import Contact
from streams.rules.contacts.turn import TIER_REMEMBERED, KnownContacts, Turn, forget_at


class Contacts:
    """Every contact of a customer. A clock is kept under the rules of the moment when it started."""

    name = "contacts"
    state = KnownContacts
    listens: frozenset[type] = frozenset((SupportEvent, ProfileUpdate))

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def on_event(self, state: KnownContacts | None, event: Any, now: Now) -> Step[KnownContacts]:
        """Events of the help desk count; a profile says the tier; an erasure forgets."""
        match event:
            case SupportEvent():
                return Turn(state, self._book, now).heard(event)
            case ProfileUpdate(type="profile_erased") if state is not None:
                return Turn(state, self._book, now).erased()
            case ProfileUpdate(tier=str()):
                return Turn(state, self._book, now).promoted(event)
        return Step(state)

    on_late = on_event

    def deadline(self, state: KnownContacts) -> Millis:
        """When a step of a ladder comes, or something is to be forgotten."""
        return min(_deadlines(state, self._book), default=0)

    def on_deadline(self, state: KnownContacts, now: Now) -> Step[KnownContacts]:
        """Time is up for a reply, or for a memory."""
        return Turn(state, self._book, now).woken()

    def merge(self, mine: KnownContacts | None, theirs: KnownContacts, now: Now) -> Step[KnownContacts]:
        """The customer takes the visitor's contacts over. Contacts that both know are one."""
        return Turn(mine, self._book, now).taken_over(theirs)


def waiting(state: KnownContacts | None) -> tuple[Contact, ...]:
    """The contacts whose customer waits for an answer, or for a call."""
    found = state.contacts.values() if state else ()
    return tuple([contact for contact in found if contact.ticket.waits])


def _deadlines(state: KnownContacts, book: RuleBook) -> Iterator[Millis]:
    if state.wait.next_at is not None:
        yield state.wait.next_at
    if state.tier is not None:
        yield state.tier.at + TIER_REMEMBERED
    for contact in state.contacts.values():
        yield from contact.ticket.moments
        yield forget_at(contact.ticket, book)
