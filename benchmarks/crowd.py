"""A shop's traffic as it happens: visitors click, fill carts, order or leave; customers ask."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import TypeAlias

from schemas.events import CartEvent, Click, SupportEvent
from schemas.words import Millis

PAUSE: Millis = 1_000
"""Between two events of one visitor."""
VISITS = (
    ("product_added", "product_viewed", "product_viewed"),
    ("product_added", "product_added", "product_viewed", "order_completed"),
)
"""What two visitors do, the first of whom leaves a cart behind."""
ROUND = 50
"""Events in which these two come once, and a customer; the others are clicks of who has no cart."""
PASSERS = ROUND - sum(map(len, VISITS)) - 1

Event: TypeAlias = Click | CartEvent | SupportEvent


class Crowd:
    """Events, made in the moment in which they are received."""

    def __init__(self) -> None:
        self._rounds = 0
        self._plans: list[tuple[Millis, str, int]] = []
        """What visitors are about to do: when, who, and which of their steps. A heap."""
        self.left: dict[str, Millis] = {}
        """Who left a cart behind, and when they were last seen."""

    def events(self, now: Millis, rounds: int) -> Iterator[Event]:
        """So many rounds begin; and what was to follow on those before."""
        for _ in range(rounds):
            self._rounds += 1
            for visit in range(len(VISITS)):
                heappush(self._plans, (now, f"visitor-{self._rounds}-{visit}", 0))
            yield self._asks(now)
            for passer in range(PASSERS):
                yield self._click(now, f"passer-{self._rounds % 997}-{passer}")
        while self._plans and self._plans[0][0] <= now:
            yield self._step(now, *heappop(self._plans)[1:])

    def _step(self, now: Millis, who: str, step: int) -> Event:
        steps = VISITS[int(who[-1])]
        if step + 1 < len(steps):
            heappush(self._plans, (now + PAUSE, who, step + 1))
        elif steps is VISITS[0]:
            self.left[who] = now
        what = steps[step]
        return self._click(now, who) if what == "product_viewed" else self._cart(now, who, step, what)

    def _click(self, now: Millis, who: str) -> Click:
        name = f"click-{who}-{now}"
        return Click(event_id=name, occurred_at=now, received_at=now, visitor_id=who, type="product_viewed")

    def _cart(self, now: Millis, who: str, step: int, what: str) -> CartEvent:
        product, order = f"product-{step}", f"order-{who}" if what == "order_completed" else None
        return CartEvent(
            event_id=f"cart-{who}-{step}",
            occurred_at=now,
            received_at=now,
            visitor_id=who,
            type=what,  # type: ignore[arg-type]
            product_id=product,
            order_id=order,
        )

    def _asks(self, now: Millis) -> SupportEvent:
        return SupportEvent(
            event_id=f"said-{self._rounds}",
            occurred_at=now,
            received_at=now,
            profile_id=f"customer-{self._rounds}",
            contact_id=f"contact-{self._rounds}",
            type="message_received",
            kind="customer_message",
            channel="email",
            status="open",
        )
