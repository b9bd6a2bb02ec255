"""What truly happened: every abandonment and every unanswered question, computed from the whole log at once.

It shares no code with the kernels and the rules, and works the other way round: they go forward through time
and keep as little as they can; this looks at all events, lays them out per device, and asks of every stretch
of silence what it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.events import CartEvent, Click, OrderEvent, SupportEvent
from schemas.words import Millis, Stage

STEPS: dict[str, Stage] = {
    "checkout_started": "checkout",
    "checkout_step_completed": "checkout",
    "payment_info_entered": "payment",
    "payment_failed": "payment",
}
RANK: dict[Stage, int] = {"cart": 1, "checkout": 2, "payment": 3}
QUESTIONS = frozenset({"customer_message", "call_missed", "voicemail"})
ANSWERS = frozenset({"human_reply", "call_answered"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long a silence must last, and which carts are too old to matter."""

    after: Mapping[Stage, Millis]
    max_age: Millis
    first_reply: Millis


class Abandonment(NamedTuple):
    """Somebody left a cart at ``stage``, its contents last changed by ``changed_by``; certain at ``due``."""

    changed_by: str
    stage: Stage
    profile_id: str
    due: Millis


class Breach(NamedTuple):
    """A question had no answer from a human at ``due``."""

    contact_id: str
    due: Millis


class _Cart(NamedTuple):
    lines: Mapping[str, int]
    changed_by: str
    changed_at: Millis
    stage: Stage


class _Silence(NamedTuple):
    """From ``since`` on a device said nothing until ``until`` (None: never again), with a cart open."""

    cart: _Cart
    owner: str
    since: Millis
    until: Millis | None


class _Order(NamedTuple):
    order_id: str
    visitor_id: str
    owner: str
    at: Millis


class _Device(NamedTuple):
    """What came out of one device's events."""

    silences: list[_Silence]
    orders: list[_Order]
    first_customer: tuple[Millis, str] | None


def in_time(event: Any) -> tuple[Millis, int, str]:
    """The order of events: when they happened, then as their producer numbered them, then by id."""
    return (event.occurred_at, -1 if event.sequence is None else event.sequence, event.event_id)


def abandonments(
    visitors: Iterable[Click | CartEvent], orders: Iterable[OrderEvent], rules: Thresholds, until: Millis
) -> list[Abandonment]:
    """Every abandonment certain before ``until``. Events may come in any order, and more than once."""
    devices = {visitor: _device(events) for visitor, events in _by_visitor(visitors).items()}
    ordered = _Orders(devices, _unique(orders))
    silences = sorted((s for device in devices.values() for s in device.silences), key=lambda s: s.since)
    found: dict[tuple[str, Stage], Abandonment] = {}
    for silence in silences:
        due = silence.since + rules.after[silence.cart.stage]
        if _lasted(silence, due, until, rules.max_age) and not ordered.ended(silence, due):
            cart = silence.cart
            key = (cart.changed_by, cart.stage)
            found.setdefault(key, Abandonment(*key, silence.owner, due))
    return list(found.values())


def breaches(contacts: Iterable[SupportEvent], rules: Thresholds, until: Millis) -> list[Breach]:
    """Every question that nobody answered in time, certain before ``until``."""
    by_contact: dict[str, list[SupportEvent]] = defaultdict(list)
    for event in _unique(contacts):
        by_contact[event.contact_id].append(event)
    found = (_breach(events, rules.first_reply) for events in by_contact.values())
    return [breach for breach in found if breach and breach.due < until]


def _breach(events: list[SupportEvent], target: Millis) -> Breach | None:
    events.sort(key=in_time)
    asked = next((n for n, event in enumerate(events) if event.kind in QUESTIONS), None)
    if asked is None:
        return None
    due = events[asked].occurred_at + target
    ended = any(_ends_the_wait(event) and event.occurred_at <= due for event in events[asked + 1 :])
    return None if ended else Breach(events[asked].contact_id, due)


def _ends_the_wait(event: SupportEvent) -> bool:
    answered = event.kind in ANSWERS and event.public
    return answered or event.status in ("solved", "closed") or event.type in ("no_reply_needed", "merged")


def _lasted(silence: _Silence, due: Millis, until: Millis, max_age: Millis) -> bool:
    """Whether it lasted to ``due``: what happens at that very millisecond breaks it."""
    broken = silence.until is not None and silence.until <= due
    return not broken and due < until and due - silence.cart.changed_at <= max_age


