"""What every input must satisfy beyond its schema. One pure function, used wherever inputs are read.

Kernels, landing, replay and import ask it, so that they agree on what is bad. ``suspects`` is the same
question asked of a whole batch at once: it may name a good record, and never misses a bad one.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

from schemas.control import Heartbeat
from schemas.shape import PRECISION, SCALE
from schemas.topics import INPUTS
from schemas.words import Line, Millis, Record

EARLIEST: Millis = 946_684_800_000
"""2000-01-01T00:00:00Z."""
LATEST: Millis = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""
AMOUNT_LIMIT = Decimal(10) ** (PRECISION - SCALE)

PLACEHOLDERS = frozenset(
    {
        "",
        "-",
        "0",
        "-1",
        "00000000-0000-0000-0000-000000000000",
        "00000000000000000000000000000000",
        "[object object]",
        "anonymous",
        "guest",
        "n/a",
        "nan",
        "nil",
        "none",
        "not_set",
        "(not set)",
        "null",
        "undefined",
        "unknown",
    }
)
"""What broken integrations send where an id belongs: thousands of visitors would become one."""

BLANKS = " \t\r\n"
IDS = ("event_id", "visitor_id", "customer_id", "profile_id", "contact_id", "order_id")
TIMES = ("occurred_at", "received_at")


class Fault(NamedTuple):
    """Why a record is bad: a reason of ``schemas.errors.REASONS``, and the field for people."""

    reason: str
    detail: str


def fault(record: Record) -> Fault | None:
    """Why this input must not be obeyed; None if it may be."""
    check = CHECKS.get(type(record))
    return check(record) if check else None


def _check_times(record: Any, names: tuple[str, ...] = TIMES) -> Fault | None:
    for name in names:
        moment = getattr(record, name)
        if not EARLIEST <= moment < LATEST:
            return Fault("impossible_time", f"{name} is {moment} ms since 1970")
    return None


def _check_id(name: str, value: str | None) -> Fault | None:
    if value is not None and is_placeholder(value):
        return Fault("empty_id", f"{name} is {value[:40]!r}")
    return None


def is_placeholder(identifier: str) -> bool:
    """Empty, or a word that stands for nothing."""
    return len(identifier) < 40 and identifier.strip(BLANKS).lower() in PLACEHOLDERS


def _check_shop(shop_id: str) -> Fault | None:
    if "/" in shop_id or is_placeholder(shop_id):
        return Fault("impossible_shop", f"shop_id is {shop_id[:40]!r}")
    return None


def _check_lines(record: Any) -> Fault | None:
    quantity = getattr(record, "quantity", None)
    if quantity is not None and quantity < 1:
        return Fault("impossible_quantity", f"quantity is {quantity}")
    return next(filter(None, map(_check_line, getattr(record, "lines", ()))), None)


def _check_line(line: Line) -> Fault | None:
    if line.quantity < 1:
        return Fault("impossible_quantity", f"quantity of {line.product_id[:40]!r} is {line.quantity}")
    return None


def _input_check(model: type[Record]) -> Callable[[Any], Fault | None]:
    ids = tuple(name for name in IDS if name in model.__struct_fields__)

    def check(record: Any) -> Fault | None:
        for name in ids:
            wrong = _check_id(name, getattr(record, name))
            if wrong:
                return wrong
        return _check_shop(record.shop_id) or _check_times(record) or _check_lines(record)

    return check


def _heartbeat_check(record: Any) -> Fault | None:
    return _check_times(record, ("received_at",))


CHECKS: dict[type[Record], Callable[[Any], Fault | None]] = {
    topic.model: _input_check(topic.model) for topic in INPUTS
} | {Heartbeat: _heartbeat_check}
"""The check of each contract that others than heedful write."""


def suspects(frame: pl.DataFrame, model: type[Record]) -> list[int]:
    """Positions of the rows for which ``fault`` must be asked; all others are good."""
    if model not in CHECKS or frame.is_empty():
        return []
    doubts = [doubt for doubt in map(_doubt, frame.schema.items()) if doubt is not None]
    return frame.select(pl.any_horizontal(doubts).fill_null(False).arg_true()).to_series().to_list()


def _doubt(column: tuple[str, Any]) -> pl.Expr | None:
    name, _ = column
    it = pl.col(name)
    if name in IDS:
        return _reads_as_placeholder(it)
    if name == "shop_id":
        return _reads_as_placeholder(it) | it.str.contains("/", literal=True)
    if name in TIMES:
        return (it < EARLIEST) | (it >= LATEST)
    if name == "quantity":
        return it < 1
    if name == "lines":
        return it.list.eval(pl.element().struct.field("quantity") < 1).list.any()
    return None


def _reads_as_placeholder(it: pl.Expr) -> pl.Expr:
    short = pl.when(it.str.len_bytes() < 40 * 4).then(it)
    return short.str.strip_chars(BLANKS).str.to_lowercase().is_in(sorted(PLACEHOLDERS))
