"""The life of each device, laid out from its events: its carts, its silences, its orders, whose it was."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.events import CartEvent, Click
from schemas.words import Millis, Stage

STEPS: dict[str, Stage] = {
    "checkout_started": "checkout",
    "checkout_step_completed": "checkout",
    "payment_info_entered": "payment",
    "payment_failed": "payment",
}
RANK: dict[Stage, int] = {"cart": 1, "checkout": 2, "payment": 3}


class Cart(NamedTuple):
    """A cart with something in it. ``lines``: how many of which product."""

    name: str | None
    lines: Mapping[str, int]
    changed_by: str
    changed_at: Millis
    stage: Stage


class Silence(NamedTuple):
    """From ``since`` on a device said nothing until ``until`` (None: never again), with a cart open."""

    cart: Cart
    owner: str
    since: Millis
    until: Millis | None


class Order(NamedTuple):
    """Who ordered when. ``owner``: whose device it was then; the visitor, while nobody was known."""

    order_id: str
    owner: str
    at: Millis


class Became(NamedTuple):
    """The first customer that a device proved to be."""

    customer_id: str
    at: Millis


class Device(NamedTuple):
    """What came out of one device's events."""

    silences: list[Silence]
    orders: list[Order]
    became: Became | None


def in_time(event: Any) -> tuple[Millis, int, str]:
    """The order of events: when they happened, then as their producer numbered them, then by id."""
    return (event.occurred_at, -1 if event.sequence is None else event.sequence, event.event_id)


def unique(events: Iterable[Any]) -> Iterator[Any]:
    """Two events with the same id are one event."""
    seen: set[str] = set()
    for event in events:
        if event.event_id not in seen:
            seen.add(event.event_id)
            yield event


def by_visitor(events: Iterable[Click | CartEvent]) -> dict[str, list[Click | CartEvent]]:
    """The events of people, by device, in time, each once."""
    found: dict[str, list[Click | CartEvent]] = defaultdict(list)
    for event in unique(events):
        if not event.is_bot:
            found[event.visitor_id].append(event)
    for each in found.values():
        each.sort(key=in_time)
    return found


def life_of(events: Sequence[Click | CartEvent]) -> Device:
    """Lay out one device's life: its silences, its orders, and whose it became."""
    life = _Life(events[0].visitor_id)
    for event in events:
        life.meets(event)
    life.falls_silent(None)
    return Device(life.silences, list(life.orders.values()), life.became)


class _Life:
    """What is known of a device between two of its events."""

    def __init__(self, visitor: str) -> None:
        self.silences: list[Silence] = []
        self.orders: dict[str, Order] = {}
        self.became: Became | None = None
        self._visitor = self._owner = visitor
        self._cart: Cart | None = None
        self._last: Millis = 0

    def falls_silent(self, until: Millis | None) -> None:
        """Nothing was heard since the last event, until this one; None: never again of this cart."""
        if self._cart:
            self.silences.append(Silence(self._cart, self._owner, self._last, until))

    def meets(self, event: Click | CartEvent) -> None:
        """The next event. A cart that it leaves behind stays with its owner, silent for ever."""
        customer = event.customer_id
        named = customer is not None and customer not in (self._owner, self._visitor)
        handed_over = named and self._owner != self._visitor
        left = handed_over or _begins_another(self._cart, event)
        self.falls_silent(None if left else event.occurred_at)
        self._cart = None if left else self._cart
        if named and customer:
            self._owner = customer
            self.became = self.became or Became(customer, event.occurred_at)
        if isinstance(event, CartEvent):
            self._handles(event)
        self._last = event.occurred_at

    def _handles(self, event: CartEvent) -> None:
        if event.type == "visitor_erased":
            self._owner = self._visitor
        if event.type != "order_completed":
            self._cart = _after(self._cart, event)
            return
        order_id = event.order_id or event.event_id
        if order_id not in self.orders:
            self.orders[order_id] = Order(order_id, self._owner, event.occurred_at)
            self._cart = None


def _begins_another(cart: Cart | None, event: Click | CartEvent) -> bool:
    """Whether the event fills a cart that has another name than this one."""
    if cart is None or cart.name is None or isinstance(event, Click) or event.cart_id in (None, cart.name):
        return False
    return event.type == "product_added" or (_is_snapshot(event) and bool(event.lines))


def _is_snapshot(event: CartEvent) -> bool:
    return event.type == "cart_updated" or (event.type == "checkout_started" and bool(event.lines))


def _after(cart: Cart | None, event: CartEvent) -> Cart | None:
    """The cart after the event; None: there is none."""
    if cart and cart.name and event.cart_id not in (None, cart.name):
        return cart
    lines = _lines(cart.lines if cart else {}, event)
    if not lines or event.type in ("cart_emptied", "visitor_erased"):
        return None
    stage = STEPS.get(event.type, "cart")
    if cart is None:
        return Cart(event.cart_id, lines, event.event_id, event.occurred_at, stage)
    furthest = max(cart.stage, stage, key=RANK.__getitem__)
    if lines == cart.lines:
        return cart._replace(stage=furthest)
    return Cart(cart.name, lines, event.event_id, event.occurred_at, furthest)


def _lines(before: Mapping[str, int], event: CartEvent) -> Mapping[str, int]:
    """How many of what are in the cart after the event."""
    if _is_snapshot(event):
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
