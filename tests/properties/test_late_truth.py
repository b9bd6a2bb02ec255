"""An order, whenever it happened and whenever it is told, against what was done about the cart."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas import topics
from tests.builders import (
    World,
    added,
    asked,
    book,
    clicked,
    consented,
    identified,
    minute,
    ordered,
    replied,
)
from tests.care.test_approaches import told
from tests.properties.saying import LIVE, conclusions, decided, records, requests

AT_NIGHT = book("outreach.mode=live", "outreach.quiet_hours.start=21:00")
"""START is at 20:26 UTC, so what is noticed in minute 60 waits for the morning."""
UNTIL = 24 * 60
CUSTOMER = (consented(-10), identified(-1))


def left(rules: Any = LIVE) -> World:
    """A cart, last changed in minute 0 and noticed in minute 60."""
    return World(rules).hear(*CUSTOMER, added(0))


def kinds(world: World) -> list[str]:
    return [signal.kind for signal in conclusions(world.published)]


@pytest.mark.parametrize("told_at", [10, 59, 60])
def test_an_order_before_the_signal_leaves_nothing_to_say(told_at: float) -> None:
    order = replace(ordered(10), received_at=minute(told_at))
    world = World(LIVE, lateness=60).hear(*CUSTOMER, added(0), order).until(UNTIL)
    assert kinds(world) == decided(world) == []


@pytest.mark.parametrize(("happened", "then"), [(59, "withdrawn"), (61, "recovered")])
def test_an_order_between_signal_and_outreach_cancels_it_before_it_leaves(happened: float, then: str) -> None:
    world = left(AT_NIGHT).until(90).hear(ordered(happened)).until(UNTIL)
    assert kinds(world) == ["abandoned", then]
    assert decided(world) == [("held", "quiet_hours"), ("withdrawn", "condition")]
    assert records(world.published, *topics.OUTREACH.values()) == []


@pytest.mark.parametrize(("happened", "then"), [(59, "withdrawn"), (61, "recovered"), (90, "recovered")])
def test_an_order_after_the_outreach_cancels_it(happened: float, then: str) -> None:
    world = left().until(90).hear(ordered(happened)).until(UNTIL)
    assert kinds(world) == ["abandoned", then]
    assert decided(world) == [("requested", "emit"), ("cancelled", "condition")]


def test_what_was_sent_although_it_was_cancelled_is_regretted() -> None:
    world = left().until(70).hear(ordered(80))
    world.hear(told("sent", 85, world)).until(UNTIL)
    assert decided(world) == [("requested", "emit"), ("cancelled", "condition"), ("regretted", "condition")]


@pytest.mark.parametrize(
    ("happened", "outcome"),
    [
        pytest.param(55, ["regretted"], id="before the signal"),
        pytest.param(65, ["regretted"], id="before it was sent"),
        pytest.param(75, [], id="after it was sent"),
    ],
)
def test_an_order_told_after_the_feedback(happened: float, outcome: list[str]) -> None:
    world = left().until(69)
    world.hear(told("sent", 70, world)).until(90).hear(ordered(happened)).until(UNTIL)
    assert [one for one, _ in decided(world)] == ["requested", *outcome]
    assert [one.action for one in records(world.published, topics.OUTREACH["email"])] == ["request"]


def test_an_order_told_late_leaves_what_was_put_in_since() -> None:
    world = left().until(90).hear(added(100, "p2")).until(170).hear(ordered(80)).until(UNTIL)
    assert kinds(world) == ["abandoned", "abandoned", "recovered"]
    assert [request.occurred_at for request in requests(world)] == [minute(160)]


LATE = {
    "activity": ([], clicked(30), ["abandoned", "withdrawn", "abandoned"], "cancelled"),
    "cart change": ([], added(30, "p2"), ["abandoned", "withdrawn", "abandoned"], "cancelled"),
    "order": ([], ordered(30), ["abandoned", "withdrawn"], "cancelled"),
    "question": ([], asked(30), ["abandoned", "breached"], None),
    "reply": (
        [asked(1)],
        replied(20),
        ["abandoned", "breached", "withdrawn", "answered"],
        "requested",
    ),
    "consent": ([], consented(30, consent="denied"), ["abandoned"], "cancelled"),
}


@pytest.mark.parametrize(("before", "late", "said", "then"), LATE.values(), ids=LATE)
def test_what_is_told_long_after_it_happened(
    before: list[Any], late: Any, said: list[str], then: str | None
) -> None:
    world = World(LIVE).hear(*CUSTOMER, added(0), *before).until(62).hear(late).until(95)
    assert kinds(world) == said
    outcomes = [outcome for outcome, _ in decided(world)]
    assert then is None or then in outcomes


def test_a_late_link_hands_over_what_was_noticed_and_ends_it_by_the_customers_order() -> None:
    world = World(LIVE).hear(consented(-9, customer="v"), added(0), ordered(50)).until(62)
    world.hear(identified(40)).until(UNTIL)
    assert kinds(world) == ["abandoned", "withdrawn"]
    assert decided(world) == [("requested", "emit"), ("cancelled", "condition")]


@pytest.mark.parametrize("late", [clicked(30), added(30, "p2"), ordered(30), replied(20), identified(40)])
def test_nothing_is_decided_before_what_it_undoes(late: Any) -> None:
    world = World(LIVE).hear(*CUSTOMER, added(0), asked(1)).until(62).hear(late).until(UNTIL)
    rows = records(world.published, topics.DECISIONS)
    assert [row.occurred_at for row in rows] == sorted(row.occurred_at for row in rows)
