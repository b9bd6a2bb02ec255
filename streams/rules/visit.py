"""One event of one visitor: who it was, what it did to the cart, and that it was activity.

In order or late, an event goes the same way: each step weighs it against what happened since.
"""

from typing import TypeAlias

from msgspec.structs import replace

from schemas.events import CartEvent, Click
from schemas.facts import Fact
from schemas.ids import derive
from schemas.words import Line, Millis
from streams.rules import cart as carts
from streams.rules.cart import Cart
from streams.rules.visitor import Activity, Visitor, tell, tell_activity, tell_cart, tell_pending

Event: TypeAlias = Click | CartEvent

ACTIVITY_EVERY: Millis = 30_000
"""Activity is told at most this often; no threshold of a rule may be shorter."""

ORDERS_KEPT = 20
"""So many order ids are remembered per visitor."""


def stranger(event: Event) -> Visitor:
    """A visitor of whom nothing is known yet."""
    return Visitor(shop_id=event.shop_id, visitor_id=event.visitor_id, seen_at=event.occurred_at)


def happened(visitor: Visitor, event: Event) -> list[Fact]:
    """The event happened to the visitor, who is changed by it. What is to be told."""
    facts: list[Fact] = []
    cause = Activity(event.occurred_at, event.event_id, event.received_at)
    before, known_until = visitor.cart, visitor.seen_at
    _see(visitor, event)
    linked = _link(visitor, event, cause, facts)
    if isinstance(event, CartEvent):
        _cart(visitor, event, cause, facts)
    if visitor.cart is None:
        return facts
    visitor.cart = carts.noted(visitor.cart, event)
    if linked or _differ(before, visitor.cart):
        tell_cart(visitor, visitor.cart, cause, facts)
    else:
        _active(visitor, visitor.cart, cause, known_until, facts)
    return facts


def _see(visitor: Visitor, event: Event) -> None:
    gap = max(0, event.occurred_at - visitor.seen_at)
    visitor.seen_at += gap
    if visitor.cart is not None:
        visitor.cart = carts.quiet(visitor.cart, gap)
    if event.device != "unknown":
        visitor.device = event.device


def _link(visitor: Visitor, event: Event, cause: Activity, facts: list[Fact]) -> bool:
    """Learn who it is, and tell both: the profile that it was and the one that it is."""
    customer_id = event.customer_id
    if not customer_id or customer_id in (visitor.visitor_id, visitor.customer_id):
        return False
    if cause.at < visitor.linked_at:
        return False
    if visitor.customer_id is not None:
        _leave_cart(visitor, cause.at, facts)
    visitor.customer_id, visitor.linked_at = customer_id, cause.at
    tell(visitor, "linked", cause, facts, profile_id=visitor.visitor_id, customer_id=customer_id)
    tell(visitor, "linked", cause, facts, customer_id=customer_id)
    return True


def _leave_cart(visitor: Visitor, at: Millis, facts: list[Fact]) -> None:
    """The cart stays with its customer, as it is; what comes after opens a new one."""
    if visitor.cart is not None:
        tell_pending(visitor, facts)
        _close_cart(visitor, at)


def _close_cart(visitor: Visitor, at: Millis) -> None:
    visitor.cart = visitor.pending = None
    visitor.cleared_at = max(visitor.cleared_at, at)


def _cart(visitor: Visitor, event: CartEvent, cause: Activity, facts: list[Fact]) -> None:
    if event.type == "order_completed":
        _order(visitor, event, cause, facts)
    elif event.occurred_at >= visitor.cleared_at:
        _change(visitor, event, cause, facts)


def _change(visitor: Visitor, event: CartEvent, cause: Activity, facts: list[Fact]) -> None:
    before = visitor.cart
    if before is not None and carts.is_other(before, event):
        if not carts.opens(event):
            return
        _leave_cart(visitor, event.occurred_at, facts)
    changed = carts.after(visitor.cart, event)
    if changed is None:
        return
    if changed.empty:
        tell_cart(visitor, changed, cause, facts)
        _close_cart(visitor, event.occurred_at)
        return
    unseen = visitor.seen_at - event.occurred_at
    visitor.cart = carts.quiet(changed, min(unseen, before.longest_quiet) if before else 0)


def _order(visitor: Visitor, event: CartEvent, cause: Activity, facts: list[Fact]) -> None:
    """The order, once. It ends the cart, but for what a late order finds put in after it."""
    cart = visitor.cart
    order_id = event.order_id or derive("order", event.event_id)
    if order_id in visitor.orders:
        return
    visitor.orders = (*visitor.orders, order_id)[-ORDERS_KEPT:]
    left = cart and carts.since(cart, event.occurred_at)
    if cart is None or left is None or left.empty or event.cart_id == cart.cart_id:
        _tell_order(visitor, event, order_id, cart, cause, facts)
        _close_cart(visitor, event.occurred_at)
    else:
        _tell_order(visitor, event, order_id, None, cause, facts)
        visitor.cart = left


def _tell_order(
    visitor: Visitor, event: CartEvent, order_id: str, cart: Cart | None, cause: Activity, facts: list[Fact]
) -> None:
    """The order, with what it doesn't say itself from the cart that it ends."""
    lines = event.lines or _line_of(event) or (cart.lines if cart and not cart.mixed else ())
    tell(
        visitor,
        "order_completed",
        cause,
        facts,
        cart_id=event.cart_id or (cart and cart.cart_id),
        checkout_id=event.checkout_id or (cart and cart.checkout_id),
        order_id=order_id,
        lines=lines,
        value=carts.worth(lines) if event.value is None else event.value,
        currency=event.currency or (cart and cart.currency),
        outreach_id=event.outreach_id or (cart and cart.outreach_id),
    )


def _line_of(event: CartEvent) -> tuple[Line, ...]:
    if event.product_id is None:
        return ()
    quantity = event.quantity or 1
    name = event.product_name
    return (Line(product_id=event.product_id, name=name, quantity=quantity, price=event.price),)


def _active(visitor: Visitor, cart: Cart, cause: Activity, known_until: Millis, facts: list[Fact]) -> None:
    """At most one in ACTIVITY_EVERY, the last one never left out; late activity always, it may prove a
    signal false."""
    if cause.at < cart.opened_at:
        return
    if cause.at < known_until:
        tell_activity(visitor, cause, facts)
        return
    visitor.pending = cause
    if cause.at >= visitor.active_at + ACTIVITY_EVERY:
        tell_pending(visitor, facts)


def _differ(before: Cart | None, now: Cart) -> bool:
    """Whether the cart changed in more than what activity tells: how long it was quiet, and evidence."""
    if before is None or before is now:
        return before is None
    return replace(before, longest_quiet=now.longest_quiet, evidence=now.evidence) != now
