"""The morning report of the sample day, against figures that are counted from its records."""

import pytest

from dashboards.morning_text import text
from schemas.events import CartEvent, OrderEvent
from sinks.clickhouse.embedded import EmbeddedStore
from tests.dashboards.sample import told
from tests.dashboards.test_morning import figure, of
from tests.dashboards.test_panels import abandoned


def test_a_day_of_the_shop(landed: EmbeddedStore) -> None:
    found = of(landed)
    sold = [one for one in told(CartEvent) if one.type == "order_completed" and not one.is_bot]
    elsewhere = {one.order_id: one for one in told(OrderEvent) if one.type == "order_completed"}
    orders = {**elsewhere, **{one.order_id: one for one in sold}}
    value = float(sum(one.value or 0 for one in orders.values()))
    assert figure(found, "Sales", "orders").value == len(orders)
    assert figure(found, "Sales", "value", "EUR").value == pytest.approx(value)
    assert figure(found, "Abandonment", "carts abandoned").value == len(abandoned())
    assert found.known
    assert found.changed == ()
    assert "There is nothing to compare with yet." in text(found)
