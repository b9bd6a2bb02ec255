"""Customers who wait for an answer: the clock of the first reply, and of the acknowledgement.

    no clock --a customer's message--> running
    running --human, public reply--> answered
    running --it is due--> breached --human, public reply--> answered late
    running, breached --solved, closed, merged, no reply needed--> closed --customer's message--> running
    breached --late proof that it was answered or closed in time--> withdrawn, and answered or closed

Evidence may come in any order, so on_late is on_event.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.events import ProfileUpdate, SupportEvent
from schemas.ids import derive
from schemas.outputs import ContactSignal
from schemas.words import ContactSignalKind, Millis
from streams.rules.base import Now, Publish, Step, earliest
from streams.rules.book import RuleBook
from streams.rules.contact import Clock, Contact, visible
from streams.rules.contact_evidence import after, combined


class KnownContacts(msgspec.Struct, frozen=True, array_like=True):
    """The contacts of one customer, by id."""

    contacts: dict[str, Contact]


class Contacts:
    """Every contact of a customer. A clock is kept under the rules of the moment when it started."""

    name = "contacts"
    state = KnownContacts

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def on_event(self, state: KnownContacts | None, event: Any, now: Now) -> Step[KnownContacts]:
        """Events of the help desk count; an erasure forgets."""
        match event:
            case SupportEvent(contact_id=contact_id):
                turn = _Turn(state, self._book, now)
                known = turn.contacts.get(contact_id, Contact(contact_id=contact_id))
                turn.settle(after(known, event, self._book.active(event.occurred_at)))
            case ProfileUpdate(type="profile_erased"):
                turn = _Turn(state, self._book, now)
                turn.forget_all()
            case _:
                return Step(state)
        return turn.step()

    on_late = on_event

    def deadline(self, state: KnownContacts) -> Millis:
        """When a reply is due, or a contact is to be forgotten."""
        return min(earliest(_deadlines(contact, self._book)) or 0 for contact in state.contacts.values())

    def on_deadline(self, state: KnownContacts, now: Now) -> Step[KnownContacts]:
        """Time is up for a reply, or for a memory."""
        turn = _Turn(state, self._book, now)
        for contact in state.contacts.values():
            if any((clock.wake_at or now.at + 1) <= now.at for clock in contact.clocks):
                turn.settle(contact, fired=True)
            if _forget_at(contact, self._book) <= now.at:
                turn.forget(contact.contact_id)
        return turn.step()

    def merge(self, mine: KnownContacts | None, theirs: KnownContacts, now: Now) -> Step[KnownContacts]:
        """The customer takes the visitor's contacts over. Contacts that both know are one."""
        turn = _Turn(mine, self._book, now)
        for contact_id, contact in sorted(theirs.contacts.items()):
            known = turn.contacts.get(contact_id)
            turn.settle(combined(known, contact) if known else contact, always=True)
        return turn.step()


def waiting(state: KnownContacts | None) -> tuple[Contact, ...]:
    """The contacts whose customer waits for an answer."""
    found = state.contacts.values() if state else ()
    return tuple(contact for contact in found if contact.waiting_since is not None)


def _forget_at(contact: Contact, book: RuleBook) -> Millis:
    return contact.updated_at + book.active(contact.updated_at).contacts.forget_after


def _deadlines(contact: Contact, book: RuleBook) -> Iterator[Millis | None]:
    yield _forget_at(contact, book)
    for clock in contact.clocks:
        yield clock.wake_at


