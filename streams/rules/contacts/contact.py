"""One contact: its latest events, and what follows from them. Evidence may come in any order.

What comes in order is applied to the ticket as it is. What comes late is put where it belongs among the
latest events, and everything is concluded anew; the difference to what was concluded before is said, or
withdrawn.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.words import Millis
from streams.rules.book import RuleBook
from streams.rules.contacts.course import Course
from streams.rules.contacts.entry import Entry
from streams.rules.contacts.said import Said
from streams.rules.contacts.ticket import Ticket

MOST_LATEST = 64
"""Events of a contact that are kept apart; what was before them stands as it was concluded then."""
KEPT = MOST_LATEST // 2


class Contact(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """A contact. ``latest``: its last events, in order. ``base``: what followed from those before them.

    ``withdrawn``: marks of what was said and proved false, as often as it did.
    """

    contact_id: str
    ticket: Ticket = Ticket()
    latest: tuple[Entry, ...] = ()
    base: Ticket = Ticket()
    withdrawn: tuple[int, ...] = ()


class Outcome(NamedTuple):
    """A contact after a transition, what is now true of it, and what was said and is not, since when.

    ``withdrawn``: marks of what had been withdrawn before.
    """

    contact: Contact
    said: Sequence[Said] = ()
    false: Sequence[tuple[Millis, Said]] = ()
    withdrawn: Sequence[int] = ()


def happened(contact: Contact, one: Entry, at: Millis, book: RuleBook) -> Outcome:
    """The contact after an event. ``at``: everything due before that moment is concluded."""
    if any(one.event_id == known.event_id for known in contact.latest):
        return Outcome(contact)
    if _is_next(contact, one):
        return _in_order(contact, one, at, book)
    latest = tuple(sorted((*contact.latest, one), key=lambda entry: entry.order))
    return _anew([contact], replace(contact, latest=latest), at, book)


def _is_next(contact: Contact, one: Entry) -> bool:
    """Whether it can be applied to the ticket as it is."""
    behind_all = not contact.latest or contact.latest[-1].order < one.order
    return behind_all and one.at >= contact.ticket.reached and one.type != "reply_needed"


def reached(contact: Contact, until: Millis, book: RuleBook) -> Outcome:
    """Everything that was due before ``until`` is concluded."""
    course = Course(contact.ticket, book)
    course.reach(until)
    return Outcome(replace(contact, ticket=course.ticket), course.said)


def combined(one: Contact, other: Contact, at: Millis, book: RuleBook) -> Outcome:
    """What two profiles know of one contact. Commutative."""
    entries = {entry.event_id: entry for entry in (*one.latest, *other.latest)}
    latest = tuple(sorted(entries.values(), key=lambda entry: entry.order))
    base = max(one.base, other.base, key=lambda base: (base.updated_at, msgspec.msgpack.encode(base)))
    withdrawn = tuple(sorted((Counter(one.withdrawn) | Counter(other.withdrawn)).elements()))
    merged = replace(one, latest=latest, base=base, withdrawn=withdrawn)
    return _anew([one, other], merged, at, book)


def effective(latest: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, but for what was taken back: ``reply_needed`` revokes the last that needed no reply."""
    entries = list(latest)
    for index, one in enumerate(entries):
        if one.type == "reply_needed":
            _revoke(entries, index)
    return iter(entries)


def _revoke(entries: list[Entry], until: int) -> None:
    for index in reversed(range(until)):
        one = entries[index]
        if one.type == "no_reply_needed":
            entries[index] = replace(one, type="unknown")
            return
        if one.closing_phrase is not None:
            entries[index] = replace(one, closing_phrase=None)
            return


def _in_order(contact: Contact, one: Entry, at: Millis, book: RuleBook) -> Outcome:
    course = Course(contact.ticket, book)
    course.take(one)
    course.reach(at)
    return Outcome(replace(contact, ticket=course.ticket, latest=(*contact.latest, one)), course.said)


def _anew(known: list[Contact], contact: Contact, at: Millis, book: RuleBook) -> Outcome:
    """Conclude everything again, and compare with what was concluded by those who were known."""
    until = max(at, *(each.ticket.reached for each in known))
    course = _concluded(contact, until, book)
    before = {
        said.identity: said for each in known for said in _concluded(each, each.ticket.reached, book).said
    }
    after = {said.identity: said for said in course.said}
    false = [said for identity, said in before.items() if identity not in after]
    new = [said for said in course.said if said.identity not in before]
    gone = contact.withdrawn
    withdrawn = sorted((*gone, *(said.mark for said in false)))
    contact = replace(contact, ticket=course.ticket, withdrawn=tuple(withdrawn))
    since = [(_false_since(said, contact.ticket, at), said) for said in false]
    return Outcome(contact, new, since, gone)


def _false_since(said: Said, ticket: Ticket, otherwise: Millis) -> Millis:
    """When the clock that it was said of ended, as is known now."""
    clock = ticket.clock(said.clock.name)
    same = clock is not None and clock.started_by == said.clock.started_by
    return clock.ended_at if same and clock and clock.ended_at is not None else otherwise


def _concluded(contact: Contact, until: Millis, book: RuleBook) -> Course:
    course = Course(contact.base, book)
    for one in effective(contact.latest):
        course.take(one)
    course.reach(until)
    return course


def summed(contact: Contact, book: RuleBook) -> Contact:
    """With the oldest events as their sum, if there are many."""
    if len(contact.latest) <= MOST_LATEST:
        return contact
    course = Course(contact.base, book)
    for one in list(effective(contact.latest))[:-KEPT]:
        course.take(one)
    return replace(contact, base=course.ticket, latest=contact.latest[-KEPT:])
