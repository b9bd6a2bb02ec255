"""Events of a visitor, and the facts that visits tells of them. Times in the tables are minutes."""

from decimal import Decimal
from typing import Any

from schemas.events import CartEvent, Click
from schemas.facts import Fact
from schemas.words import CartType, Line
from streams.kernel.task import Task
from streams.visits import Visits

MINUTE = 60_000
T0 = 1_700_000_000_000


def at(minutes: float) -> int:
    """A moment, some minutes after the beginning of the test."""
    return T0 + round(minutes * MINUTE)


def click(minutes: float, **known: Any) -> Click:
    """The visitor looks at a page."""
    base: dict[str, Any] = {"event_id": f"click@{minutes}", "visitor_id": "v", "type": "page_viewed"}
    return Click(**{**base, "occurred_at": at(minutes), "received_at": at(minutes), **known})


def cart(kind: CartType, minutes: float, **known: Any) -> CartEvent:
    """Something happens to the visitor's cart."""
    base: dict[str, Any] = {"event_id": f"{kind}@{minutes}", "visitor_id": "v", "type": kind}
    return CartEvent(**{**base, "occurred_at": at(minutes), "received_at": at(minutes), **known})


def add(minutes: float, product: str = "tea", **known: Any) -> CartEvent:
    """The visitor puts a product into the cart."""
    return cart("product_added", minutes, product_id=product, **known)


def remove(minutes: float, product: str = "tea", **known: Any) -> CartEvent:
    """The visitor takes a product out of the cart."""
    return cart("product_removed", minutes, product_id=product, **known)


def order(minutes: float, **known: Any) -> CartEvent:
    """The visitor buys."""
    return cart("order_completed", minutes, **known)


def lines(*products: str, price: str | None = None) -> tuple[Line, ...]:
    """One of each product."""
    return tuple(Line(product_id=name, price=price and Decimal(price)) for name in products)  # type: ignore[misc]


class Watching:
    """A task of visits, and all the facts it told."""

    def __init__(self) -> None:
        self.task = Task(Visits())
        self.facts: list[Fact] = []

    def read(self, *events: Click | CartEvent, to: float) -> list[Fact]:
        """Read the events in this order, then let the clock reach ``to``; the facts that this told."""
        for event in events:
            self.task.receive(event)
        told = [out.value for out in self.task.advance(at(to), at(to))]
        facts = [fact for fact in told if isinstance(fact, Fact)]
        self.facts += facts
        return facts


def told(*events: Click | CartEvent, to: float = 1_000) -> list[Fact]:
    """The facts told when all events are read before the clock moves."""
    return Watching().read(*events, to=to)


def brief(facts: list[Fact]) -> list[tuple[str, float, str]]:
    """Of each fact its type, its minute and its profile."""
    return [(fact.type, (fact.occurred_at - T0) / MINUTE, fact.profile_id) for fact in facts]


def content(fact: Fact) -> dict[str, int]:
    """Quantity per product."""
    return {line.product_id: line.quantity for line in fact.lines}