class _Turn:
    """One transition: the contacts so far, and what is to be published."""

    def __init__(self, state: KnownContacts | None, book: RuleBook, now: Now) -> None:
        self.contacts = dict(state.contacts) if state else {}
        self._book = book
        self._now = now
        self._publish: list[Publish] = []

    def step(self) -> Step[KnownContacts]:
        """The outcome."""
        return Step(KnownContacts(self.contacts) if self.contacts else None, tuple(self._publish))

    def settle(self, contact: Contact, *, always: bool = False, fired: bool = False) -> None:
        """Say what follows from the evidence; publish the contact if it looks different, or ``always``.

        ``fired``: a deadline has passed, so what was due until now is breached.
        """
        for clock in contact.clocks:
            passed = self._now.at + 1 if fired else clock.started_at
            contact = contact.having(self._settled(clock, contact, passed))
        known = self.contacts.get(contact.contact_id)
        self.contacts[contact.contact_id] = contact
        if always or known is None or self._looks(known, contact) != self._looks(contact, contact):
            state = visible(contact, self._now.shop_id, self._now.profile_id, self._version(contact))
            self._publish.append(Publish(topics.CONTACTS, self._key(contact.contact_id), state))

    def forget(self, contact_id: str) -> None:
        """Drop a contact, here and for whoever follows it."""
        del self.contacts[contact_id]
        self._publish.append(Publish(topics.CONTACTS, self._key(contact_id), None))

    def forget_all(self) -> None:
        """Drop every contact."""
        for contact_id in tuple(self.contacts):
            self.forget(contact_id)

    def _settled(self, clock: Clock, contact: Contact, passed: Millis) -> Clock:
        ended = clock.ended_at
        if clock.name == "acknowledgement":
            return self._end(clock, contact, "acknowledged") if clock.answered else clock
        if clock.breached_id and ended is not None and not clock.late(ended):
            clock = self._withdraw(clock, contact, ended)
        late = clock.late(passed if ended is None else ended)
        if not clock.breached_id and clock.due_at is not None and late:
            clock = self._breach(clock, contact, clock.due_at)
        if ended is None:
            return clock
        if not clock.answered:
            return self._end(clock, contact, "closed")
        return self._end(clock, contact, "answered_late" if clock.late(ended) else "answered")

    def _breach(self, clock: Clock, contact: Contact, due: Millis) -> Clock:
        if "withdrawn" in clock.said:
            return clock
        return replace(clock, breached_id=self._say(clock, contact, "breached", due))

    def _withdraw(self, clock: Clock, contact: Contact, ended: Millis) -> Clock:
        self._say(clock, contact, "withdrawn", ended, clock.breached_id)
        return replace(clock, breached_id=None, said=(*clock.said, "withdrawn"))

    def _end(self, clock: Clock, contact: Contact, kind: ContactSignalKind) -> Clock:
        """Say once how it ended."""
        if kind in clock.said or clock.ended_at is None:
            return clock
        breached_id = clock.breached_id if kind == "answered_late" else None
        self._say(clock, contact, kind, clock.ended_at, breached_id)
        return replace(clock, said=(*clock.said, kind))

    def _say(
        self,
        clock: Clock,
        contact: Contact,
        kind: ContactSignalKind,
        at: Millis,
        breached_id: str | None = None,
    ) -> str:
        shop_id, contact_id = self._now.shop_id, contact.contact_id
        signal = ContactSignal(
            event_id=derive(
                "contacts", clock.rules_version, shop_id, contact_id, clock.name, clock.instance, kind
            ),
            shop_id=shop_id,
            profile_id=self._now.profile_id,
            contact_id=contact_id,
            kind=kind,
            clock=clock.name,
            occurred_at=at,
            processed_at=max(self._now.now, at),
            rules_version=clock.rules_version,
            channel=contact.channel,
            team=contact.team,
            priority=clock.priority,
            started_at=clock.started_at,
            due_at=clock.due_at,
            elapsed_ms=at - clock.started_at,
            breached_id=breached_id,
        )
        self._publish.append(Publish(topics.CONTACT_SIGNALS, self._key(self._now.profile_id), signal))
        return signal.event_id

    def _looks(self, contact: Contact, now: Contact) -> Any:
        """What anybody may see, but for when it was touched last."""
        state = visible(contact, self._now.shop_id, self._now.profile_id, "")
        return replace(state, updated_at=now.updated_at)

    def _key(self, entity_id: str) -> str:
        return topics.key(self._now.shop_id, entity_id)

    def _version(self, contact: Contact) -> str:
        return self._book.active(contact.updated_at).version
