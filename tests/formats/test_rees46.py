"""REES46: four kinds of rows, and what may be wrong with them."""

from decimal import Decimal
from pathlib import Path

import pytest

from schemas.jsonl import to_millis
from tests.formats.files import REES46, Found, rees46, written

AT = "2022-10-01 00:00:03 UTC"
VIEW = f"{AT},view,11,2.50,7001,sess-1"
ADD = f"{AT},cart,11,2.50,7001,sess-1"
REMOVE = f"{AT},remove_from_cart,11,2.50,7001,sess-1"
BUY = f"{AT},purchase,11,2.50,7001,sess-1"


@pytest.mark.parametrize(
    ("row", "kind", "quantity"),
    [
        pytest.param(ADD, "product_added", 1, id="cart"),
        pytest.param(REMOVE, "product_removed", None, id="remove_from_cart takes the whole line"),
        pytest.param(BUY, "order_completed", 1, id="purchase"),
    ],
)
def test_cart_rows(tmp_path: Path, row: str, kind: str, quantity: int | None) -> None:
    (event,) = rees46(tmp_path, row).events
    assert (event.type, event.product_id, event.quantity) == (kind, "11", quantity)
    assert (event.price, event.currency) == (Decimal("2.50"), None)
    assert event.occurred_at == event.received_at == to_millis("2022-10-01T00:00:03Z")


def test_a_view_is_a_click(tmp_path: Path) -> None:
    (row,) = rees46(tmp_path, VIEW).rows
    assert (row.topic.name, row.event.type, row.event.product_id) == (
        "cx.clickstream",
        "product_viewed",
        "11",
    )


@pytest.mark.parametrize(
    ("identity", "visitor", "customer"), [("session", "sess-1", None), ("user", "7001", "7001")]
)
def test_identity(tmp_path: Path, identity: str, visitor: str, customer: str | None) -> None:
    (event,) = rees46(tmp_path, ADD, identity=identity).events  # type: ignore[arg-type]
    assert (event.visitor_id, event.customer_id, event.session_id) == (visitor, customer, "sess-1")


def test_purchase_rows_of_one_session_in_one_second_are_one_order(tmp_path: Path) -> None:
    other_product = BUY.replace(",11,", ",12,")
    other_second = BUY.replace(":03", ":04")
    other_session = BUY.replace("sess-1", "sess-2")
    events = rees46(tmp_path, BUY, other_product, other_session, other_second).events
    first, second, session, later = (event.order_id for event in events)
    assert first == second
    assert len({first, session, later}) == 3


def test_identical_rows_are_one_event_with_the_place_of_the_first(tmp_path: Path) -> None:
    found = rees46(tmp_path, ADD, BUY, ADD)
    assert found.counts == (3, 1, 0)
    assert found.events[0] == found.events[2]
    assert [event.sequence for event in found.events] == [2, 3, 2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("a,b", "2 columns, the header has 6", id="too short"),
        pytest.param(ADD + ",", "7 columns, the header has 6", id="too long"),
        pytest.param(ADD.replace("10-01", "13-01"), "impossible_time", id="no such month"),
        pytest.param(ADD.replace(" UTC", ""), "impossible_time", id="no time zone"),
        pytest.param(ADD.replace("2022-", "1022-"), "impossible_time", id="the middle ages"),
        pytest.param(ADD.replace("sess-1", ""), "empty_id", id="no session"),
        pytest.param(ADD.replace("sess-1", "null"), "empty_id", id="a placeholder"),
        pytest.param(ADD.replace("cart", "wish"), "event_type 'wish'", id="unknown type"),
        pytest.param(ADD.replace("2.50", "cheap"), "no amount", id="no price"),
        pytest.param(ADD.replace("2.50", "NaN"), "no amount", id="not a number"),
        pytest.param(ADD.replace("2.50", "0.00001"), "no amount", id="too fine"),
        pytest.param('"' + ADD, "not a row", id="a stray quotation mark"),
        pytest.param(ADD.replace("sess-1", "\udcff\udcfe"), "not UTF-8", id="not text"),
    ],
)
def test_a_dead_row_is_reported_with_its_line_and_does_not_stop_the_rest(
    tmp_path: Path, row: str, reason: str
) -> None:
    found = rees46(tmp_path, ADD, row, BUY)
    assert found.counts == (3, 0, 1)
    assert [event.type for event in found.events] == ["product_added", "order_completed"]
    (dead,) = found.dead
    assert str(dead.place) == f"{tmp_path / 'file'}:3"
    assert reason in dead.reason


def test_the_price_may_be_missing(tmp_path: Path) -> None:
    (event,) = rees46(tmp_path, ADD.replace("2.50", "")).events
    assert event.price is None


def test_other_columns_may_stand_between(tmp_path: Path) -> None:
    header = REES46.replace("product_id", "product_id,category_id,brand")
    file = written(tmp_path, "﻿" + header, ADD.replace(",11,", ',11,1487,"l\'or, or not",'), end="")
    (event,) = Found("rees46", [file]).events
    assert (event.product_id, event.price, event.visitor_id) == ("11", Decimal("2.50"), "sess-1")


@pytest.mark.parametrize(
    ("identical", "expected"),
    [pytest.param(True, 1, id="identical"), pytest.param(False, 0, id="other price")],
)
def test_a_row_that_stands_in_two_files_is_a_duplicate(
    tmp_path: Path, identical: bool, expected: int
) -> None:
    other = ADD if identical else ADD.replace("2.50", "2.60")
    files = [written(tmp_path, REES46, ADD, name="a"), written(tmp_path, REES46, VIEW, other, name="b")]
    found = Found("rees46", files)
    assert found.counts == (3, expected, 0)


@pytest.mark.data
@pytest.mark.parametrize(("month", "duplicates"), [("oct", 75), ("nov", 52), ("dec", 19)])
def test_real_files(third_party: Path, month: str, duplicates: int) -> None:
    found = Found("rees46", [third_party / "shop_rees46_cosmetics" / f"data_2022_{month}.csv"])
    assert found.counts == (999, duplicates, 0)
