"""Carts at risk: open, silent, and not yet counted as left. What is in them, and when patience ends.

    cx.facts: cart_changed, activity ──> at risk until last activity + the patience of its stage
    cx.facts: order, emptied cart; cx.profiles: no open cart ──> no more

Pure: records in, rows out. Every fact tells of the cart what is needed here, so facts that are no older than
the longest patience are enough. What it gets wrong: it uses the patience of the settings as they are now,
also for carts that were filled under other ones; a cart that was ordered on another device comes back if its
device goes on and the order was so long ago that it isn't read any more.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from heapq import nsmallest
from operator import attrgetter
from sys import intern
from typing import Any, TypeAlias

import msgspec

from schemas.facts import Fact
from schemas.jsonl import to_iso
from schemas.outputs import ProfileState
from schemas.words import Millis
from streams.rules.settings import AbandonmentSettings

ROOM = 500_000
"""So many carts are kept; of more, only how many facts of them went by."""

CURRENCIES = 3
"""Of so many, the most frequent ones, the dearest carts are shown: values are comparable within one only."""

Key: TypeAlias = tuple[str, str]
"""Shop, and visitor or customer."""


class Cart(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The one cart of a device. ``due``: when it counts as left if nothing happens.

    ``order``: of two tellings the later one. ``open``: whether it can still be signalled at its stage.
    """

    shop_id: str
    visitor_id: str
    profile_id: str
    stage: str
    device: str
    value: Decimal | None
    currency: str | None
    changed_at: Millis
    last_activity_at: Millis
    due: Millis
    order: tuple[Millis, int]
    open: bool


class AtRisk:
    """The view. One thread may take while others look."""

    def __init__(self, patience: AbandonmentSettings, lateness: Millis, room: int = ROOM) -> None:
        """``lateness``: how much later than others an event may arrive."""
        self._patience = patience
        self.lateness = lateness
        self._room = room
        self._carts: dict[Key, Cart] = {}
        self._over: OrderedDict[Key, Millis] = OrderedDict()
        self.left_out = 0

    def __len__(self) -> int:
        """How many carts are kept, those that are over included."""
        return len(self._carts)

    @property
    def reach(self) -> Millis:
        """How far back facts must be read to know every cart at risk."""
        stages = (self._patience.cart, self._patience.checkout, self._patience.payment)
        return max(stage.after for stage in stages) + self.lateness

    def tell(self, fact: Fact) -> None:
        """What a fact says of a cart."""
        if fact.type == "order_completed":
            self._end((fact.shop_id, fact.profile_id), fact.occurred_at)
        if fact.type not in ("activity", "cart_changed", "order_completed"):
            return
        key = fact.shop_id, fact.visitor_id
        cart, known = self._cart(fact), self._carts.get(key)
        if known is not None and known.order > cart.order:
            return
        if known is None and len(self._carts) >= self._room:
            self.left_out += 1
            return
        self._carts[key] = cart

    def profile(self, key: bytes, state: ProfileState | None) -> None:
        """What care says of a customer: without an open cart, or forgotten, nothing of theirs is at risk."""
        if state is None:
            shop_id, _, profile_id = key.decode(errors="replace").partition("/")
            self._forget((shop_id, profile_id))
        elif state.open_carts == 0:
            self._end((state.shop_id, state.profile_id), state.updated_at)

    def forget(self, reached: Millis) -> None:
        """Let go of carts that were due before. ``reached``: care's clock."""
        for key, cart in list(self._carts.items()):
            if cart.due < reached and self._carts.get(key) is cart:
                del self._carts[key]

    def answer(self, limit: int, now: Millis, reached: Millis) -> dict[str, Any]:
        """As JSON: how many and worth what, who is due first, and which are worth most.

        ``now``: the time of people. ``reached``: care's clock; what was due before is signalled.
        """
        carts = [cart for cart in list(self._carts.values()) if self._at_risk(cart, reached)]
        worth = _worth(carts)
        soon = now + self.reach // 6
        return {
            "at_risk": len(carts),
            "due_soon": sum(cart.due <= soon for cart in carts),
            "soon_ms": soon - now,
            "left_out": self.left_out,
            "stages": dict(Counter(cart.stage for cart in carts)),
            "worth": worth,
            "by_due": [_row(cart, now) for cart in nsmallest(limit, carts, attrgetter("due", "visitor_id"))],
            "by_value": [
                _row(cart, now) for one in worth[:CURRENCIES] for cart in _dearest(carts, one, limit)
            ],
        }

    def _at_risk(self, cart: Cart, reached: Millis) -> bool:
        over = self._over.get((cart.shop_id, cart.profile_id), -1)
        return cart.open and cart.due >= reached and cart.changed_at > over

    def _cart(self, fact: Fact) -> Cart:
        after = self._patience.after(fact.stage)
        seen = fact.last_activity_at or fact.occurred_at
        changed_at = fact.changed_at or fact.occurred_at
        quiet = fact.longest_quiet_ms or 0
        filled = fact.type == "activity" or (fact.type == "cart_changed" and bool(fact.lines))
        young = seen + after - changed_at <= self._patience.max_age
        return Cart(
            shop_id=intern(fact.shop_id),
            visitor_id=fact.visitor_id,
            profile_id=fact.profile_id,
            stage=intern(fact.stage),
            device=intern(fact.device),
            value=fact.value,
            currency=fact.currency and intern(fact.currency),
            changed_at=changed_at,
            last_activity_at=seen,
            due=seen + after,
            order=(fact.occurred_at, fact.sequence or 0),
            open=filled and fact.cart_id is not None and young and quiet <= after,
        )

    def _end(self, customer: Key, at: Millis) -> None:
        self._over[customer] = max(at, self._over.pop(customer, at))
        if len(self._over) > self._room:
            self._over.popitem(last=False)

    def _forget(self, customer: Key) -> None:
        self._over.pop(customer, None)
        for key, cart in list(self._carts.items()):
            if customer in (key, (cart.shop_id, cart.profile_id)):
                self._carts.pop(key, None)


def _worth(carts: Iterable[Cart]) -> list[dict[str, Any]]:
    """What stands at risk in each currency, the most frequent one first; never summed across them."""
    counts: Counter[str] = Counter()
    sums: dict[str, Decimal] = {}
    for cart in carts:
        if cart.value is not None and cart.currency is not None:
            counts[cart.currency] += 1
            sums[cart.currency] = sums.get(cart.currency, Decimal(0)) + cart.value
    return [{"currency": name, "carts": n, "value": str(sums[name])} for name, n in counts.most_common()]


def _dearest(carts: Iterable[Cart], worth: dict[str, Any], limit: int) -> list[Cart]:
    same = (cart for cart in carts if cart.currency == worth["currency"] and cart.value is not None)
    return nsmallest(limit, same, lambda cart: (-(cart.value or 0), cart.due))


def _row(cart: Cart, now: Millis) -> dict[str, Any]:
    return {
        "shop_id": cart.shop_id,
        "profile_id": cart.profile_id,
        "visitor_id": cart.visitor_id,
        "stage": cart.stage,
        "device": cart.device,
        "value": None if cart.value is None else str(cart.value),
        "currency": cart.currency,
        "last_activity_at": to_iso(cart.last_activity_at),
        "due_at": to_iso(cart.due),
        "due_in_ms": cart.due - now,
    }
