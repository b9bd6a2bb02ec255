"""Activity: told while there is a cart, at most every 30 seconds, the last one never left out."""

import pytest

from tests.visits.visiting import Watching, add, at, brief, click, order, remove, told

SECOND = 1 / 60


@pytest.mark.parametrize(
    ("second", "to", "expected"),
    [
        pytest.param(1.4, 1.5, [], id="within 30 s: waits"),
        pytest.param(1.4, 1.5 + SECOND, [1.4], id="within 30 s: told 30 s after the last, as of when it was"),
        pytest.param(1.5, 1.5 + SECOND, [1.5], id="exactly 30 s after: told at once"),
        pytest.param(7, 7 + SECOND, [7], id="long after: told at once"),
    ],
)
def test_a_click_after_a_change(second: float, to: float, expected: list[float]) -> None:
    assert [
        minute for kind, minute, _ in brief(told(add(1), click(second), to=to)) if kind == "activity"
    ] == expected


def test_of_many_clicks_the_first_and_the_last_of_each_half_minute_are_told() -> None:
    clicks = [click(1 + n * SECOND) for n in range(1, 100)]
    told_at = [fact.occurred_at for fact in told(add(1), *clicks) if fact.type == "activity"]
    assert told_at == [at(1 + n * SECOND) for n in (30, 60, 90, 99)]


def test_the_last_activity_is_told_before_any_threshold_of_30_s_has_passed() -> None:
    watching = Watching()
    watching.read(add(1), click(1.1), click(1.2), to=1.5)
    facts = watching.read(to=1.5 + SECOND / 1000)
    assert [(fact.type, fact.last_activity_at) for fact in facts] == [("activity", at(1.2))]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([click(1), click(2)], id="never a cart"),
        pytest.param([add(1), remove(2), click(3)], id="emptied"),
        pytest.param([add(1), order(2), click(3)], id="ordered"),
        pytest.param([add(1), click(1.1), order(1.2)], id="ordered before it was told"),
        pytest.param([add(1), click(3, is_bot=True)], id="a bot"),
    ],
)
def test_no_activity_to_tell(events: list[object]) -> None:
    assert all(fact.type != "activity" for fact in told(*events))  # type: ignore[arg-type]


def test_a_change_says_the_activity_too() -> None:
    facts = told(add(1), click(1.1), add(1.2, "cup"))
    assert brief(facts) == [("cart_changed", 1, "v"), ("cart_changed", 1.2, "v")]


def test_late_activity_is_always_told_it_may_prove_a_signal_false() -> None:
    watching = Watching()
    watching.read(add(1), click(100), to=101)
    late = watching.read(click(50), click(50.1), to=102)
    assert brief(late) == [("activity", 50, "v"), ("activity", 50.1, "v")]
    assert {fact.last_activity_at for fact in late} == {at(100)}


def test_late_activity_that_is_the_latest_moves_the_last() -> None:
    watching = Watching()
    watching.read(add(1), to=100)
    late = watching.read(click(50), to=100)
    assert [(fact.type, fact.last_activity_at) for fact in late] == [("activity", at(50))]


def test_activity_before_the_cart_was_opened_is_of_no_interest() -> None:
    watching = Watching()
    watching.read(add(10), to=20)
    assert watching.read(click(5), to=21) == []
