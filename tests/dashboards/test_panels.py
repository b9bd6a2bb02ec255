"""What each panel answers of the sample day, against figures that are counted from its records."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from dashboards.panel import Panel, panels
from schemas.facts import Fact
from schemas.outputs import AbandonmentSignal, Outreach
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.store import Row
from streams.simulator.settings import HOUR
from tests.dashboards.asking import rows
from tests.dashboards.sample import END, START, told

STAGES = ("cart", "checkout", "payment")


def asked(store: EmbeddedStore, name: str, start: int = START, end: int = END) -> list[Row]:
    return rows(store, name, start, end)


def hours(rows: list[Row], *columns: str) -> dict[int, Any]:
    """By hour of the day, what isn't nothing."""
    found = {int(row["time"][11:13]): [row[name] for name in columns] for row in rows}
    return {hour: values for hour, values in found.items() if any(values)}


def hour(at: int) -> int:
    return (at - START) // HOUR


def percent(part: Iterable[object], whole: Iterable[object]) -> float:
    """With one decimal."""
    return pytest.approx(100 * len(list(part)) / len(list(whole)), abs=0.051)


def abandoned() -> list[AbandonmentSignal]:
    signals = told(AbandonmentSignal)
    false = {signal.abandoned_id for signal in signals if signal.kind == "withdrawn"}
    return [one for one in signals if one.kind == "abandoned" and one.event_id not in false]


def recoveries() -> dict[str | None, AbandonmentSignal]:
    """By the signal that they answer."""
    return {one.abandoned_id: one for one in told(AbandonmentSignal) if one.kind == "recovered"}


def requested() -> list[Outreach]:
    return [one for one in told(Outreach) if one.action == "request"]


def first_request(signal: AbandonmentSignal) -> int | None:
    return min((one.occurred_at for one in requested() if one.signal_id == signal.event_id), default=None)


def came_back_three_ways(signals: list[AbandonmentSignal]) -> list[int]:
    came = [(one, back) for one in signals if (back := recoveries().get(one.event_id))]
    after = [one for one, back in came if (at := first_request(one)) is not None and at <= back.occurred_at]
    return [len(came), len(after), len([one for one, back in came if back.outreach_id])]


def by(values: Iterable[Any], of: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for value in values:
        found[of(value)].append(value)
    return dict(found)


# Carts.


def carts() -> dict[str, list[Fact]]:
    """Of each cart its facts in order, those without contents left out."""
    filled = [one for one in told(Fact) if one.type == "cart_changed" and one.lines]
    return by(sorted(filled, key=lambda one: (one.occurred_at, one.sequence)), lambda one: one.cart_id)


def left() -> set[str]:
    return {one.cart_id for one in abandoned()}


def shares(groups: dict[Any, list[str]]) -> dict[Any, float]:
    return {group: percent(left() & set(ids), ids) for group, ids in groups.items()}


def test_abandonment_rate(landed: EmbeddedStore) -> None:
    opened = by(carts(), lambda cart: hour(carts()[cart][0].occurred_at))
    assert hours(asked(landed, "abandonment_rate"), "abandoned") == {
        at: [share] for at, share in shares(opened).items()
    }


# All of them.


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.name)
def test_a_panel_answers_in_the_shape_of_its_chart(panel: Panel, landed: EmbeddedStore) -> None:
    found = asked(landed, panel.name)
    assert found
    first, *others = found[0]
    if panel.chart == "line":
        assert first == "time"
        assert [row["time"] for row in found] == sorted({row["time"] for row in found})
    if panel.chart == "bar":
        assert len({row[first] for row in found}) == len(found)
    if panel.chart != "table":
        assert others
        assert all(isinstance(row[name], int | float) for row in found for name in others)
    if panel.unit == "money":
        assert "currency" in found[0]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.name)
def test_a_span_without_anything_is_no_error(panel: Panel, landed: EmbeddedStore) -> None:
    before = START - 48 * HOUR
    found = asked(landed, panel.name, before, before + HOUR)
    assert panel.name == "freshness" or not any(
        value for row in found for value in row.values() if not isinstance(value, str)
    )
