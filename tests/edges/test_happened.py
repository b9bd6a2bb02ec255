"""What just happened: the latest first, each once, with why, in bounded memory."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.outputs import ContactSignal, Decision
from schemas.words import GuardResult, Line
from streams.edges.happened import Happened
from streams.rules.contacts.said import METRIC_EVENTS
from tests.app.test_edges import signal


def contact(event_id: str, at: int = 1_000, **said: Any) -> ContactSignal:
    given: dict[str, Any] = {"kind": "breached", "clock": "first_reply", **said}
    return ContactSignal(
        event_id=event_id,
        profile_id="c1",
        contact_id="t-1",
        occurred_at=at,
        processed_at=at,
        rules_version="r",
        started_at=0,
        elapsed_ms=1_000,
        **given,
    )


def decision(event_id: str, at: int = 1_000) -> Decision:
    return Decision(
        event_id=event_id,
        outreach_id="o",
        signal_id="s",
        profile_id="c1",
        rule="abandonment.cart",
        outcome="refused",
        guard="consent",
        guards=(
            GuardResult(guard="erased", result="passed"),
            GuardResult(guard="consent", result="refused", detail="denied"),
        ),
        occurred_at=at,
        processed_at=at,
        valid_until=9_000,
        mode="live",
        rules_version="r",
    )


def shown(*records: Any, kept: int = 100) -> list[dict[str, Any]]:
    view = Happened(kept)
    for record in records:
        view.take(record)
    rows: list[dict[str, Any]] = view.answer()["rows"]
    return rows


def test_the_latest_comes_first_in_whatever_order_they_come_and_each_once() -> None:
    rows = shown(contact("b", 2_000), contact("a", 1_000), decision("c", 3_000), contact("b", 2_000))
    assert [row["event_id"] for row in rows] == ["c", "b", "a"]


def test_a_decision_says_what_every_guard_said() -> None:
    [row] = shown(decision("d"))
    assert (row["about"], row["outcome"], row["guard"], row["mode"]) == (
        "outreach",
        "refused",
        "consent",
        "live",
    )
    assert row["guards"] == [
        {"guard": "erased", "result": "passed", "detail": None},
        {"guard": "consent", "result": "refused", "detail": "denied"},
    ]


def test_an_abandonment_says_since_when_why_and_what_is_in_the_cart() -> None:
    lines = tuple(Line(product_id=f"p{number}", name="lamp" if number == 0 else None) for number in range(5))
    left = replace(signal("s"), lines=lines, value=Decimal("149.00"), currency="EUR", cause="error_page")
    [row] = shown(left)
    assert (row["about"], row["kind"], row["stage"], row["value"], row["cause"]) == (
        "cart",
        "abandoned",
        "checkout",
        "149.00",
        "error_page",
    )
    assert row["last_activity_at"] == "1970-01-01T00:00:00.950Z"
    assert (row["products"], row["more"]) == (["lamp", "p1", "p2"], 2)


@pytest.mark.parametrize("kind", METRIC_EVENTS)
def test_how_clocks_move_is_not_for_people(kind: str) -> None:
    assert shown(contact("a", kind=kind)) == []


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    rows = shown(*[contact(str(at), at) for at in (5, 1, 4, 2, 3)], contact("1", 1), kept=3)
    assert [row["event_id"] for row in rows] == ["5", "4", "3"]
