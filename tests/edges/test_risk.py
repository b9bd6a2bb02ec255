"""Carts at risk: from when to when, of whom, in which order, and how far back facts must be read."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.facts import Fact
from schemas.outputs import ProfileState
from schemas.words import Millis
from streams.edges.risk import AtRisk
from streams.rules.settings import AbandonmentSettings
from tests.builders import minute

SECOND: Millis = 1_000


def fact(at: float, kind: Any = "cart_changed", visitor: str = "v", **said: Any) -> Fact:
    """A fact of a cart in EUR, changed at START unless it says otherwise. Times in minutes after START."""
    given = {
        "stage": "cart",
        "value": Decimal("10"),
        "currency": "EUR",
        "cart_id": f"cart of {visitor}",
        **said,
    }
    changed = given.pop("changed", 0)
    return Fact(
        event_id=f"{visitor} {kind} {at}",
        occurred_at=minute(at),
        received_at=minute(at),
        profile_id=given.pop("profile_id", f"p-{visitor}"),
        visitor_id=visitor,
        type=kind,
        last_activity_at=minute(at),
        changed_at=minute(changed),
        lines=given.pop("lines", ("a line",)) if kind == "cart_changed" else (),  # type: ignore[arg-type]
        **given,
    )


def state(profile_id: str, open_carts: int, at: float) -> ProfileState:
    return ProfileState(
        profile_id=profile_id,
        open_carts=open_carts,
        waiting_contacts=0,
        suppressed=False,
        updated_at=minute(at),
    )


def view(*facts: Fact, room: int = 100) -> AtRisk:
    found = AtRisk(AbandonmentSettings(), 10 * SECOND, room)
    for each in facts:
        found.tell(each)
    return found


def at_risk(found: AtRisk, reached: float, order: str = "by_due", limit: int = 10) -> list[str]:
    return [row["visitor_id"] for row in found.answer(limit, minute(reached), minute(reached))[order]]


@pytest.mark.parametrize(
    ("stage", "patience"),
    [("cart", 60), ("checkout", 30), ("payment", 10)],
    ids=["cart", "checkout", "payment"],
)
def test_a_cart_is_at_risk_until_the_patience_of_its_stage_ends(stage: str, patience: int) -> None:
    found = view(fact(0, stage=stage))
    assert at_risk(found, patience) == ["v"]
    assert at_risk(found, patience + 0.001) == []
    [row] = found.answer(1, minute(patience - 3), minute(0))["by_due"]
    assert (row["due_in_ms"], row["stage"], row["value"]) == (180_000, stage, "10")


def test_activity_moves_the_deadline() -> None:
    found = view(fact(0), fact(50, "activity"))
    assert at_risk(found, 110) == ["v"]
    assert at_risk(found, 110.001) == []


def test_of_an_old_cart_the_activity_alone_tells_enough() -> None:
    """So facts no older than the longest patience are enough."""
    found = view(fact(50, "activity", longest_quiet_ms=40 * 60 * SECOND))
    assert at_risk(found, 100) == ["v"]
    assert found.reach == 60 * 60 * SECOND + 10 * SECOND


@pytest.mark.parametrize(
    ("quiet", "shown"), [(59.999, ["v"]), (60, ["v"]), (60.001, [])], ids=["before", "exactly", "after"]
)
def test_a_cart_that_was_signalled_and_goes_on_unchanged_is_not_at_risk(
    quiet: float, shown: list[str]
) -> None:
    found = view(fact(100, "activity", longest_quiet_ms=round(quiet * 60 * SECOND)))
    assert at_risk(found, 101) == shown


def test_a_cart_too_old_to_be_signalled_is_not_at_risk() -> None:
    age = 72 * 60 - 60
    assert at_risk(view(fact(age, "activity")), age) == ["v"]
    assert at_risk(view(fact(age + 0.001, "activity")), age) == []


ENDS = {
    "ordered": fact(5, "order_completed"),
    "emptied": fact(5, lines=()),
    "ordered elsewhere": fact(5, "order_completed", "laptop", profile_id="p-v"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_an_end_ends_it_in_any_order(end: Fact) -> None:
    assert at_risk(view(fact(0), end), 6) == []
    assert at_risk(view(end, fact(0)), 6) == []
    assert at_risk(view(fact(0), end, fact(7, changed=7)), 8) == ["v"]


def test_a_customer_without_open_carts_has_none_at_risk() -> None:
    found = view(fact(0), fact(0, visitor="w"))
    found.profile(b"main/p-v", state("p-v", 1, 1))
    assert sorted(at_risk(found, 2)) == ["v", "w"]
    found.profile(b"main/p-v", state("p-v", 0, 3))
    assert at_risk(found, 4) == ["w"]
    found.profile(b"main/p-w", None)
    assert at_risk(found, 4) == []


def test_who_is_due_next_comes_first_and_values_are_compared_within_a_currency() -> None:
    found = view(
        fact(3, visitor="late", value=Decimal("5")),
        fact(1, visitor="soon", value=Decimal("7")),
        fact(2, visitor="franc", value=Decimal("900"), currency="CHF"),
        fact(2.5, visitor="unknown", value=None, currency=None),
    )
    assert at_risk(found, 4) == ["soon", "franc", "unknown", "late"]
    assert at_risk(found, 4, limit=2) == ["soon", "franc"]
    assert at_risk(found, 4, "by_value") == ["soon", "late", "franc"]
    said = found.answer(1, minute(4), minute(4))
    assert said["at_risk"] == 4
    assert [(one["currency"], one["carts"], one["value"]) for one in said["worth"]] == [
        ("EUR", 2, "12"),
        ("CHF", 1, "900"),
    ]


def test_what_is_over_is_forgotten() -> None:
    found = view(fact(0), fact(10, visitor="w"))
    found.forget(minute(60))
    assert len(found) == 2
    found.forget(minute(60.001))
    assert len(found) == 1


def test_memory_is_bounded() -> None:
    found = view(*[fact(0, visitor=name) for name in "abc"], fact(1, "activity", "a"), room=2)
    assert (len(found), found.left_out) == (2, 1)
    assert at_risk(found, 60.5) == ["a"]
