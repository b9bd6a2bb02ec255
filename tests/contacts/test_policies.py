"""Policies: which one is in force, and what happens when something changes midway. Minutes."""

from typing import Any

import pytest

from streams.rules.book import RuleBook
from tests.builders import asked, consented, minutes, replied
from tests.contacts.telling import HOUR, heard, rules, signals, steps, told

POLICIES = """
    [[rules.contacts.policies]]
    name = "chat of gold customers"
    all = [{ field = "channel", is = "chat" }, { field = "tier", is = ["gold", "platinum"] }]
    targets.any = { first_reply = "5m" }

    [[rules.contacts.policies]]
    name = "returns"
    any = [{ field = "team", is = "returns" }, { field = "tags", is = ["return", "refund"] }]
    all = [{ field = "channel", is_not = ["forum"] }]
    targets.urgent = { first_reply = "10m" }
    targets.any = { first_reply = "30m" }

    [[rules.contacts.policies]]
    name = "the rest"
    targets.high = { first_reply = "40m" }
"""


def in_force(*events: Any) -> tuple[str | None, float | None]:
    """Policy and target (minutes) of the first reply, after the events."""
    applied = signals(heard(*events, book=rules(POLICIES)), "activate", "apply_sla", clock="first_reply")[-1]
    return applied.policy, None if applied.target_ms is None else applied.target_ms / 60_000


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        pytest.param({"channel": "chat", "tier": "gold"}, ("chat of gold customers", 5), id="all conditions"),
        pytest.param({"channel": "chat", "tier": "none"}, ("the rest", None), id="not all"),
        pytest.param({"team": "returns"}, ("returns", 30), id="any condition"),
        pytest.param({"tags": ("vip", "refund")}, ("returns", 30), id="any tag"),
        pytest.param({"team": "returns", "channel": "forum"}, ("the rest", None), id="is not"),
        pytest.param({"team": "returns", "priority": "urgent"}, ("returns", 10), id="by priority"),
        pytest.param({"priority": "high"}, ("the rest", 40), id="of this priority"),
        pytest.param({"priority": "low"}, ("the rest", None), id="nothing was promised"),
        pytest.param(
            {"channel": "chat", "tier": "gold", "team": "returns"}, ("chat of gold customers", 5), id="first"
        ),
    ],
)
def test_the_first_policy_that_matches_is_in_force(said: dict[str, Any], policy: tuple[str, int]) -> None:
    assert in_force(asked(0, **said)) == policy


def test_the_tier_may_come_from_the_profile() -> None:
    gold = consented(-5, tier="gold")
    assert in_force(gold, asked(0, channel="chat")) == ("chat of gold customers", 5)


def test_a_tier_that_is_told_later_changes_the_policy() -> None:
    gold = consented(2, tier="gold")
    assert in_force(asked(0, channel="chat"), gold) == ("chat of gold customers", 5)


def test_without_a_policy_the_first_reply_has_its_default_target() -> None:
    (applied,) = signals(heard(asked(0)), "apply_sla", clock="first_reply")
    assert (applied.policy, applied.target_ms, applied.calendar) == (None, 3_600_000, None)


PRIORITIES = rules("""
    [[rules.contacts.policies]]
    name = "by priority"
    ladder = ["50%", "100%", "+1h"]
    targets.urgent = { first_reply = "20m" }
    targets.normal = { first_reply = "60m" }
    targets.low = { first_reply = "4h" }
""")


def change(to: str, at: float) -> Any:
    return told("priority_changed", at, priority=to)


@pytest.mark.parametrize(
    ("events", "passed"),
    [
        pytest.param(
            [asked(0, priority="normal"), change("urgent", 10), replied(100)],
            [("50%", 10), ("100%", 20), ("+1h", 80)],
            id="sooner: what has counted counts",
        ),
        pytest.param(
            [asked(0, priority="normal"), change("urgent", 25), replied(100)],
            [("50%", 25), ("100%", 25), ("+1h", 80)],
            id="missed already: missed now",
        ),
        pytest.param(
            [asked(0, priority="normal"), change("low", 31), replied(301)],
            [("50%", 30), ("100%", 240), ("+1h", 300)],
            id="later: a step is not said again",
        ),
        pytest.param(
            [asked(0, priority="normal"), change("low", 61), replied(400)],
            [("50%", 30), ("100%", 60), ("+1h", 300)],
            id="what was missed stays missed",
        ),
        pytest.param(
            [asked(0, priority="normal"), replied(31, priority="urgent")],
            [("50%", 30)],
            id="an answer counts before the priority that it brings",
        ),
    ],
)
def test_a_priority_that_changes_midway(events: list[Any], passed: list[Any]) -> None:
    assert steps(heard(*events, book=PRIORITIES, until=10 * HOUR)) == passed


def test_a_breach_keeps_the_priority_and_the_target_that_it_was_missed_under() -> None:
    world = heard(
        asked(0, priority="normal"), change("low", 61), replied(70), book=PRIORITIES, until=HOUR * 2
    )
    (breach,) = signals(world, "breached", clock="first_reply")
    assert (breach.priority, breach.target_ms) == ("normal", 3_600_000)


def test_a_clock_ends_under_the_rules_it_began_under() -> None:
    tight, wide = (rules(f'[rules.contacts.first_reply]\ntarget = "{target}"') for target in ("20m", "2h"))
    versions = {**tight.versions, **wide.versions}
    started = asked(0).occurred_at
    book = RuleBook(
        versions,
        (tight.activations[0], wide.activations[0]._replace(at=started + 60_000)),
    )
    world = heard(asked(0), told("assigned", 10, team="a"), asked(15, "q2"), book=book, until=200)
    assert [(one.contact_id, minutes(one.occurred_at)) for one in signals(world, "breached")] == [
        ("q1", 20),
        ("q2", 135),
    ]
