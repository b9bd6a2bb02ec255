"""What is in a visitor's cart, from deltas and snapshots, in whatever order they come.

    no cart --product_added, or a snapshot with lines--> cart
    cart    --nothing left in it, or an order-->         no cart

Each item keeps the moment of its last change, and one that was taken out leaves its trace, so that a change
that arrives late is weighed against what happened since. What it gets wrong: a late removal of a whole line
that was taken out and put back since; a late product that was put in before the cart was emptied.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from schemas.events import CartEvent, Click
from schemas.ids import derive
from schemas.validation import AMOUNT_LIMIT
from schemas.words import Evidence, Line, Millis, Stage
from streams.rules.likely_cause import cause_shown, gathered

RANK: dict[Stage, int] = {"unknown": 0, "browse": 1, "cart": 2, "checkout": 3, "payment": 4}
"""How close to the order a stage is."""

STAGE_OF: dict[str, Stage] = {
    "checkout_started": "checkout",
    "checkout_step_completed": "checkout",
    "payment_info_entered": "payment",
    "payment_failed": "payment",
}
"""The stage that an event of this type shows the visitor to have reached."""

ITEMS_KEPT = 1_000
"""So many products are remembered of a cart, those taken out included; what is put in beyond is not noted."""

SNAPSHOTS = ("cart_updated", "checkout_started")
"""Types whose lines are the whole cart."""


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One product. A quantity of 0 is the trace of one that was taken out at ``at``."""

    product_id: str
    name: str | None
    quantity: int
    price: Decimal | None
    at: Millis


