"""One transition of a customer's contacts: what is known so far, what follows, what is published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.events import ProfileUpdate, SupportEvent
from schemas.topics import Output
from schemas.words import Millis
from streams.rules.base import Now, Step
from streams.rules.book import RuleBook
from streams.rules.contacts import customer, told
from streams.rules.contacts.contact import MOST_LATEST, Contact, Outcome, combined, happened, reached, summed
from streams.rules.contacts.customer import NOTHING, CustomerCourse, Wait, Waiting
from streams.rules.contacts.entry import Entry, entry
from streams.rules.contacts.said import Said, signal, withdrawal
from streams.rules.contacts.ticket import Ticket

TIER_REMEMBERED: Millis = 730 * 86_400_000
"""After it was told last; consent is remembered as long."""


class Tier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The customer's tier, since when, and which event said so."""

    at: Millis
    event_id: str
    tier: str


class KnownContacts(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """The contacts of one customer, by id.

    ``wait``: what the customer waits for. ``reached``: what was due of it before that moment is concluded;
    ``withdrawn``: marks of what was said of it and proved false. ``base``: as it stood when the last event
    that is no longer kept had happened.
    """

    contacts: dict[str, Contact]
    tier: Tier | None = None
    reached: Millis = 0
    wait: Wait = NOTHING
    withdrawn: tuple[int, ...] = ()
    base: Wait = NOTHING

    def expects(self, one: Entry) -> bool:
        """Whether an event can be applied to the wait as it is."""
        return one.order > self.wait.until and one.at >= self.reached and one.type != "reply_needed"


NOBODY = KnownContacts(contacts={})


def forget_at(ticket: Ticket, book: RuleBook) -> Millis:
    """When a contact is forgotten: after its last event, not before all that is due of it was said."""
    settings = book.active(ticket.updated_at).contacts
    after = max(settings.forget_after, settings.forget_open_after if ticket.is_open else 0)
    return max([ticket.updated_at + after, *[at + 1 for at in ticket.moments]])


class Turn:
    """One transition: what is known so far, and what is to be published."""

    def __init__(self, state: KnownContacts | None, book: RuleBook, now: Now) -> None:
        self._state = state or NOBODY
        self._contacts = dict(self._state.contacts)
        self._tier = self._state.tier
        self._wait, self._base = self._state.wait, self._state.base
        self._book = book
        self._now = now
        self._customer = self._key(now.profile_id)
        self._publish: list[Output] = []

    def heard(self, event: SupportEvent) -> Step[KnownContacts]:
        """The help desk said something."""
        one = entry(event)
        known = self._contacts.get(event.contact_id)
        if known is None:
            known = Contact(contact_id=event.contact_id)
            if one.tier is None and self._tier is not None:
                one = replace(one, tier=self._tier.tier)
        self._settle(happened(known, one, self._now.at, self._book), one.event_id)
        if self._state.expects(one):
            return self._goes_on(self._now.at, self._contacts[event.contact_id], one)
        return self._anew(self._now.at, one.event_id)

    def promoted(self, update: ProfileUpdate) -> Step[KnownContacts]:
        """The customer's tier is told; policies may be others."""
        tier = Tier(update.occurred_at, update.event_id, update.tier or "")
        self._tier = max(filter(None, (self._tier, tier)), key=lambda each: (each.at, each.event_id))
        one = Entry(
            at=tier.at,
            sequence=update.sequence,
            event_id=tier.event_id,
            type="tier_changed",
            tier=tier.tier,
        )
        for contact in tuple(self._contacts.values()):
            self._settle(happened(contact, one, self._now.at, self._book), one.event_id)
        return self._goes_on(self._now.at)

    def woken(self) -> Step[KnownContacts]:
        """What is due comes true; what is old is forgotten."""
        at = self._now.at
        for contact in tuple(self._contacts.values()):
            if min(contact.ticket.moments, default=at + 1) <= at:
                self._settle(reached(contact, at + 1, self._book), None)
        step = self._goes_on(at + 1)
        for contact in tuple(self._contacts.values()):
            if forget_at(contact.ticket, self._book) <= at:
                self._forget(contact.contact_id)
        if self._tier is not None and self._tier.at + TIER_REMEMBERED <= at:
            self._tier = None
        return self._finished(step.state or NOBODY)

    def taken_over(self, theirs: KnownContacts) -> Step[KnownContacts]:
        """What another profile knew of the same customer."""
        mine, theirs = self._aligned(self._state, theirs)
        self._base = customer.both(mine.base, theirs.base)
        for contact_id, contact in sorted(theirs.contacts.items()):
            known = self._contacts.get(contact_id)
            merged = Outcome(contact)
            if known is not None:
                merged = combined(known, contact, self._now.at, self._book)
            self._settle(merged, None, always=True)
        tiers = [tier for tier in (self._tier, theirs.tier) if tier is not None]
        self._tier = max(tiers, key=lambda each: (each.at, each.event_id), default=None)
        until = max(self._now.at, mine.reached, theirs.reached)
        withdrawn = (Counter(mine.withdrawn) | Counter(theirs.withdrawn)).elements()
        return self._anew(until, None, (mine, theirs), withdrawn)

    def erased(self) -> Step[KnownContacts]:
        """Nothing is kept."""
        for contact_id in tuple(self._contacts):
            self._forget(contact_id)
        self._tier = None
        return self._finished(NOBODY)

    def _aligned(self, *states: KnownContacts) -> Iterator[KnownContacts]:
        """With the bases of all concluded up to the same event."""
        until = max(state.base.until for state in states)
        for state in states:
            yield replace(state, base=customer.concluded(state.contacts, state.base, until, self._book))

    def _goes_on(
        self, until: Millis, contact: Contact | None = None, one: Entry | None = None
    ) -> Step[KnownContacts]:
        """Say what follows for the customer as a whole, after an event in its order, and as time goes by."""
        until = max(until, self._state.reached)
        course = CustomerCourse(self._contacts, self._book, self._wait)
        if contact is not None and one is not None:
            course.take(contact, one)
        course.reach(until)
        for each in course.said:
            self._say(each.said, each.contact_id, self._state.withdrawn)
        self._wait = course.wait
        return self._finished(replace(self._state, reached=until))

    def _anew(
        self,
        until: Millis,
        cause: str | None,
        known: Iterable[KnownContacts] = (),
        withdrawn: Iterable[int] | None = None,
    ) -> Step[KnownContacts]:
        """Conclude anew what follows for the customer as a whole, of whom so much was ``known``."""
        gone = tuple(self._state.withdrawn if withdrawn is None else withdrawn)
        until = max(until, self._state.reached)
        before = {
            _identity(each): each
            for state in (tuple(known) or (self._state,))
            for each in customer.course(state.contacts, state.reached, self._book, state.base).said
        }
        course = customer.course(self._contacts, until, self._book, self._base)
        after = {_identity(each): each for each in course.said}
        false = [each for identity, each in before.items() if identity not in after]
        for each in false:
            self._withdraw(each.said, each.contact_id, gone, cause, self._now.at)
        gone = tuple(sorted((*gone, *(each.said.mark for each in false))))
        for identity, each in after.items():
            if identity not in before:
                self._say(each.said, each.contact_id, gone)
        self._wait = course.wait
        return self._finished(replace(self._state, reached=until, withdrawn=gone))

    def _finished(self, state: KnownContacts) -> Step[KnownContacts]:
        self._sum_up()
        state = replace(state, contacts=self._contacts, tier=self._tier, wait=self._wait, base=self._base)
        nothing = not self._contacts and self._tier is None
        return Step(None if nothing else state, tuple(self._publish))

    def _sum_up(self) -> None:
        """Of long contacts only the last events are kept; what was concluded from the others stays."""
        long = [contact for contact in self._contacts.values() if len(contact.latest) > MOST_LATEST]
        short = {contact.contact_id: summed(contact, self._book) for contact in long}
        for contact in long:
            self._conclude(contact.latest[: len(contact.latest) - len(short[contact.contact_id].latest)])
        self._contacts |= short

    def _conclude(self, dropped: Sequence[Entry]) -> None:
        """The customer's wait is concluded up to the last of these entries, which are about to be dropped."""
        if dropped:
            self._base = customer.concluded(self._contacts, self._base, dropped[-1].order, self._book)

    def _settle(self, outcome: Outcome, cause: str | None, *, always: bool = False) -> None:
        """Keep the contact and say what follows; publish it if it looks different, or ``always``."""
        contact = outcome.contact
        known = self._contacts.get(contact.contact_id)
        for since, false in outcome.false:
            self._withdraw(false, contact.contact_id, outcome.withdrawn, cause, since)
        for said in sorted(outcome.said, key=lambda said: said.at):
            self._say(said, contact.contact_id, contact.withdrawn)
        self._contacts[contact.contact_id] = contact
        if always or known is None or known.ticket != contact.ticket:
            self._tell(contact, None if always else known)

    def _tell(self, contact: Contact, known: Contact | None) -> None:
        """Output the contact, unless it looks as it did."""
        look = told.looks(contact.ticket)
        if known is None or told.looks(known.ticket) != look:
            state = told.state(contact, look, self._now, self._book)
            self._publish.append(Output(topics.CONTACTS, self._key(contact.contact_id), state))

    def _say(self, said: Said, contact_id: str, withdrawn: Sequence[int]) -> None:
        self._signal(signal(said, contact_id, withdrawn, self._now))

    def _withdraw(
        self, said: Said, contact_id: str, withdrawn: Sequence[int], cause: str | None, since: Millis
    ) -> None:
        false = signal(said, contact_id, withdrawn, self._now)
        self._signal(withdrawal(false, since, cause, self._now))

    def _signal(self, value: Any) -> None:
        self._publish.append(Output(topics.CONTACT_SIGNALS, self._customer, value))

    def _forget(self, contact_id: str) -> None:
        """Drop a contact, here and for whoever follows it."""
        self._conclude(self._contacts[contact_id].latest)
        self._wait, self._base = self._wait.without(contact_id), self._base.without(contact_id)
        del self._contacts[contact_id]
        self._publish.append(Output(topics.CONTACTS, self._key(contact_id), None))

    def _key(self, entity_id: str) -> str:
        return topics.key(self._now.shop_id, entity_id)


def _identity(each: Waiting) -> tuple[str, ...]:
    return (each.contact_id, *each.said.identity)
