"""How long a customer waits over all contacts: a clock that starts with the earliest unanswered message.

    nobody waits --message on any contact--> running --a human answers on any contact--> ended
    running --every contact that waited is solved, or needs no reply--> ended

Contacts are never merged for it. A contact that was merged explicitly passes its question on.

What comes in order is applied to the wait as it is (``Wait``). Else it is concluded anew, from the latest
events of all contacts. Before the oldest events of one of them are dropped, the wait is concluded up to the
last of these, for all contacts at once; what is told late of the time before that no longer changes it.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.words import ContactSignalKind, Millis
from streams.rules.book import RuleBook
from streams.rules.contact_settings import BREACH
from streams.rules.contacts import timing
from streams.rules.contacts.contact import Contact, effective
from streams.rules.contacts.entry import Entry, Order, answers, asks
from streams.rules.contacts.said import Said
from streams.rules.contacts.ticket import Clock

NAME = "customer_wait"


class Wait(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """What the customer waited for after every event up to and with ``until``.

    ``clock``: runs since a question on ``contact_id``; None: nobody waits. ``asking``: contacts with a
    question that nobody answered there. ``runs``: how often the clock began to run.
    """

    until: Order = (0, -1, "")
    clock: Clock | None = None
    contact_id: str = ""
    asking: tuple[str, ...] = ()
    runs: int = 0

    @property
    def next_at(self) -> Millis | None:
        """When the customer has waited too long, if nobody answers."""
        return self.clock.next_at if self.clock else None

    def without(self, contact_id: str) -> "Wait":
        """When a contact is forgotten: who waited for it alone waits no longer, and nothing is said of it."""
        asking = tuple(one for one in self.asking if one != contact_id)
        return replace(self, asking=asking, clock=self.clock if asking else None)


NOTHING = Wait()


class Waiting(NamedTuple):
    """Something said of the customer's wait, and the contact that it began with."""

    contact_id: str
    said: Said


class CustomerCourse:
    """The wait of one customer: give it entries of all contacts in their order. ``said`` is what followed."""

    def __init__(self, contacts: Mapping[str, Contact], book: RuleBook, wait: Wait) -> None:
        self.said: list[Waiting] = []
        self.clock = wait.clock
        self._book = book
        self._until = wait.until
        self._contact = contacts.get(wait.contact_id) or Contact(contact_id=wait.contact_id)
        self._asking = set(wait.asking)
        self._runs = wait.runs

    @property
    def wait(self) -> Wait:
        """What there is to wait for now."""
        return Wait(
            until=self._until,
            clock=self.clock,
            contact_id=self._contact.contact_id if self.clock else "",
            asking=tuple(sorted(self._asking)),
            runs=self._runs,
        )

    def reach(self, until: Millis) -> None:
        """What was due before ``until`` comes true."""
        clock = self.clock
        if clock is None or clock.next_at is None or clock.next_at >= until:
            return
        at = clock.next_at
        self.clock = timing.aimed(
            replace(clock, passed=(BREACH,), breached_at=at), (), _always(self._book, clock)
        )
        self._say("breach", at, None)
        self._say("breached", at, None)

    def take(self, contact: Contact, one: Entry) -> None:
        """Something happened on one of the contacts."""
        self.reach(one.at)
        self._until = one.order
        rules = self._book.active(one.at)
        if answers(one):
            self._asking.discard(contact.contact_id)
            self._end(one, "answered_late" if self.clock and self.clock.breached else "answered")
        if asks(one) and not (one.closing_phrase and rules.contacts.closing_phrases):
            self._asked(contact, one)
        if one.stops or one.type == "no_reply_needed":
            self._settled(contact.contact_id, one)

    def _asked(self, contact: Contact, one: Entry) -> None:
        self._asking.add(contact.contact_id)
        if self.clock is not None:
            return
        rules = self._book.active(one.at)
        self._runs += 1
        self._contact = contact
        clock = Clock(
            name=NAME,
            instance=self._runs,
            started_at=one.at,
            started_by=one.event_id,
            rules_version=rules.version,
            target=rules.contacts.customer_wait.target,
            applied_at=one.at,
            running_since=one.at,
        )
        self.clock = timing.aimed(clock, (), _always(self._book, clock))
        self._say("activate", one.at, one.event_id)

    def _settled(self, contact_id: str, one: Entry) -> None:
        if contact_id in self._asking:
            self._asking.discard(contact_id)
            if one.merged_into is not None:
                self._asking.add(one.merged_into)
        if not self._asking:
            self._end(one, "closed")

    def _end(self, one: Entry, kind: ContactSignalKind) -> None:
        if self.clock is None:
            return
        clock = timing.halted(self.clock, one.at, _always(self._book, self.clock))
        self.clock = replace(clock, ended_at=one.at)
        self._say("fulfill", one.at, one.event_id)
        if clock.target is not None:
            self._say(kind, one.at, one.event_id)
        self.clock = None

    def _say(self, kind: ContactSignalKind, at: Millis, cause: str | None) -> None:
        clock = self.clock
        assert clock is not None
        rules = self._book.of(clock.rules_version)
        ticket = replace(self._contact.ticket, created_at=clock.started_at)
        counts = timing.measures(clock, ticket, at, rules)
        self.said.append(Waiting(self._contact.contact_id, Said(kind, at, ticket, clock, counts, cause)))


def course(
    contacts: Mapping[str, Contact], until: Millis, book: RuleBook, wait: Wait = NOTHING
) -> CustomerCourse:
    """The wait that follows from these contacts, after ``wait``, up to and without ``until``."""
    found = CustomerCourse(contacts, book, wait)
    for contact, one in _after(wait.until, contacts):
        found.take(contact, one)
    found.reach(until)
    return found


def concluded(contacts: Mapping[str, Contact], wait: Wait, until: Order, book: RuleBook) -> Wait:
    """The wait after every event up to and with ``until``."""
    if until <= wait.until:
        return wait
    found = CustomerCourse(contacts, book, wait)
    for contact, one in _after(wait.until, contacts):
        if one.order <= until:
            found.take(contact, one)
    return replace(found.wait, until=until)


def both(one: Wait, other: Wait) -> Wait:
    """Two waits, concluded up to the same event, of who proves to be one customer. Commutative."""
    running = [(each.clock.started_at, each.clock.started_by, each) for each in (one, other) if each.clock]
    first = min(running, key=lambda each: each[:2])[2] if running else one
    asking = sorted({*one.asking, *other.asking})
    return replace(first, asking=tuple(asking), runs=max(one.runs, other.runs))


def _after(order: Order, contacts: Mapping[str, Contact]) -> list[tuple[Contact, Entry]]:
    """What counts of all contacts, in order."""
    return sorted(
        (pair for pair in _entries(contacts) if pair[1].order > order), key=lambda pair: pair[1].order
    )


def _entries(contacts: Mapping[str, Contact]) -> Iterator[tuple[Contact, Entry]]:
    for contact in contacts.values():
        for one in effective(contact.latest):
            yield contact, one


def _always(book: RuleBook, clock: Clock) -> timing.Calendar:
    return book.of(clock.rules_version).calendar(clock.calendar)
