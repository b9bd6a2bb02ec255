"""Evidence about one contact, in whatever order it comes: questions, answers, acknowledgements, endings."""

from msgspec.structs import replace

from schemas.events import SupportEvent
from schemas.words import Millis
from streams.rules.base import earliest
from streams.rules.contact import Clock, Contact, answers, asks, closes, described
from streams.rules.settings import RuleSet


def after(contact: Contact, event: SupportEvent, rules: RuleSet) -> Contact:
    """The contact after an event. ``rules``: those under which a clock that starts now is kept."""
    contact = described(contact, event)
    at = event.occurred_at
    if asks(event):
        contact = _asked(contact, at, rules)
    if event.kind == "auto_ack":
        contact = _acknowledged(contact, at)
    if answers(event):
        contact = _replied(contact, at)
    if closes(event):
        contact = _settled(contact, at)
    return contact


def combined(one: Contact, other: Contact) -> Contact:
    """What two profiles know of one contact. Commutative."""
    older, newer = sorted((one, other), key=lambda each: (each.updated_at, repr(each)))
    contact = replace(
        newer,
        **{name: getattr(older, name) for name in _ATTRIBUTES if getattr(newer, name) in (None, "unknown")},
        asked_at=earliest((one.asked_at, other.asked_at)),
        last_asked_at=_latest(one.last_asked_at, other.last_asked_at),
        acknowledged_at=earliest((one.acknowledged_at, other.acknowledged_at)),
        first_replied_at=earliest((one.first_replied_at, other.first_replied_at)),
        replied_at=_latest(one.replied_at, other.replied_at),
        settled_at=_latest(one.settled_at, other.settled_at),
    )
    waits = (one.waiting_since, other.waiting_since, contact.last_asked_at)
    waiting = (at for at in waits if at is not None and at > contact.ended_at)
    return _with_clocks(replace(contact, waiting_since=min(waiting, default=None)), one.clocks + other.clocks)


_ATTRIBUTES = ("channel", "status", "priority", "team", "agent_id", "product_id")


def _with_clocks(contact: Contact, clocks: tuple[Clock, ...]) -> Contact:
    found: dict[tuple[str, int], Clock] = {}
    for clock in sorted(clocks, key=lambda clock: (clock.started_at, repr(clock))):
        known = found.get(clock.identity)
        found[clock.identity] = _both(known, clock) if known else clock
    merged = tuple(_weighed(found[identity], contact) for identity in sorted(found))
    return replace(contact, clocks=merged)


def _both(first: Clock, second: Clock) -> Clock:
    return replace(
        first,
        answered_at=earliest((first.answered_at, second.answered_at)),
        closed_at=earliest((first.closed_at, second.closed_at)),
        breached_id=first.breached_id or second.breached_id,
        said=tuple(sorted({*first.said, *second.said})),
    )


def _asked(contact: Contact, at: Millis, rules: RuleSet) -> Contact:
    contact = replace(
        contact,
        asked_at=earliest((contact.asked_at, at)),
        last_asked_at=_latest(contact.last_asked_at, at),
        waiting_since=earliest((contact.waiting_since, at if at > contact.ended_at else None)),
    )
    contact = _start_first_reply(contact, at, rules)
    if contact.clock("acknowledgement") is not None:
        return contact
    clock = Clock(
        name="acknowledgement",
        instance=1,
        rules_version=rules.version,
        started_at=at,
        priority=contact.priority,
    )
    return contact.having(_weighed(clock, contact))


def _start_first_reply(contact: Contact, at: Millis, rules: RuleSet) -> Contact:
    """A first question starts it; so does one after it was closed without an answer."""
    known = contact.clock("first_reply")
    if known is None:
        instance = 1
    elif known.ended_at is None and at < known.started_at:
        instance = known.instance
    elif known.ended_at is not None and not known.answered and at > known.ended_at:
        instance = known.instance + 1
    else:
        return contact
    clock = Clock(
        name="first_reply",
        instance=instance,
        rules_version=rules.version,
        started_at=at,
        priority=contact.priority,
        due_at=at + rules.contacts.first_reply.target,
        breached_id=known.breached_id if known and known.instance == instance else None,
    )
    return contact.having(_weighed(clock, contact))


def _weighed(clock: Clock, contact: Contact) -> Clock:
    """A clock, with what had been known before it started to run here."""
    start = clock.started_at
    replied = _first_from(start + 1, contact.first_replied_at, contact.replied_at)
    settled = _first_from(start + 1, contact.settled_at)
    if clock.name == "acknowledgement":
        answered, closed = _first_from(start, contact.acknowledged_at), earliest((replied, settled))
    else:
        answered, closed = replied, settled
    return replace(
        clock,
        answered_at=earliest((clock.answered_at, answered)),
        closed_at=earliest((clock.closed_at, closed)),
    )


def _first_from(start: Millis, *moments: Millis | None) -> Millis | None:
    return min((at for at in moments if at is not None and at >= start), default=None)


def _acknowledged(contact: Contact, at: Millis) -> Contact:
    first = contact.acknowledged_at
    if first is None or (contact.asked_at is not None and first < contact.asked_at):
        contact = replace(contact, acknowledged_at=at)
    clock = contact.clock("acknowledgement")
    if clock is None or at < clock.started_at:
        return contact
    return contact.having(replace(clock, answered_at=earliest((clock.answered_at, at))))


def _replied(contact: Contact, at: Millis) -> Contact:
    contact = replace(
        contact,
        first_replied_at=earliest((contact.first_replied_at, at)),
        replied_at=_latest(contact.replied_at, at),
        waiting_since=_still_waiting(contact, at),
    )
    for clock in contact.clocks:
        if at >= clock.started_at:
            contact = contact.having(_answered(clock, at))
    return contact


def _answered(clock: Clock, at: Millis) -> Clock:
    """A human answer ends the wait for an acknowledgement too, but is none."""
    if clock.name == "acknowledgement":
        return replace(clock, closed_at=earliest((clock.closed_at, at)))
    return replace(clock, answered_at=earliest((clock.answered_at, at)))


def _settled(contact: Contact, at: Millis) -> Contact:
    contact = replace(
        contact, settled_at=_latest(contact.settled_at, at), waiting_since=_still_waiting(contact, at)
    )
    for clock in contact.clocks:
        if at >= clock.started_at:
            contact = contact.having(replace(clock, closed_at=earliest((clock.closed_at, at))))
    return contact


def _still_waiting(contact: Contact, ended_at: Millis) -> Millis | None:
    """Since when the customer waits, after the wait ended at a moment that may have been long ago."""
    since, last = contact.waiting_since, contact.last_asked_at
    if since is None or since > ended_at:
        return since
    return last if last is not None and last > ended_at else None


def _latest(first: Millis | None, second: Millis | None) -> Millis | None:
    return max((at for at in (first, second) if at is not None), default=None)
