"""The same detection as a plain Faust application would have it: an agent, a table, the memory store.

    python -m benchmarks.plain_detect BOOTSTRAP PREFIX PARTITIONS

It keeps per visitor what is in the cart, how far the visitor went and when they were last seen, in a table
with a changelog; and says which carts were left once the time of the log has passed their patience. Its
deadlines live in memory beside the table, since a table can't be written from a timer.
"""

import heapq
import sys
from collections import defaultdict
from typing import Any

import faust

from benchmarks.plain import Wire, plain_app, run
from schemas.ids import derive
from schemas.topics import ABANDONMENT_SIGNALS, CART, CLICKSTREAM
from schemas.words import Millis

PATIENCE: dict[str, Millis] = {"cart": 3_600_000, "checkout": 1_800_000, "payment": 600_000}
STAGES = {"product_added": "cart", "checkout_started": "checkout", "payment_info_entered": "payment"}
LATENESS: Millis = 10_000


class Deadlines:
    """What is due in one partition, and how far its time has come: as far as the slower of its two topics."""

    def __init__(self) -> None:
        self.received: dict[str, Millis] = {CLICKSTREAM.label: 0, CART.label: 0}
        self.due: list[tuple[Millis, str]] = []

    def next_due(self) -> tuple[Millis, str] | None:
        """The earliest of what became due."""
        clock = min(self.received.values()) - LATENESS
        return heapq.heappop(self.due) if self.due and self.due[0][0] < clock else None


def application(bootstrap: str, prefix: str, partitions: int) -> faust.App:
    """The application, ready to run."""
    wire = Wire()
    write = wire.writer(ABANDONMENT_SIGNALS.subject)
    app = plain_app(f"{prefix}-detect", bootstrap, partitions)
    names = {topic.named(prefix): topic.label for topic in (CLICKSTREAM, CART)}
    carts = app.Table("carts", key_type=str, value_type=dict, partitions=partitions)
    signals = app.topic(ABANDONMENT_SIGNALS.named(prefix), key_type=bytes, value_type=bytes)
    deadlines: dict[int, Deadlines] = defaultdict(Deadlines)

    @app.agent(app.topic(*names, key_type=bytes, value_type=bytes))
    async def detect(stream: Any) -> None:
        async for event in stream.events():
            record = wire.read(event.value)
            of = deadlines[event.message.partition]
            label = names[event.message.topic]
            of.received[label] = max(of.received[label], record["received_at"])
            if "visitor_id" in record:
                happened(of, record)
            while (due := of.next_due()) is not None:
                await fall_due(of, *due)

    def happened(of: Deadlines, record: dict[str, Any]) -> None:
        visitor_id = record["visitor_id"]
        known = carts.get(visitor_id)
        if known is None and record["type"] != "product_added":
            return
        cart = changed(known, record)
        if cart is None:
            carts.pop(visitor_id)
            return
        carts[visitor_id] = cart
        if known is None or known["stage"] != cart["stage"]:
            heapq.heappush(of.due, (cart["active_at"] + PATIENCE[cart["stage"]], visitor_id))

    async def fall_due(of: Deadlines, due: Millis, visitor_id: str) -> None:
        cart = carts.get(visitor_id)
        if cart is None or cart["signalled"]:
            return
        really = cart["active_at"] + PATIENCE[cart["stage"]]
        if really > due:
            heapq.heappush(of.due, (really, visitor_id))
            return
        carts[visitor_id] = {**cart, "signalled": True}
        await signals.send(key=f"main/{visitor_id}".encode(), value=write(signal_of(visitor_id, cart, due)))

    return app


def changed(cart: dict[str, Any] | None, record: dict[str, Any]) -> dict[str, Any] | None:
    """The cart after an event; None if nothing is left of it."""
    at, what = record["occurred_at"], record["type"]
    if what == "order_completed":
        return None
    before = cart or {
        "opened_by": record["event_id"],
        "stage": "cart",
        "active_at": 0,
        "lines": {},
        "signalled": False,
    }
    lines = filled(before["lines"], record)
    if not lines:
        return None
    now = {
        **before,
        "lines": lines,
        "stage": STAGES.get(what, before["stage"]) if what != "product_added" else before["stage"],
    }
    now["active_at"] = max(before["active_at"], at)
    if lines is not before["lines"]:
        now |= {"changed_by": record["event_id"], "changed_at": at, "signalled": False}
    return now


def filled(lines: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """What is in the cart after an event, by product: quantity and price."""
    product_id = record["product_id"]
    if record["type"] == "product_added":
        quantity, _ = lines.get(product_id, (0, None))
        return {**lines, product_id: (quantity + record["quantity"], str(record["price"]))}
    if record["type"] == "product_removed":
        return {product: line for product, line in lines.items() if product != product_id}
    return lines


def signal_of(visitor_id: str, cart: dict[str, Any], due: Millis) -> dict[str, Any]:
    """The signal, in the form of the contract."""
    return {
        "event_id": derive("plain", cart["changed_by"], cart["stage"]),
        "shop_id": "main",
        "profile_id": visitor_id,
        "visitor_id": visitor_id,
        "kind": "abandoned",
        "stage": cart["stage"],
        "occurred_at": due,
        "processed_at": due,
        "rules_version": "plain",
        "cart_id": cart["opened_by"],
        "opened_by": cart["opened_by"],
        "changed_by": cart["changed_by"],
        "changed_at": cart["changed_at"],
        "last_activity_at": cart["active_at"],
    }


if __name__ == "__main__":
    bootstrap, prefix, partitions = sys.argv[1:]
    run(application(bootstrap, prefix, int(partitions)))
