"""Clickstreams as retentioneering publishes them: user_id, session_id, event, timestamp, platform, channel.

There are no products, prices or ids of carts and orders: a cart holds what was added, once or often. Events
of the page (support_chat, wishlist_add, …) are page views whose ``url`` is the event's name. The files are
ordered by user.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.ids import derive
from schemas.jsonl import to_millis
from schemas.words import CartType, ClickType, Device, Millis
from streams.formats.base import Dead, DeadRow, Identity, Row
from streams.formats.table import Cells, mapped

COLUMNS = ("user_id", "session_id", "event", "timestamp", "platform", "acquisition_channel")
CART_TYPES: dict[str, CartType] = {
    "add_to_cart": "product_added",
    "shipping_details": "checkout_started",
    "payment_details": "payment_info_entered",
    "payment_error": "payment_failed",
    "purchase": "order_completed",
}
CLICK_TYPES: dict[str, ClickType] = {
    "product_view": "product_viewed",
    "catalog": "product_list_viewed",
    "filter_results": "product_list_viewed",
    "search": "products_searched",
    "checkout_bug": "error_shown",
    "error_page": "error_shown",
}
DEVICES = frozenset(get_args(Device))


class Retentioneering:
    """See the module."""

    name = "retentioneering"
    in_order = False

    def rows(self, file: Path, identity: Identity) -> Iterator[Row | DeadRow]:
        """The rows of a file."""
        return mapped(file, COLUMNS, lambda cells: row(cells, identity))


def row(cells: Cells, identity: Identity) -> Row:
    """One row. Raises Dead."""
    user_id, session_id, name, time, platform, acquisition = cells.wanted
    if not name:
        raise Dead("event is empty")
    at = moment(time)
    known: dict[str, Any] = {
        "event_id": derive("retentioneering", *cells.all),
        "occurred_at": at,
        "received_at": at,
        "sequence": cells.line,
        "source": "retentioneering",
        "visitor_id": session_id if identity == "session" else user_id,
        "customer_id": None if identity == "session" else user_id,
        "session_id": session_id,
        "device": device(platform),
    }
    cart_type = CART_TYPES.get(name)
    if cart_type is None:
        return Row(topics.CLICKSTREAM, _click(name, acquisition, known), known["event_id"])
    if cart_type == "order_completed":
        known["order_id"] = derive("retentioneering order", session_id, time)
    return Row(topics.CART, CartEvent(type=cart_type, **known), known["event_id"])


def _click(name: str, acquisition: str, known: dict[str, Any]) -> Click:
    kind = CLICK_TYPES.get(name, "page_viewed")
    code = name if kind == "error_shown" else None
    return Click(type=kind, url=name, error_code=code, acquisition=acquisition or None, **known)


def device(platform: str) -> Device:
    """The kind of device."""
    if platform in DEVICES:
        return cast(Device, platform)
    return "other" if platform else "unknown"


@lru_cache(maxsize=64)
def moment(text: str) -> Millis:
    """``2024-03-13 10:21:14``, in UTC. Raises Dead."""
    try:
        return to_millis(text + "+00:00")
    except ValueError:
        raise Dead(f"impossible_time: {text!r} is no time such as 2024-03-13 10:21:14") from None
