"""What truly happened: every abandonment and every unanswered question, computed from the whole log at once.

It shares no code with the kernels and the rules, and works the other way round: they go forward through time
and keep as little as they can; this looks at all events, lays them out per device, and asks of every stretch
of silence what it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from schemas.events import CartEvent, Click, OrderEvent, ProfileUpdate, SupportEvent
from schemas.words import Millis, Stage
from streams.demo.lives import Device, Order, Silence, by_visitor, in_time, life_of, unique

Erased: TypeAlias = Mapping[str, Millis]
"""When each of these profiles was erased."""
NOBODY: Erased = {}

QUESTIONS = frozenset({"customer_message", "call_missed", "voicemail"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long a silence must last, and which carts are too old to matter."""

    after: Mapping[Stage, Millis]
    max_age: Millis
    first_reply: Millis


class Abandonment(NamedTuple):
    """Somebody left a cart at ``stage``, its contents last changed by ``changed_by``; certain at ``due``.

    ``doubtful``: who it was became known only later, and then proved to have ordered before ``due``. At the
    time it was an abandonment; looking back it was none.
    """

    changed_by: str
    stage: Stage
    profile_id: str
    due: Millis
    doubtful: bool = False


class Breach(NamedTuple):
    """A question, asked at ``asked_at``, had no answer from a human at ``due``."""

    contact_id: str
    asked_at: Millis
    due: Millis


def erasures(updates: Iterable[ProfileUpdate], until: Millis) -> Erased:
    """Who asked before ``until`` to be forgotten, and when."""
    asked = (event for event in updates if event.type == "profile_erased" and event.occurred_at < until)
    return {event.profile_id: event.occurred_at for event in asked}


def abandonments(
    visitors: Iterable[Click | CartEvent],
    orders: Iterable[OrderEvent],
    rules: Thresholds,
    until: Millis,
    erased: Erased = NOBODY,
) -> list[Abandonment]:
    """Every abandonment certain before ``until``. Events may come in any order, and more than once."""
    known = [event for event in visitors if event.occurred_at < until]
    devices = {visitor: life_of(events) for visitor, events in by_visitor(known).items()}
    ordered = _Orders(devices, (event for event in unique(orders) if event.occurred_at < until))
    silences = _taken_up_again([s for device in devices.values() for s in device.silences])
    found: dict[tuple[str, Stage], Abandonment] = {}
    for silence in silences:
        due = silence.since + rules.after[silence.cart.stage]
        cart, known_at = silence.cart, ordered.known_at(silence, due)
        if _forgotten(erased, silence.owner, cart.changed_at, due):
            continue
        if _lasted(silence, due, until, rules.max_age) and (known_at is None or known_at > due):
            key = (cart.changed_by, cart.stage)
            found.setdefault(key, Abandonment(*key, silence.owner, due, doubtful=known_at is not None))
    return list(found.values())


def _taken_up_again(silences: list[Silence]) -> list[Silence]:
    """In time. A cart that was left behind for ever is not, if its owner fills one of the same name later."""
    filled: dict[tuple[str, str | None], list[Millis]] = defaultdict(list)
    for silence in silences:
        if silence.cart.name:
            filled[silence.owner, silence.cart.name].append(silence.cart.changed_at)
    found = []
    for silence in sorted(silences, key=lambda silence: silence.since):
        later = (at for at in filled[silence.owner, silence.cart.name] if at > silence.since)
        until = min(later, default=None) if silence.until is None else silence.until
        found.append(silence._replace(until=until))
    return found


def breaches(
    contacts: Iterable[SupportEvent], rules: Thresholds, until: Millis, erased: Erased = NOBODY
) -> list[Breach]:
    """Every question that nobody answered in time, certain before ``until``."""
    by_contact: dict[str, list[SupportEvent]] = defaultdict(list)
    for event in unique(contacts):
        by_contact[event.contact_id].append(event)
    return [
        breach
        for events in by_contact.values()
        for breach in _breaches(events, rules.first_reply)
        if breach.due < until
        and not any(_forgotten(erased, one.profile_id, breach.asked_at, breach.due) for one in events)
    ]


