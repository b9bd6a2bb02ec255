"""What the sample day has none of: two currencies, withdrawals, signals that come late, repeated ones."""

from decimal import Decimal

import pytest

from schemas import topics
from sinks.clickhouse.embedded import EmbeddedStore
from tests.dashboards.asking import moment, rows
from tests.sinks.harness import START
from tests.sinks.test_views import MINUTE, contact, put, signal

HOUR = 60 * MINUTE


@pytest.mark.parametrize("name", ["value_by_stage", "value_by_device", "value_by_hour", "value_by_cause"])
def test_amounts_of_two_currencies_are_never_added(name: str, store: EmbeddedStore) -> None:
    euro = [signal("a"), signal("b", value=Decimal("7.50"))]
    others = [signal("c", currency="USD"), signal("d", value=None, currency=None)]
    recovered = signal("r", 5, kind="recovered", abandoned_id="b", order_id="o")
    put(store, topics.ABANDONMENT_SIGNALS, *euro, *others, recovered)
    found = {row["currency"]: row for row in rows(store, name, START - HOUR, START + HOUR)}
    told = {currency: (row["carts"], row["at_stake"], row["recovered"]) for currency, row in found.items()}
    assert told == {"EUR": (2, 20, 7.5), "USD": (1, 12.5, 0), "unknown": (1, 0, 0)}


@pytest.mark.parametrize(
    "name",
    [
        "abandonments",
        "recovered",
        "value_by_hour",
        "value_by_stage",
        "value_by_cause",
        "abandonment_by_cause",
    ],
)
def test_what_was_withdrawn_is_no_abandonment(name: str, store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("a"), signal("w", 1, kind="withdrawn", abandoned_id="a"))
    assert rows(store, name, START - HOUR, START + HOUR) == []


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        pytest.param(START, START + 1, True, id="from its moment on"),
        pytest.param(START - 1, START, False, id="until its moment"),
        pytest.param(START + 1, START + HOUR, False, id="after it"),
    ],
)
def test_a_span_has_its_begin_and_not_its_end(start: int, end: int, seen: bool, store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("a"))
    assert bool(rows(store, "abandonments", start, end)) == seen


def test_detection_latency(store: EmbeddedStore) -> None:
    """From becoming true to being said; the first time, if it was said twice."""
    seconds = [*range(1, 101)]
    said = [signal(str(late), processed_at=START + late * 1_000) for late in seconds]
    put(store, topics.ABANDONMENT_SIGNALS, *said, signal("7", processed_at=START + HOUR))
    put(store, topics.CONTACT_SIGNALS, contact("answered", 3, processed_at=START + HOUR))
    [row] = rows(store, "detection_latency", START - HOUR, START + HOUR)
    assert row == {"time": "2023-11-14 22:00:00", "p50": 51, "p95": 96, "p99": 100}


def test_hours_in_between_in_which_nothing_happened(store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("a"), signal("b", 180))
    found = rows(store, "abandonments", START - HOUR, START + 4 * HOUR)
    assert [row["checkout"] for row in found] == [1, 0, 0, 1]
    assert found[0]["time"][:13] == moment(START)[:13]
