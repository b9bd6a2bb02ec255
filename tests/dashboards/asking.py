"""Asks a panel of a store, as the live page does."""

from dashboards.panel import Panel, panels
from schemas.jsonl import to_iso
from schemas.words import Millis
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.store import Row


def panel(name: str) -> Panel:
    return next(each for each in panels() if each.name == name)


def rows(store: EmbeddedStore, name: str, start: Millis, end: Millis) -> list[Row]:
    """Its rows for a span of event time."""
    return store.query(panel(name).sql, {"from": moment(start), "until": moment(end)})


def moment(at: Millis) -> str:
    """As ClickHouse reads and writes a DateTime64(3)."""
    return to_iso(at).replace("T", " ").removesuffix("Z")
