"""Kernel 1: who is this, what is in the cart, still active? From a device's events to a customer's facts.

    cx.clickstream, cx.cart  ──  Visits  ──>  cx.facts

It decides nothing and has no business timers: it links devices to customers, keeps the one current cart of
each device, and tells ``care`` what changed. Of visitors who never had a cart nor a name it keeps nothing.
"""

from collections.abc import Iterable

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.facts import Fact
from schemas.topics import Output
from schemas.words import Millis
from streams.kernel.processor import Bulk, Moment
from streams.rules.visit import ACTIVITY_EVERY, Event, happened, stranger
from streams.rules.visitor import Visitor, tell_pending

MEMORY: Millis = 30 * 86_400_000
"""Carts, links and orders are forgotten this long after the visitor's last activity; ids of changes this long
after they happened, but not before the cart that they made."""


class Visits:
    """The processor of the visits kernel."""

    name = "visits"
    inputs = (topics.CLICKSTREAM, topics.CART)
    bulk = Bulk(topics.CLICKSTREAM, key=("shop_id", "visitor_id"), alone="customer_id", never="is_bot")
    state = Visitor

    def key(self, event: Event) -> str:
        """Shop and visitor."""
        return topics.key(event.shop_id, event.visitor_id)

    def remember(self, event: Event) -> Millis | None:
        """Changes of a cart are remembered as long as a cart; activity twice is activity."""
        return event.occurred_at + MEMORY if isinstance(event, CartEvent) else None

    def still_counts(self, state: Visitor) -> Millis | None:
        """A cart lives as long as somebody is active, and consists of changes however old."""
        return None if state.cart is None else state.cleared_at + MEMORY

    def apply(self, state: Visitor | None, event: Event, at: Moment, out: list[Output]) -> Visitor | None:
        """The event happened. Bots are as if they weren't; nothing is kept of who is erased."""
        if event.is_bot:
            return state
        if event.type == "visitor_erased":
            return None
        if state is None and isinstance(event, Click) and event.customer_id is None:
            return None
        visitor = state or stranger(event)
        _publish(happened(visitor, event), out)
        return visitor if visitor.worth_keeping else None

    late = apply

    def deadline(self, state: Visitor) -> Millis:
        """When pending activity must be told, or all is forgotten."""
        return state.seen_at + MEMORY if state.pending is None else state.active_at + ACTIVITY_EVERY

    def wake(self, state: Visitor, due: Millis, at: Moment, out: list[Output]) -> Visitor | None:
        """Tell the trailing activity; or forget."""
        if state.pending is None:
            return None
        facts: list[Fact] = []
        tell_pending(state, facts)
        _publish(facts, out)
        return state


def _publish(facts: Iterable[Fact], out: list[Output]) -> None:
    out.extend(Output(topics.FACTS, topics.key(fact.shop_id, fact.profile_id), fact) for fact in facts)
