"""What is known of one device, and how it is told: the state of visits, and its facts."""

from typing import Any

import msgspec

from schemas import topics
from schemas.facts import Fact
from schemas.ids import derive
from schemas.words import Device, FactType, Millis
from streams.rules.cart import Cart


class Activity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Activity that was not told yet: the event that showed it."""

    at: Millis
    by: str
    received_at: Millis


class Visitor(msgspec.Struct, array_like=True, kw_only=True, gc=False):
    """What is known of one device. New fields go to the end and have a default."""

    form: int = 1
    shop_id: str
    visitor_id: str
    seen_at: Millis
    """Last activity."""
    customer_id: str | None = None
    linked_at: Millis = 0
    device: Device = "unknown"
    cart: Cart | None = None
    cleared_at: Millis = 0
    """When the cart was last ordered, emptied or left behind: changes before that are over."""
    orders: tuple[str, ...] = ()
    """Ids of the last orders, so that each is told once."""
    active_at: Millis = 0
    """The last activity that was told."""
    pending: Activity | None = None
    told_at: Millis = 0
    told: int = 0
    """How many facts were told of the moment ``told_at``: their sequence."""

    @property
    def profile_id(self) -> str:
        """The customer if known, else the visitor."""
        return self.customer_id or self.visitor_id

    @property
    def worth_keeping(self) -> bool:
        """Whether anything is known that isn't said by each event."""
        return bool(self.cart or self.customer_id or self.orders or self.cleared_at)


def tell_pending(visitor: Visitor, facts: list[Fact]) -> None:
    """Tell the pending activity, if there is any."""
    if visitor.pending is not None:
        visitor.active_at = visitor.pending.at
        tell_activity(visitor, visitor.pending, facts)
        visitor.pending = None


def tell_activity(visitor: Visitor, activity: Activity, facts: list[Fact]) -> None:
    """Activity, at the moment it was, and the cart that it kept alive: who looks on needs no older fact."""
    alive = _standing(visitor.cart) if visitor.cart else {}
    tell(visitor, "activity", activity, facts, **alive)


def tell_cart(visitor: Visitor, cart: Cart, cause: Activity, facts: list[Fact]) -> None:
    """A snapshot. It is placed after all that was told before, so that the last one is the true one."""
    visitor.pending, visitor.active_at = None, visitor.seen_at
    placed = msgspec.structs.replace(cause, at=max(cause.at, visitor.told_at))
    tell(
        visitor,
        "cart_changed",
        placed,
        facts,
        checkout_id=cart.checkout_id,
        opened_by=cart.opened_by,
        changed_by=cart.changed_by,
        stage_at=cart.stage_at,
        lines=cart.lines,
        outreach_id=cart.outreach_id,
        **_standing(cart),
    )


def _standing(cart: Cart) -> dict[str, Any]:
    """How far a cart has come, what it is worth, how long it was quiet, and what stood in the way."""
    return {
        "cart_id": cart.cart_id,
        "changed_at": cart.changed_at,
        "stage": cart.stage,
        "longest_quiet_ms": cart.longest_quiet,
        "value": cart.value,
        "currency": None if cart.mixed else cart.currency,
        "evidence": cart.evidence,
    }


def tell(
    visitor: Visitor,
    kind: FactType,
    cause: Activity,
    facts: list[Fact],
    *,
    profile_id: str | None = None,
    **known: Any,
) -> None:
    """A fact about the profile; its sequence keeps the order in which a visitor's facts were told."""
    if cause.at > visitor.told_at:
        visitor.told_at, visitor.told = cause.at, 0
    profile_id = profile_id or visitor.profile_id
    fact = Fact(
        event_id=derive(cause.by, kind, topics.key(visitor.shop_id, profile_id)),
        shop_id=visitor.shop_id,
        occurred_at=cause.at,
        received_at=cause.received_at,
        sequence=visitor.told,
        profile_id=profile_id,
        visitor_id=visitor.visitor_id,
        type=kind,
        last_activity_at=visitor.seen_at,
        device=visitor.device,
        **known,
    )
    visitor.told += 1
    facts.append(fact)