class Cart(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """A cart since it was opened. ``named``: the id is the shop's, not derived.

    ``mixed``: prices in more than one currency. ``longest_quiet``: the longest time without activity since
    the last change of contents or stage, in milliseconds. ``evidence``: of why it may be left.
    """

    cart_id: str
    named: bool
    opened_by: str
    opened_at: Millis
    changed_by: str
    changed_at: Millis
    stage: Stage = "cart"
    stage_at: Millis
    longest_quiet: Millis = 0
    items: tuple[Item, ...] = ()
    currency: str | None = None
    mixed: bool = False
    checkout_id: str | None = None
    outreach_id: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is in it."""
        return not any(item.quantity for item in self.items)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is in it."""
        return tuple(
            [
                Line(product_id=item.product_id, name=item.name, quantity=item.quantity, price=item.price)
                for item in self.items
                if item.quantity
            ]
        )

    @property
    def value(self) -> Decimal | None:
        """What it is worth; None too with prices in more than one currency."""
        return None if self.mixed else worth([item for item in self.items if item.quantity])

    @property
    def contents(self) -> dict[str, int]:
        """Quantity per product: what a real change changes."""
        return {item.product_id: item.quantity for item in self.items if item.quantity}


def opens(event: CartEvent) -> bool:
    """Whether the event opens a cart where there is none."""
    return event.type == "product_added" or (event.type in SNAPSHOTS and bool(event.lines))


def is_other(cart: Cart, event: CartEvent) -> bool:
    """Whether the event names another cart than this one."""
    return cart.named and event.cart_id is not None and event.cart_id != cart.cart_id


def after(cart: Cart | None, event: CartEvent) -> Cart | None:
    """The cart after the event, perhaps empty; None if there was none and the event opens none."""
    if cart is None and not opens(event):
        return None
    before = cart or _opened(event)
    changed = _staged(_filled(before, event), event)
    if changed.contents != before.contents:
        changed = _really_changed(changed, event)
    if changed is before or changed == before:
        return cart
    return replace(
        changed,
        checkout_id=event.checkout_id or changed.checkout_id,
        outreach_id=event.outreach_id or changed.outreach_id,
    )


def since(cart: Cart, moment: Millis) -> Cart:
    """What is left of the cart once all that was put in up to ``moment`` is gone."""
    return replace(cart, items=tuple(item for item in cart.items if item.at > moment))


def quiet(cart: Cart, gap: Millis) -> Cart:
    """The cart after ``gap`` milliseconds without activity."""
    return replace(cart, longest_quiet=gap) if gap > cart.longest_quiet else cart


def noted(cart: Cart, event: Click | CartEvent) -> Cart:
    """The cart, with what the event shows to stand in the visitor's way, since it was opened."""
    cause = cause_shown(event)
    if cause is None or event.occurred_at < cart.opened_at:
        return cart
    if isinstance(event, CartEvent) and is_other(cart, event):
        return cart
    return replace(cart, evidence=gathered(cart.evidence, [Evidence(cause=cause, at=event.occurred_at)]))


def worth(lines: Iterable[Line | Item]) -> Decimal | None:
    """The sum of price times quantity; None without lines, if a price is unknown, or beyond all amounts."""
    total = None
    for line in lines:
        if line.price is None:
            return None
        total = (total or Decimal(0)) + line.price * line.quantity
        if abs(total) >= AMOUNT_LIMIT:
            return None
    return total


def _opened(event: CartEvent) -> Cart:
    return Cart(
        cart_id=event.cart_id or derive("cart", event.event_id),
        named=event.cart_id is not None,
        opened_by=event.event_id,
        opened_at=event.occurred_at,
        changed_by=event.event_id,
        changed_at=event.occurred_at,
        stage_at=event.occurred_at,
    )


def _filled(cart: Cart, event: CartEvent) -> Cart:
    match event.type:
        case "product_added":
            return _priced(_with(cart, _named_lines(event), event.occurred_at), event)
        case "product_removed":
            return _without(cart, event)
        case "cart_emptied" | "cart_updated":
            return _snapshot(cart, event)
        case "checkout_started" if event.lines:
            return _snapshot(cart, event)
        case _:
            return cart


def _named_lines(event: CartEvent) -> tuple[Line, ...]:
    if event.lines and event.product_id is None:
        return event.lines
    quantity = 1 if event.quantity is None else event.quantity
    return (
        Line(
            product_id=event.product_id or "", name=event.product_name, quantity=quantity, price=event.price
        ),
    )


def _with(cart: Cart, lines: Iterable[Line], at: Millis) -> Cart:
    items = {item.product_id: item for item in cart.items}
    for line in lines:
        if line.quantity > 0 and (line.product_id in items or len(items) < ITEMS_KEPT):
            items[line.product_id] = _added(items.get(line.product_id), line, at)
    return replace(cart, items=tuple(items.values()))


def _added(item: Item | None, line: Line, at: Millis) -> Item:
    if item is None:
        return Item(line.product_id, line.name, line.quantity, line.price, at)
    if not item.quantity and item.at > at:
        return item
    return Item(
        item.product_id,
        line.name or item.name,
        item.quantity + line.quantity,
        item.price if line.price is None else line.price,
        max(item.at, at),
    )


def _without(cart: Cart, event: CartEvent) -> Cart:
    product_id = event.product_id or ""
    return replace(
        cart,
        items=tuple(_reduced(item, event) if item.product_id == product_id else item for item in cart.items),
    )


def _reduced(item: Item, event: CartEvent) -> Item:
    at = event.occurred_at
    if not item.quantity or (event.quantity is None and item.at > at):
        return item
    left = 0 if event.quantity is None else item.quantity - max(0, event.quantity)
    return replace(item, quantity=max(0, left), at=max(item.at, at))


def _snapshot(cart: Cart, event: CartEvent) -> Cart:
    """The lines of the event, and what was put in after it."""
    at = event.occurred_at
    newer = since(cart, at)
    kept = {item.product_id for item in newer.items}
    lines = tuple(line for line in event.lines if line.product_id not in kept)
    snapshot = _with(replace(newer, mixed=False, currency=event.currency or cart.currency), lines, at)
    return cart if (snapshot.lines, snapshot.currency) == (cart.lines, cart.currency) else snapshot


def _priced(cart: Cart, event: CartEvent) -> Cart:
    if event.currency is None or event.currency == cart.currency:
        return cart
    return replace(cart, currency=event.currency, mixed=cart.mixed or cart.currency is not None)


def _staged(cart: Cart, event: CartEvent) -> Cart:
    stage = STAGE_OF.get(event.type, "unknown")
    if RANK[stage] <= RANK[cart.stage] or event.occurred_at < cart.opened_at:
        return cart
    return replace(cart, stage=stage, stage_at=event.occurred_at, longest_quiet=0)


def _really_changed(cart: Cart, event: CartEvent) -> Cart:
    if event.occurred_at < cart.changed_at:
        return cart
    return replace(cart, changed_by=event.event_id, changed_at=event.occurred_at, longest_quiet=0)