def _forgotten(erased: Erased, owner: str, since: Millis, due: Millis) -> bool:
    """Whether somebody asked to be forgotten in between."""
    return since <= erased.get(owner, -1) <= due


def _breaches(events: list[SupportEvent], target: Millis) -> Iterator[Breach]:
    """An answer, also after it was closed, ends a contact's first question for good; one closed in silence
    may be asked again.
    """
    asked_at: Millis | None = None
    was_asked = False
    for event in _not_taken_back(sorted(events, key=in_time)):
        if asked_at is None:
            if was_asked and _is_answer(event):
                return
            asked_at = event.occurred_at if event.kind in QUESTIONS else None
            was_asked |= asked_at is not None
        elif _ends_the_wait(event):
            if event.occurred_at > asked_at + target:
                yield Breach(event.contact_id, asked_at, asked_at + target)
            if _is_answer(event):
                return
            asked_at = None
    if asked_at is not None:
        yield Breach(events[0].contact_id, asked_at, asked_at + target)


def _not_taken_back(events: list[SupportEvent]) -> Iterator[SupportEvent]:
    """Without each ``no_reply_needed`` that the next ``reply_needed`` takes back."""
    revoked = 0
    kept: list[SupportEvent] = []
    for event in reversed(events):
        if event.type == "reply_needed":
            revoked += 1
        elif event.type == "no_reply_needed" and revoked:
            revoked -= 1
            continue
        kept.append(event)
    return reversed(kept)


def _is_answer(event: SupportEvent) -> bool:
    spoken = event.kind == "call_answered" or event.type == "callback_reached"
    return spoken or (event.kind == "human_reply" and event.public)


def _ends_the_wait(event: SupportEvent) -> bool:
    settled = event.status in ("solved", "closed") or event.type in ("no_reply_needed", "merged")
    return settled or _is_answer(event)


def _lasted(silence: Silence, due: Millis, until: Millis, max_age: Millis) -> bool:
    """Whether it lasted to ``due``: what happens at that very millisecond breaks it."""
    broken = silence.until is not None and silence.until <= due
    return not broken and due < until and due - silence.cart.changed_at <= max_age


class _Orders:
    """Who ordered when, and since when that was known.

    Storefront and back office may both tell of an order; per customer the first word counts.
    """

    def __init__(self, devices: Mapping[str, Device], orders: Iterable[OrderEvent]) -> None:
        self._became = {visitor: device.became for visitor, device in devices.items() if device.became}
        told = [order for device in devices.values() for order in device.orders]
        told += [
            Order(event.order_id, event.profile_id, event.occurred_at)
            for event in orders
            if event.type == "order_completed"
        ]
        self._of: dict[str, list[Order]] = defaultdict(list)
        first: set[tuple[str, str]] = set()
        for order in sorted(told, key=lambda order: order.at):
            person = self._person(order.owner)[0]
            if (person, order.order_id) not in first:
                first.add((person, order.order_id))
                self._of[person].append(order)

    def known_at(self, silence: Silence, due: Millis) -> Millis | None:
        """When it was known that the cart's owner had ordered, on any device, between its last change and
        ``due``; None: did not.
        """
        person, since = self._person(silence.owner)
        known = (
            order.at if order.owner == silence.owner else max(order.at, since, self._person(order.owner)[1])
            for order in self._of.get(person, ())
            if silence.cart.changed_at <= order.at <= due
        )
        return min(known, default=None)

    def _person(self, owner: str) -> tuple[str, Millis]:
        """The customer that a guest proved to be, and when."""
        became = self._became.get(owner)
        return (became.customer_id, became.at) if became else (owner, 0)
