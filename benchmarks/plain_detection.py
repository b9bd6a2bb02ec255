"""Detection record by record, as one writes it without an engine for it: carts left, first replies overdue.

States live in mappings from visitor or contact to what is known: a table, a store, a dict. Needs nothing but
the standard library, so that any peer's interpreter can load it.
"""

import heapq
from collections.abc import Iterator, MutableMapping
from typing import Any, TypeAlias

from schemas.ids import derive

PATIENCE = {"cart": 3_600_000, "checkout": 1_800_000, "payment": 600_000}
"""Milliseconds of silence after which a cart counts as left."""
FIRST_REPLY = 3_600_000
"""Milliseconds within which a contact's first reply is due."""
STAGES = {"product_added": "cart", "checkout_started": "checkout", "payment_info_entered": "payment"}
LATENESS = 10_000

Record: TypeAlias = dict[str, Any]
States: TypeAlias = MutableMapping[str, Record]


class Deadlines:
    """What is due in one partition, and how far its time has come: as far as the slowest of its topics."""

    def __init__(self, *labels: str) -> None:
        self._received = dict.fromkeys(labels, 0)
        self._due: list[tuple[int, str]] = []

    def hear(self, label: str, received_at: int) -> None:
        """A record of that topic was received then."""
        self._received[label] = max(self._received[label], received_at)

    def add(self, due: int, who: str) -> None:
        """To be looked at when ``due`` is over."""
        heapq.heappush(self._due, (due, who))

    def passed(self) -> Iterator[tuple[int, str]]:
        """What became due, the earliest first."""
        clock = min(self._received.values()) - LATENESS
        while self._due and self._due[0][0] < clock:
            yield heapq.heappop(self._due)


def cart_happened(carts: States, deadlines: Deadlines, record: Record) -> None:
    """An event of a visitor."""
    visitor_id = record["visitor_id"]
    known = carts.get(visitor_id)
    if known is None and record["type"] != "product_added":
        return
    cart = _changed(known, record)
    if cart is None:
        carts.pop(visitor_id)
        return
    carts[visitor_id] = cart
    if not cart["signalled"] and (known is None or known["signalled"] or known["stage"] != cart["stage"]):
        deadlines.add(_cart_due(cart), visitor_id)


def carts_left(carts: States, deadlines: Deadlines) -> Iterator[Record]:
    """A signal, in the form of the contract, for each cart that became due."""
    for due, visitor_id in deadlines.passed():
        cart = carts.get(visitor_id)
        if cart is None or cart["signalled"]:
            continue
        if _cart_due(cart) > due:
            deadlines.add(_cart_due(cart), visitor_id)
            continue
        carts[visitor_id] = {**cart, "signalled": True}
        yield _abandoned(visitor_id, cart, due)


def contact_happened(contacts: States, deadlines: Deadlines, record: Record) -> None:
    """An event of a contact."""
    contact_id = record["contact_id"]
    known = contacts.get(contact_id)
    if known is None and record["kind"] == "customer_message":
        asked_at = record["occurred_at"]
        contacts[contact_id] = {"profile_id": record["profile_id"], "asked_at": asked_at, "done": False}
        deadlines.add(asked_at + FIRST_REPLY, contact_id)
    elif known is not None and record["kind"] == "human_reply" and not known["done"]:
        in_time = record["occurred_at"] <= known["asked_at"] + FIRST_REPLY
        contacts[contact_id] = {**known, "done": in_time}


def replies_overdue(contacts: States, deadlines: Deadlines) -> Iterator[Record]:
    """A signal, in the form of the contract, for each contact that became due."""
    for due, contact_id in deadlines.passed():
        contact = contacts.get(contact_id)
        if contact is not None and not contact["done"]:
            contacts[contact_id] = {**contact, "done": True}
            yield _overdue(contact_id, contact, due)


def _cart_due(cart: Record) -> int:
    return int(cart["active_at"]) + PATIENCE[cart["stage"]]


def _changed(cart: Record | None, record: Record) -> Record | None:
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
    lines = _filled(before["lines"], record)
    if not lines:
        return None
    stage = STAGES.get(what, before["stage"]) if what != "product_added" else before["stage"]
    signalled = before["signalled"] and stage == before["stage"]
    now = {**before, "lines": lines, "stage": stage, "signalled": signalled}
    now["active_at"] = max(before["active_at"], at)
    if lines is not before["lines"]:
        now |= {"changed_by": record["event_id"], "changed_at": at, "signalled": False}
    return now


def _filled(lines: Record, record: Record) -> Record:
    """What is in the cart after an event, by product: quantity and price."""
    product_id = record["product_id"]
    if record["type"] == "product_added":
        quantity, _ = lines.get(product_id, (0, None))
        return {**lines, product_id: (quantity + record["quantity"], str(record["price"]))}
    if record["type"] == "product_removed":
        return {product: line for product, line in lines.items() if product != product_id}
    return lines


def _abandoned(visitor_id: str, cart: Record, due: int) -> Record:
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


def _overdue(contact_id: str, contact: Record, due: int) -> Record:
    return {
        "event_id": derive("plain", contact_id),
        "shop_id": "main",
        "profile_id": contact["profile_id"],
        "contact_id": contact_id,
        "kind": "breached",
        "clock": "first_reply",
        "occurred_at": due,
        "processed_at": due,
        "rules_version": "plain",
        "started_at": contact["asked_at"],
        "due_at": due,
        "elapsed_ms": FIRST_REPLY,
    }