class _Orders:
    """Who ordered when, as it was known at a given moment."""

    def __init__(self, devices: Mapping[str, _Device], orders: Iterable[OrderEvent]) -> None:
        told = [order for device in devices.values() for order in device.orders]
        told += [
            _Order(event.order_id, event.profile_id, event.profile_id, event.occurred_at)
            for event in orders
            if event.type == "order_completed"
        ]
        self._known: dict[str, list[tuple[Millis, Millis]]] = defaultdict(list)
        """Per profile: when it ordered, and since when the order is known to be this profile's."""
        for order in _first_of_each(told):
            self._known[order.owner].append((order.at, order.at))
            device = devices.get(order.visitor_id)
            if device and order.owner == order.visitor_id and device.first_customer:
                since, customer = device.first_customer
                self._known[customer].append((order.at, since))

    def ended(self, silence: _Silence, due: Millis) -> bool:
        """Whether the owner of the cart had ordered, on any device, since its contents were changed."""
        return any(
            silence.cart.changed_at <= at <= due and since <= due for at, since in self._known[silence.owner]
        )


def _first_of_each(told: Iterable[_Order]) -> Iterable[_Order]:
    """An order may be told by storefront and back office; the first word counts."""
    first: dict[str, _Order] = {}
    for order in sorted(told, key=lambda order: order.at):
        first.setdefault(order.order_id, order)
    return first.values()


def _by_visitor(events: Iterable[Click | CartEvent]) -> dict[str, list[Click | CartEvent]]:
    """The events of people, by device, in time, each once."""
    found: dict[str, list[Click | CartEvent]] = defaultdict(list)
    for event in _unique(events):
        if not event.is_bot:
            found[event.visitor_id].append(event)
    for each in found.values():
        each.sort(key=in_time)
    return found


def _unique(events: Iterable[Any]) -> Iterator[Any]:
    """Two events with the same id are one event."""
    seen: set[str] = set()
    for event in events:
        if event.event_id not in seen:
            seen.add(event.event_id)
            yield event


def _device(events: Sequence[Click | CartEvent]) -> _Device:
    """Lay out one device's life: its silences, its orders, and whose it became."""
    silences: list[_Silence] = []
    orders: list[_Order] = []
    first_customer: tuple[Millis, str] | None = None
    visitor = events[0].visitor_id
    cart: _Cart | None = None
    owner, last = visitor, events[0].occurred_at
    for event in events:
        at, customer = event.occurred_at, event.customer_id
        stranger = customer is not None and customer not in (owner, visitor)
        changes_hands = stranger and owner != visitor
        if cart:
            silences.append(_Silence(cart, owner, last, None if changes_hands else at))
        if stranger:
            assert customer is not None
            owner = customer
            first_customer = first_customer or (at, customer)
            cart = None if changes_hands else cart
        if isinstance(event, CartEvent):
            if event.type == "order_completed":
                orders.append(_Order(event.order_id or event.event_id, visitor, owner, at))
            cart = _after(cart, event)
            owner = visitor if event.type == "visitor_erased" else owner
        last = at
    if cart:
        silences.append(_Silence(cart, owner, last, None))
    return _Device(silences, orders, first_customer)


def _after(cart: _Cart | None, event: CartEvent) -> _Cart | None:
    """The cart after the event; None: there is none."""
    if event.type in ("order_completed", "cart_emptied", "visitor_erased"):
        return None
    lines = _lines(cart.lines if cart else {}, event)
    if not lines:
        return None
    stage = STEPS.get(event.type, "cart")
    if cart is None:
        return _Cart(lines, event.event_id, event.occurred_at, stage)
    furthest = max(cart.stage, stage, key=RANK.__getitem__)
    if lines == cart.lines:
        return cart._replace(stage=furthest)
    return _Cart(lines, event.event_id, event.occurred_at, furthest)


def _lines(before: Mapping[str, int], event: CartEvent) -> Mapping[str, int]:
    """How many of what are in the cart after the event."""
    if event.type == "cart_updated" or (event.type == "checkout_started" and event.lines):
        return _counted(event)
    if event.type == "product_added":
        product = event.product_id or ""
        return {**before, product: before.get(product, 0) + (event.quantity or 1)}
    if event.type == "product_removed" and (event.product_id or "") in before:
        return _without(before, event.product_id or "", event.quantity)
    return before


def _counted(event: CartEvent) -> Mapping[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for line in event.lines:
        counts[line.product_id] += line.quantity
    return dict(counts)


def _without(before: Mapping[str, int], product: str, quantity: int | None) -> Mapping[str, int]:
    left = before[product] - quantity if quantity is not None else 0
    return {key: count for key, count in {**before, product: left}.items() if count > 0}
