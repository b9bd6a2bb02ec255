"""What every input must satisfy beyond its schema. One pure function, used wherever inputs are read.

Kernels, landing, replay and import ask it, so that they agree on what is bad. ``suspects`` is the same
question asked of a whole batch at once: it may name a good record, and never misses a bad one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

import polars as pl

from schemas.control import Clock, Heartbeat
from schemas.shape import PRECISION, SCALE
from schemas.topics import INPUTS
from schemas.words import Line, Millis, Record

EARLIEST: Millis = 946_684_800_000
"""2000-01-01T00:00:00Z."""
LATEST: Millis = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""
AMOUNT_LIMIT = Decimal(10) ** (PRECISION - SCALE)

MOST_PIECES = 10**9
"""Of a product, in one event."""
MOST_LINES = 1_000
MOST_TAGS = 100
MOST_TASKS = 100_000
LONGEST_ID = 256
"""Characters. Ids stand in keys, and in everything that follows from an event."""
LONGEST_TEXT = 1_024
LONGEST_ADDRESS = 8_192
ADDRESSES = ("url", "query", "address")

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
WINDOWS = ("window_from", "window_until")
"""Times that may be missing."""


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


def _check_shop(record: Any) -> Fault | None:
    shop_id = record.shop_id
    if "/" in shop_id or is_placeholder(shop_id):
        return Fault("impossible_shop", f"shop_id is {shop_id[:40]!r}")
    return None


def _check_lines(record: Any) -> Fault | None:
    quantity = getattr(record, "quantity", None)
    if quantity is not None and not 1 <= quantity <= MOST_PIECES:
        return Fault("impossible_quantity", f"quantity is {quantity}")
    lines = getattr(record, "lines", ())
    if len(lines) > MOST_LINES:
        return Fault("too_long", f"{len(lines)} lines")
    return next(filter(None, map(_check_line, lines)), None)


def _check_tags(record: Any) -> Fault | None:
    tags = getattr(record, "tags", ())
    if len(tags) > MOST_TAGS:
        return Fault("too_long", f"{len(tags)} tags, the limit is {MOST_TAGS}")
    return next(
        (Fault("too_long", f"a tag of {len(tag)} characters") for tag in tags if len(tag) > LONGEST_ID), None
    )


def _check_window(record: Any) -> Fault | None:
    told = tuple(name for name in WINDOWS if getattr(record, name, None) is not None)
    return _check_times(record, told)


def _check_line(line: Line) -> Fault | None:
    if not 1 <= line.quantity <= MOST_PIECES:
        return Fault("impossible_quantity", f"quantity of {line.product_id[:40]!r} is {line.quantity}")
    return _check_texts(line, LINE_TEXTS)


def longest(name: str) -> int:
    """How many characters a text of this name may have."""
    if name.endswith("_id"):
        return LONGEST_ID
    return LONGEST_ADDRESS if name in ADDRESSES else LONGEST_TEXT


def _texts(model: type[Record]) -> dict[str, int]:
    hints = get_type_hints(model)
    return {name: longest(name) for name in model.__struct_fields__ if hints[name] in (str, str | None)}


def _check_texts(record: Any, texts: Mapping[str, int]) -> Fault | None:
    for name, most in texts.items():
        value = getattr(record, name)
        if value is not None and len(value) > most:
            return Fault("too_long", f"{name} has {len(value)} characters, the limit is {most}")
    return None


LINE_TEXTS = _texts(Line)


def _input_check(model: type[Record]) -> Callable[[Any], Fault | None]:
    """Asks only about fields that the contract has."""
    has = set(model.__struct_fields__)
    ids = tuple(name for name in IDS if name in has)
    checks = [check for check, names in ASKED if has.intersection(names)]
    texts = _texts(model)
    in_all = attrgetter(*texts)
    short = min(texts.values())

    def check(record: Any) -> Fault | None:
        for name in ids:
            wrong = _check_id(name, getattr(record, name))
            if wrong:
                return wrong
        for asked in checks:
            wrong = asked(record)
            if wrong:
                return wrong
        if max(map(len, filter(None, in_all(record))), default=0) <= short:
            return None
        return _check_texts(record, texts)

    return check


ASKED: tuple[tuple[Callable[[Any], Fault | None], tuple[str, ...]], ...] = (
    (_check_shop, ("shop_id",)),
    (_check_times, TIMES),
    (_check_window, WINDOWS),
    (_check_lines, ("quantity", "lines")),
    (_check_tags, ("tags",)),
)
"""Questions, and the fields that they are about, in the order in which they are asked."""


def _heartbeat_check(record: Any) -> Fault | None:
    return _check_times(record, ("received_at",))


def _clock_check(clock: Any) -> Fault | None:
    if 0 <= clock.task < clock.tasks <= MOST_TASKS and 0 <= clock.clock < LATEST:
        return None
    return Fault("impossible_clock", f"task {clock.task} of {clock.tasks} at {clock.clock} ms since 1970")


CHECKS: dict[type[Record], Callable[[Any], Fault | None]] = {
    topic.model: _input_check(topic.model) for topic in INPUTS
} | {Heartbeat: _heartbeat_check, Clock: _clock_check}
"""The check of each contract that others than heedful write, and of what moves clocks."""


def suspects(frame: pl.DataFrame, model: type[Record]) -> list[int]:
    """Positions of the rows for which ``fault`` must be asked; all others are good."""
    if model not in CHECKS or frame.is_empty():
        return []
    if model is Clock:
        return list(range(frame.height))
    return frame.select(_doubtful(tuple(frame.schema.items()))).to_series().to_list()


@lru_cache(maxsize=256)
def _doubtful(columns: tuple[tuple[str, Any], ...]) -> pl.Expr:
    doubts = [doubt for column in columns for doubt in _doubts(column)]
    return pl.any_horizontal(doubts).fill_null(False).arg_true()


def _doubts(column: tuple[str, Any]) -> Iterator[pl.Expr]:
    name, kind = column
    it = pl.col(name)
    if kind == pl.String:
        yield it.str.len_bytes() > longest(name)
    if name in IDS or name == "shop_id":
        yield _reads_as_placeholder(it)
    if name == "shop_id":
        yield it.str.contains("/", literal=True)
    if name in TIMES or name in WINDOWS:
        yield ~it.is_between(EARLIEST, LATEST, closed="left")
    if name == "quantity":
        yield ~it.is_between(1, MOST_PIECES)
    if name == "tags":
        yield it.list.len() > MOST_TAGS
        yield it.list.eval(pl.element().str.len_bytes() > LONGEST_ID).list.any()
    if name == "lines":
        yield it.list.len() > MOST_LINES
        doubts = [doubt for field in kind.inner.fields for doubt in _doubts_of_a_line(field)]
        yield it.list.eval(pl.any_horizontal(doubts)).list.any()


def _doubts_of_a_line(field: Any) -> Iterator[pl.Expr]:
    it = pl.element().struct.field(field.name)
    if field.dtype == pl.String:
        yield it.str.len_bytes() > longest(field.name)
    if field.name == "quantity":
        yield ~it.is_between(1, MOST_PIECES)


_READS_AS_PLACEHOLDER = rf"(?i)^[{BLANKS}]*(?:{'|'.join(map(re.escape, sorted(PLACEHOLDERS)))})[{BLANKS}]*$"
"""What ``is_placeholder`` finds, and more, as it takes upper and lower case of all scripts for the same."""


def _reads_as_placeholder(it: pl.Expr) -> pl.Expr:
    return it.str.contains(_READS_AS_PLACEHOLDER)
