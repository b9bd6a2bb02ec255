"""What just happened: the latest signals and decisions, each with what explains it. Bounded memory.

Pure: records in, rows out. Decisions tell more than the outreach that follows from some of them: they are
there in the mode shadow, too, and name every guard.
"""

from bisect import insort
from operator import itemgetter
from typing import Any

import msgspec

from schemas.jsonl import to_iso
from schemas.outputs import AbandonmentSignal, ContactSignal, Decision
from schemas.words import Record
from streams.rules.contacts.said import METRIC_EVENTS

KEPT = 200
"""So many are kept."""

SHOWN = 60
"""So many are shown, unless another number is asked for."""

LINES = 3
"""So many products of a cart are named."""

MOMENTS = frozenset({"occurred_at", "processed_at", "last_activity_at", "held_until", "due_at", "started_at"})

_ABOUT = ("shop_id", "profile_id", "occurred_at", "processed_at", "rules_version")

FIELDS: dict[str, tuple[str, ...]] = {
    "cart": (
        *_ABOUT,
        *("kind", "stage", "visitor_id", "last_activity_at", "value", "currency", "device"),
        *("order_id", "outreach_id", "cause"),
    ),
    "contact": (
        *_ABOUT,
        *("kind", "clock", "contact_id", "channel", "team", "priority", "started_at", "due_at", "elapsed_ms"),
        *("step", "cause", "detail", "policy"),
    ),
    "outreach": (
        *_ABOUT,
        *("outcome", "guard", "guards", "channel", "rule", "step", "held_until", "mode"),
    ),
}
"""What is shown, by what it is about."""

ABOUT: dict[type[Record], str] = {AbandonmentSignal: "cart", ContactSignal: "contact", Decision: "outreach"}


class Happened:
    """The view. One thread may take while others look."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._rows: list[tuple[int, str, dict[str, Any]]] = []
        self._ids: set[str] = set()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._rows)

    def take(self, record: Record) -> None:
        """A signal or a decision, in any order; one that comes again is the same."""
        about = ABOUT.get(type(record))
        if about is None or getattr(record, "kind", None) in METRIC_EVENTS:
            return
        said: Any = record
        if said.event_id in self._ids:
            return
        self._ids.add(said.event_id)
        insort(self._rows, (said.processed_at, said.event_id, _row(about, said)), key=itemgetter(0, 1))
        if len(self._rows) > self._kept:
            self._ids.discard(self._rows.pop(0)[1])

    def answer(self, limit: int = SHOWN) -> dict[str, Any]:
        """As JSON: the latest first."""
        return {"rows": [row for _, _, row in self._rows[: -limit - 1 : -1]]}


def _row(about: str, record: Any) -> dict[str, Any]:
    fields = ((name, getattr(record, name)) for name in FIELDS[about])
    shown = {name: _plain(name, value) for name, value in fields if value is not None}
    return {"about": about, "event_id": record.event_id, **shown, **_lines(record)}


def _plain(name: str, value: Any) -> Any:
    if name in MOMENTS:
        return to_iso(value)
    if name == "guards":
        return [{"guard": one.guard, "result": one.result, "detail": one.detail} for one in value]
    return msgspec.to_builtins(value)


def _lines(record: Any) -> dict[str, Any]:
    lines = getattr(record, "lines", ())
    if not lines:
        return {}
    names = [line.name or line.product_id for line in lines[:LINES]]
    return {"products": names, "more": len(lines) - len(names)}
