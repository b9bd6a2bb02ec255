"""Shoppers for the benchmarks, and what a detector must conclude about them.

Every visitor comes once, looks at products, may fill a cart, may go on to the checkout and to the payment,
may order. No pause within a visit is longer than five minutes, so a cart is abandoned exactly if the visit
ends with something in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from schemas.control import Heartbeat
from schemas.events import CartEvent, Click
from schemas.words import CartType, Millis, Stage

SECOND: Millis = 1_000
HOUR: Millis = 3_600 * SECOND
BEGINNING: Millis = 1_760_000_000_000
ARRIVAL: Millis = 200
"""Every event is received so long after it happened."""
SILENCE: Millis = 3 * HOUR
"""After the last visit: longer than any detector's patience."""


@dataclass(frozen=True)
class Traffic:
    """Events in the order in which they are received; who leaves a cart behind, and at which stage."""

    events: tuple[Click | CartEvent, ...]
    abandoned: dict[str, Stage]
    end: Heartbeat
    """The time by which every abandonment is due; to be told to every partition of every input."""


def traffic(visitors: int, seed: int, start: Millis = BEGINNING, spread: Millis = 6 * HOUR) -> Traffic:
    """The visits of so many visitors, beginning within ``spread`` ms. Equal arguments, equal traffic."""
    random = Random(seed)
    visits = [
        Visit(random, f"visitor-{seed}-{number}", start + random.randrange(spread))
        for number in range(visitors)
    ]
    events = sorted(
        (event for visit in visits for event in visit.events),
        key=lambda event: (event.received_at, event.event_id),
    )
    abandoned = {visit.visitor_id: visit.stage for visit in visits if visit.lines}
    return Traffic(tuple(events), abandoned, Heartbeat(received_at=events[-1].received_at + SILENCE))


class Visit:
    """One visit from beginning to end."""

    def __init__(self, random: Random, visitor_id: str, start: Millis) -> None:
        self.visitor_id = visitor_id
        self.stage: Stage = "unknown"
        self.lines: list[str] = []
        self._random = random
        self._at = start
        self.events: list[Click | CartEvent] = list(self._happens())

    def _happens(self) -> Iterator[Click | CartEvent]:
        yield from self._looks()
        if self._random.random() < 0.5:
            return
        for _ in range(self._random.randint(1, 4)):
            yield self._fills()
            yield from self._looks()
        if self._random.random() < 0.2:
            yield self._takes_out()
        if self.lines:
            yield from self._checks_out()

    def _looks(self) -> Iterator[Click]:
        for _ in range(self._random.randint(2, 8)):
            yield Click(
                type="product_viewed",
                product_id=self._product(),
                url="https://shop.example/p",
                **self._next(),
            )

    def _fills(self) -> CartEvent:
        product = self._product()
        self.stage = "cart"
        self.lines.append(product)
        price = Decimal(self._random.randint(100, 20_000)) / 100
        return self._cart("product_added", product_id=product, quantity=1, price=price, currency="EUR")

    def _takes_out(self) -> CartEvent:
        product = self.lines[0]
        self.lines = [line for line in self.lines if line != product]
        return self._cart("product_removed", product_id=product)

    def _checks_out(self) -> Iterator[CartEvent]:
        if self._random.random() < 0.5:
            return
        self.stage = "checkout"
        yield self._cart("checkout_started")
        if self._random.random() < 0.4:
            return
        self.stage = "payment"
        yield self._cart("payment_info_entered")
        if self._random.random() < 0.6:
            self.lines = []
            yield self._cart("order_completed", order_id=f"order-{self.visitor_id}")

    def _cart(self, what: CartType, **details: Any) -> CartEvent:
        return CartEvent(type=what, **details, **self._next())

    def _next(self) -> dict[str, Any]:
        self._at += self._random.randint(SECOND, 60 * SECOND)
        return {
            "event_id": f"{self.visitor_id}-{self._at}",
            "occurred_at": self._at,
            "received_at": self._at + ARRIVAL,
            "visitor_id": self.visitor_id,
        }

    def _product(self) -> str:
        return f"product-{self._random.randrange(2_000)}"
