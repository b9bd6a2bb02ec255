"""Detection record by record, as one writes it without an engine for it: carts left, first replies overdue.

States live in mappings from visitor or contact to what is known: a table, a store, a dict. Needs nothing but
the standard library, so that any peer's interpreter can load it.
"""

import heapq
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple, TypeAlias

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

    def copy(self) -> "Deadlines":
        """As they are now."""
        other = Deadlines()
        other._received, other._due = dict(self._received), list(self._due)
        return other


class Work(NamedTuple):
    """What is read and what is said of it. Each entity has a state, a record with ``done``: nothing is to
    be said any more.

    ``labels``: of the topics read; ``output``: of the one written. ``entity``: the field that names it.
    ``after``: the state after an event, None if there is none. ``due``: when something is to be said of it.
    ``signal``: what is said then, in the form of the contract.
    """

    labels: tuple[str, ...]
    output: str
    entity: str
    after: Callable[[Record | None, Record], Record | None]
    due: Callable[[Record], int]
    signal: Callable[[str, Record, int], Record]

    def happened(self, states: States, deadlines: Deadlines, record: Record) -> None:
        """An event of an entity."""
        who = record[self.entity]
        known = states.get(who)
        now = self.after(known, record)
        if now is not None:
            states[who] = now
            self.wait(known, now, deadlines, who)
        elif known is not None:
            del states[who]

    def wait(self, known: Record | None, now: Record, deadlines: Deadlines, who: str) -> None:
        """See to it that a state is looked at when it is due, if that isn't seen to already."""
        waits = known is not None and not known["done"] and known.get("stage") == now.get("stage")
        if not now["done"] and not waits:
            deadlines.add(self.due(now), who)

    def overdue(self, states: States, deadlines: Deadlines) -> Iterator[Record]:
        """A signal for each state that became due."""
        for due, who in deadlines.passed():
            state = states.get(who)
            if state is None or state["done"]:
                continue
            if self.due(state) > due:
                deadlines.add(self.due(state), who)
                continue
            states[who] = {**state, "done": True}
            yield self.signal(who, state, due)


def _cart_after(cart: Record | None, record: Record) -> Record | None:
    if cart is None and record["type"] != "product_added":
        return None
    return _changed(cart, record)


def _cart_due(cart: Record) -> int:
    return int(cart["active_at"]) + PATIENCE[cart["stage"]]


def _contact_after(contact: Record | None, record: Record) -> Record | None:
    if contact is None:
        if record["kind"] != "customer_message":
            return None
        return {"profile_id": record["profile_id"], "asked_at": record["occurred_at"], "done": False}
    in_time = record["kind"] == "human_reply" and record["occurred_at"] <= _contact_due(contact)
    return {**contact, "done": contact["done"] or in_time}


def _contact_due(contact: Record) -> int:
    return int(contact["asked_at"]) + FIRST_REPLY


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
        "done": False,
    }
    lines = _filled(before["lines"], record)
    if not lines:
        return None
    stage = STAGES.get(what, before["stage"]) if what != "product_added" else before["stage"]
    done = before["done"] and stage == before["stage"]
    now = {**before, "lines": lines, "stage": stage, "done": done}
    now["active_at"] = max(before["active_at"], at)
    if lines is not before["lines"]:
        now |= {"changed_by": record["event_id"], "changed_at": at, "done": False}
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


CARTS = Work(
    labels=("clickstream", "cart"),
    output="signals.abandonment",
    entity="visitor_id",
    after=_cart_after,
    due=_cart_due,
    signal=_abandoned,
)
CONTACTS = Work(
    labels=("support",),
    output="signals.contact",
    entity="contact_id",
    after=_contact_after,
    due=_contact_due,
    signal=_overdue,
)
