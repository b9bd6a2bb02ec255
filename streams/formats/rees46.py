"""Shop events as REES46 publishes them: event_time, event_type, product_id, price, user_id, user_session.

``remove_from_cart`` takes the whole line away. Each ``purchase`` row is one product of an order; the rows of
one session in one second are one order. The files name no currency, so there is none.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.ids import derive
from schemas.jsonl import to_millis
from schemas.words import CartType, Millis
from streams.formats.base import Dead, DeadRow, Identity, Row, amount
from streams.formats.table import Cells, mapped

COLUMNS = ("event_time", "event_type", "product_id", "price", "user_id", "user_session")
CART_TYPES: dict[str, CartType] = {
    "cart": "product_added",
    "remove_from_cart": "product_removed",
    "purchase": "order_completed",
}


class Rees46:
    """See the module."""

    name = "rees46"
    in_order = True

    def rows(self, file: Path, identity: Identity) -> Iterator[Row | DeadRow]:
        """The rows of a file."""
        return mapped(file, COLUMNS, lambda cells: row(cells, identity))


def row(cells: Cells, identity: Identity) -> Row:
    """One row. Raises Dead."""
    time, event_type, product_id, price, user_id, session = cells.wanted
    at, paid = moment(time), amount(price)
    known: dict[str, Any] = {
        "event_id": derive("rees46", *cells.all),
        "occurred_at": at,
        "received_at": at,
        "sequence": cells.line,
        "source": "rees46",
        "visitor_id": session if identity == "session" else user_id,
        "customer_id": None if identity == "session" else user_id,
        "session_id": session,
        "product_id": product_id,
    }
    if event_type == "view":
        return Row(topics.CLICKSTREAM, Click(type="product_viewed", **known), known["event_id"])
    cart_type = CART_TYPES.get(event_type)
    if cart_type is None:
        raise Dead(f"event_type {event_type!r} is not known")
    if cart_type == "order_completed":
        known["order_id"] = derive("rees46 order", session, time)
    quantity = None if cart_type == "product_removed" else 1
    event = CartEvent(type=cart_type, quantity=quantity, price=paid, **known)
    return Row(topics.CART, event, known["event_id"])


@lru_cache(maxsize=64)
def moment(text: str) -> Millis:
    """``2022-10-01 00:00:00 UTC``. Raises Dead."""
    time, _, zone = text.rpartition(" ")
    try:
        if zone != "UTC":
            raise ValueError
        return to_millis(time + "+00:00")
    except ValueError:
        raise Dead(f"impossible_time: {text!r} is no time such as 2022-10-01 00:00:00 UTC") from None
