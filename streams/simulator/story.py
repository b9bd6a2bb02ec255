"""One stretch of somebody's time, written down as events in the order in which they happen."""

from collections.abc import Iterable
from decimal import Decimal
from random import Random
from typing import Any

from schemas.events import CartEvent, Click, Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.words import CartType, ClickType, Line, Millis, ProfileUpdateType, SupportType
from streams.simulator.people import Gadget, Person, new_id

Event = Click | CartEvent | OrderEvent | SupportEvent | ProfileUpdate | Feedback
CURRENCY = "EUR"


def total(lines: Iterable[Line]) -> Decimal:
    """What the lines cost together."""
    return sum((line.quantity * (line.price or Decimal(0)) for line in lines), Decimal(0))


class Story:
    """Writes events of one person, on one device, as time goes on. ``events`` is what happened so far.

    ``received_at`` stands at ``occurred_at``: how they arrive is another matter (streams.simulator.arrival).
    """

    def __init__(self, random: Random, person: Person, gadget: Gadget, at: Millis) -> None:
        self.random = random
        self.person = person
        self.gadget = gadget
        self.at = at
        self.events: list[Event] = []
        self.session_id = new_id(random)
        self.is_bot = False

    def pause(self, mean: Millis) -> None:
        """Time passes: at least a millisecond, ``mean`` on average, at most ten times that."""
        self.at += 1 + min(int(self.random.expovariate(1 / mean)), 10 * mean)

    def chance(self, probability: float) -> bool:
        """True in that share of cases."""
        return self.random.random() < probability

    def click(self, what: ClickType, **details: Any) -> None:
        """The visitor saw or did something."""
        self.events.append(Click(type=what, **self._visitor(), **details))

    def cart(self, what: CartType, **details: Any) -> None:
        """The cart, the checkout, or an order of the storefront."""
        self.events.append(
            CartEvent(type=what, cart_id=self.gadget.cart_id, currency=CURRENCY, **self._visitor(), **details)
        )

    def order(self, profile_id: str, order_id: str, lines: tuple[Line, ...], **details: Any) -> None:
        """An order as the back office reports it."""
        self.events.append(
            OrderEvent(
                type="order_completed",
                profile_id=profile_id,
                order_id=order_id,
                lines=lines,
                value=total(lines),
                currency=CURRENCY,
                **self._times(),
                **details,
            )
        )

    def support(self, what: SupportType, contact_id: str, **details: Any) -> None:
        """Something happened to a contact."""
        self.events.append(
            SupportEvent(
                type=what,
                profile_id=self.person.profile_id(self.at),
                contact_id=contact_id,
                **self._times(),
                **details,
            )
        )

    def profile(self, what: ProfileUpdateType, **details: Any) -> None:
        """The customer said how to be approached."""
        profile_id = self.person.customer_id or self.gadget.visitor_id
        self.events.append(ProfileUpdate(type=what, profile_id=profile_id, **self._times(), **details))

    def _times(self) -> dict[str, Any]:
        return {"event_id": new_id(self.random), "occurred_at": self.at, "received_at": self.at}

    def _visitor(self) -> dict[str, Any]:
        return self._times() | {
            "sent_at": self.at,
            "visitor_id": self.gadget.visitor_id,
            "customer_id": self.gadget.known_as,
            "session_id": self.session_id,
            "device": self.gadget.kind,
            "is_bot": self.is_bot,
        }
