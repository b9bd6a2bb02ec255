"""Retentioneering: events without products, ordered by user."""

from collections import Counter
from pathlib import Path

import pytest

from tests.formats.files import Found, retentioneering


def a_row(event: str, time: str = "10:00:00", session: str = "s-1", platform: str = "mobile") -> str:
    return f"u-1,{session},{event},2024-03-13 {time},{platform},email"


@pytest.mark.parametrize(
    ("event", "topic", "kind"),
    [
        ("add_to_cart", "cx.cart", "product_added"),
        ("shipping_details", "cx.cart", "checkout_started"),
        ("payment_details", "cx.cart", "payment_info_entered"),
        ("payment_error", "cx.cart", "payment_failed"),
        ("purchase", "cx.cart", "order_completed"),
        ("product_view", "cx.clickstream", "product_viewed"),
        ("search", "cx.clickstream", "products_searched"),
        ("catalog", "cx.clickstream", "product_list_viewed"),
        ("checkout_bug", "cx.clickstream", "error_shown"),
        ("support_chat", "cx.clickstream", "page_viewed"),
        ("something_new", "cx.clickstream", "page_viewed"),
    ],
)
def test_types(tmp_path: Path, event: str, topic: str, kind: str) -> None:
    (row,) = retentioneering(tmp_path, a_row(event)).rows
    assert (row.topic.name, row.event.type, row.event.device) == (topic, kind, "mobile")
    assert row.key == "main/s-1"
    if topic == "cx.clickstream":
        assert (row.event.url, row.event.acquisition) == (event, "email")


def test_an_error_keeps_its_name(tmp_path: Path) -> None:
    (event,) = retentioneering(tmp_path, a_row("checkout_bug")).events
    assert event.error_code == "checkout_bug"


@pytest.mark.parametrize(
    ("platform", "device"), [("desktop", "desktop"), ("tablet", "tablet"), ("tv", "other"), ("", "unknown")]
)
def test_devices(tmp_path: Path, platform: str, device: str) -> None:
    (event,) = retentioneering(tmp_path, a_row("home", platform=platform)).events
    assert event.device == device


def test_rows_are_sorted_by_time_and_keep_their_order_within_a_second(tmp_path: Path) -> None:
    times = ("10:00:05", "10:00:09", "10:00:05", "09:00:00")
    found = retentioneering(tmp_path, *(a_row("home", time, f"s-{n}") for n, time in enumerate(times)))
    assert [event.visitor_id for event in found.events] == ["s-3", "s-0", "s-2", "s-1"]
    assert [event.sequence for event in found.events] == [5, 2, 4, 3]


def test_the_user_as_identity(tmp_path: Path) -> None:
    (event,) = retentioneering(tmp_path, a_row("home"), identity="user").events
    assert (event.visitor_id, event.customer_id) == ("u-1", "u-1")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(a_row(""), id="no event"),
        pytest.param(a_row("home", time="25:00:00"), id="impossible time"),
        pytest.param(a_row("home", session=""), id="no session"),
    ],
)
def test_dead_rows(tmp_path: Path, row: str) -> None:
    assert retentioneering(tmp_path, row).counts == (1, 0, 1)


@pytest.mark.data
def test_the_real_file_which_is_packed(third_party: Path) -> None:
    found = Found("retentioneering", [third_party / "shop_retentioneering" / "ecom.csv.gz"])
    assert found.counts == (31_106, 30, 0)
    kinds = Counter(event.type for event in found.events)
    assert (kinds["product_added"], kinds["order_completed"], kinds["payment_failed"]) == (1_346, 470, 119)
    times = [event.occurred_at for event in found.events]
    assert times == sorted(times)
