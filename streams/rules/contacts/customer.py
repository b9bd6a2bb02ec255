"""How long a customer waits over all contacts: a clock that starts with the earliest unanswered message.

    nobody waits --message on any contact--> running --a human answers on any contact--> ended
    running --every contact that waited is solved, or needs no reply--> ended

Contacts are never merged for it. A contact that was merged explicitly passes its question on.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from schemas.words import ContactSignalKind, Millis
from streams.rules.base import earliest
from streams.rules.book import RuleBook
from streams.rules.contact_settings import BREACH
from streams.rules.contacts import timing
from streams.rules.contacts.contact import Contact, effective
from streams.rules.contacts.entry import Entry, answers, asks
from streams.rules.contacts.said import Said
from streams.rules.contacts.ticket import Clock, Ticket

NAME = "customer_wait"


class Waiting(NamedTuple):
    """Something said of the customer's wait, and the contact that it began with."""

    contact_id: str
    said: Said


class CustomerCourse:
    """The wait of one customer: give it entries of all contacts in their order. ``said`` is what followed."""

    def __init__(self, book: RuleBook) -> None:
        self.said: list[Waiting] = []
        self.clock: Clock | None = None
        self._book = book
        self._contact = Contact(contact_id="")
        self._asking: set[str] = set()
        self._runs = 0

    @property
    def next_at(self) -> Millis | None:
        """When the wait is too long, if nobody answers."""
        return self.clock.next_at if self.clock else None

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


def course(contacts: Mapping[str, Contact], until: Millis, book: RuleBook) -> CustomerCourse:
    """The wait that follows from these contacts, up to and without ``until``."""
    found = CustomerCourse(book)
    for contact, one in sorted(_entries(contacts.values()), key=lambda pair: pair[1].order):
        found.take(contact, one)
    found.reach(until)
    return found


def next_due(contacts: Mapping[str, Contact], until: Millis, book: RuleBook) -> Millis | None:
    """When somebody has waited too long, if nobody answers."""
    return earliest((course(contacts, until, book).next_at,))


def _entries(contacts: Iterable[Contact]) -> Iterator[tuple[Contact, Entry]]:
    for contact in contacts:
        if contact.base.waiting_since is not None:
            yield contact, _still_asking(contact.base)
        for one in effective(contact.latest):
            yield contact, one


def _still_asking(ticket: Ticket) -> Entry:
    assert ticket.waiting_since is not None
    return Entry(
        at=ticket.waiting_since,
        sequence=None,
        event_id=ticket.waiting_by,
        type="message_received",
        kind="customer_message",
    )


def _always(book: RuleBook, clock: Clock) -> timing.Calendar:
    return book.of(clock.rules_version).calendar(clock.calendar)
