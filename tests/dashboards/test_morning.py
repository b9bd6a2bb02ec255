"""The morning report: figures of a day, what is usual, what changed most; as text and as a page."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.morning import Figure, Report, report
from dashboards.morning_text import html, text
from schemas import topics
from schemas.events import Click, OrderEvent
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.store import Row
from streams.simulator.settings import HOUR
from tests.dashboards.sample import START
from tests.sinks.test_views import put

DAY = date(2026, 6, 1)
WEEK = 7 * 24 * HOUR


def of(store: EmbeddedStore, day: date = DAY) -> Report:
    return report(day, store.query)


def figure(found: Report, section: str, measure: str, currency: str = "") -> Figure:
    wanted = (section, measure, currency)
    [one] = [each for each in found.figures if (each.section, each.measure, each.currency) == wanted]
    return one


def order(order_id: str, weeks: int = 0, value: str = "10", currency: str = "EUR") -> OrderEvent:
    """So many weeks before the day."""
    at = START + 12 * HOUR - weeks * WEEK
    return OrderEvent(
        event_id=f"{order_id} {weeks}",
        occurred_at=at,
        received_at=at,
        profile_id="p",
        type="order_completed",
        order_id=f"{order_id} {weeks}",
        value=Decimal(value),
        currency=currency,
    )


def visit(weeks: int = 0) -> Click:
    """That something landed of a day."""
    at = START + HOUR - weeks * WEEK
    return Click(
        event_id=f"visit {weeks}", occurred_at=at, received_at=at, visitor_id="v", type="page_viewed"
    )


def test_against_the_four_weeks_before(store: EmbeddedStore) -> None:
    """The third week is unknown: nothing at all landed. The fifth is too long ago."""
    put(store, topics.CLICKSTREAM, *(visit(weeks) for weeks in (0, 1, 2, 4, 5)))
    sold = {0: 12, 1: 8, 2: 6, 4: 10, 5: 100}
    put(store, topics.ORDERS, *(order(f"o{n}", weeks) for weeks, count in sold.items() for n in range(count)))
    orders = figure(of(store), "Sales", "orders")
    assert (orders.value, orders.before) == (12, (8, 6, None, 10))
    assert (orders.usual, orders.change) == (8, 50)


def test_money_is_never_added_across_currencies(store: EmbeddedStore) -> None:
    put(store, topics.CLICKSTREAM, visit(), visit(1))
    put(store, topics.ORDERS, order("a"), order("b", value="5"), order("c", currency="USD"), order("d", 1))
    found = of(store)
    euro, dollar = (figure(found, "Sales", "value", currency) for currency in ("EUR", "USD"))
    assert (euro.value, euro.before) == (15, (10, None, None, None))
    assert (dollar.value, dollar.before) == (10, (0, None, None, None))


def test_what_changed_most_comes_first(store: EmbeddedStore) -> None:
    put(store, topics.CLICKSTREAM, visit(), visit(1))
    put(store, topics.ORDERS, *(order(f"o{n}", value="1") for n in range(9)))
    put(store, topics.ORDERS, *(order(f"o{n}", 1, value="6") for n in range(10)))
    changed = of(store).changed
    assert [(one.measure, round(one.change or 0)) for one in changed] == [("value", -85), ("orders", -10)]


def test_a_day_of_which_nothing_landed(store: EmbeddedStore) -> None:
    put(store, topics.CLICKSTREAM, visit(1))
    found = of(store)
    assert not found.known
    assert "Nothing at all has landed of this day." in text(found)
    assert "What has landed is of 2026-05-25.\n" in text(found)
    assert all(one.value is None for one in found.figures)
    put(store, topics.CLICKSTREAM, visit(3))
    assert "What has landed is of 2026-05-11 to 2026-05-25." in html(of(store))


def test_a_store_in_which_nothing_ever_landed(store: EmbeddedStore) -> None:
    found = of(store)
    assert (found.known, found.landed, found.figures) == (False, None, ())
    assert "What has landed" not in text(found)


def asked(currency: str) -> Any:
    """Answers as ClickHouse might, for a currency that no shop should have."""

    def ask(_sql: str, _values: Mapping[str, str]) -> Sequence[Row]:
        sale = {"section": "Sales", "measure": "value", "unit": "money", "currency": currency, "value": 7.0}
        return [sale, {**sale, "section": "", "currency": ""}]

    return ask


def test_a_page_is_whole_and_escaped() -> None:
    page = html(report(DAY, asked("<script>alert(1)</script>")))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http" not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert "Monday, 01 June 2026" in page


def test_text_has_a_line_a_figure() -> None:
    lines = text(report(DAY, asked("EUR"))).splitlines()
    [line] = [one for one in lines if one.startswith("  value")]
    assert line.split() == ["value", *["7.00", "EUR"] * 2, "=", "+0", "%", *["7.00", "EUR"] * 4]
