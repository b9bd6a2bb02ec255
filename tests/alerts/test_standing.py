"""When a share or a count is out of its range, when that is told, and when it is over."""

import pytest

from streams.rules.alerts.settings import Usual
from tests.alerts.telling import HOUR, NOON, WEEK, About, hours, rate, walked

EVEN = [(12, 20), (8, 20), (10, 20), (10, 20), (11, 20), (9, 20), (10, 20), (10, 20)]
"""Eight weeks: half of the carts are left, give or take."""


def weeks(*now: tuple[float, float], before=EVEN):
    """The same hour of weeks before, and now."""
    return hours([*before, *now], NOON, WEEK)


def this_week(rule, now, before=EVEN):
    """What is told at the end of this week's hour."""
    return walked(rule, weeks(now, before=before), NOON)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        pytest.param(79, 0, id="before"),
        pytest.param(80, 0, id="exactly"),
        pytest.param(81, 1, id="after"),
    ],
)
def test_a_plain_threshold(left, told):
    rule = rate(above=0.8)
    assert len(walked(rule, hours([(left, 100)]), NOON)) == told


@pytest.mark.parametrize(("count", "told"), [(11, 0), (10, 0), (9, 1)])
def test_what_is_too_low_is_out_of_range_too(count, told):
    rule = rate(kind="silence", below=10)
    assert len(walked(rule, hours([(count, 0)]), NOON, about=About("", "cart"))) == told


@pytest.mark.parametrize(
    ("left", "told"),
    [
        pytest.param(79, 0, id="before"),
        pytest.param(80, 0, id="exactly"),
        pytest.param(81, 1, id="after"),
    ],
)
def test_the_same_hour_of_the_weeks_before_is_what_is_usual(left, told):
    """The median is 0.5, weeks differ by 0.05 from it chance alone makes 0.05 of 100 carts."""
    rule = rate(usual=Usual(weeks=8, deviations=6))
    assert len(this_week(rule, (left, 100))) == told


def test_it_says_what_is_usual():
    [alert] = this_week(rate(usual=Usual(weeks=8)), (95, 100))
    assert (alert.value, alert.usual, alert.count, alert.unit) == (0.95, 0.5, 100, "share")
    assert alert.high == pytest.approx(0.65)
    assert alert.title == "rate: 95.0 %, usually 50.0 %"


def test_one_odd_week_does_not_move_what_is_usual():
    odd = [(20, 20), *EVEN[1:]]
    [alert] = this_week(rate(usual=Usual(weeks=8)), (95, 100), odd)
    assert alert.usual == 0.5


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param(EVEN, (19, 19), 0, id="too few now"),
        pytest.param([(9, 19)] * 8, (95, 100), 0, id="too few then"),
        pytest.param(EVEN[:3], (95, 100), 0, id="three weeks are too few"),
        pytest.param(EVEN[:4], (95, 100), 1, id="four weeks are enough"),
        pytest.param([], (95, 100), 0, id="no past"),
    ],
)
def test_of_too_little_nothing_is_said(before, now, told):
    assert len(this_week(rate(usual=Usual(weeks=8)), now, before)) == told


def test_another_hour_of_the_week_says_nothing_about_this_one():
    """Every night all carts are left. By day, half."""
    nights = hours([(20, 20)] * 8, NOON - 12 * HOUR, WEEK)
    assert walked(rate(usual=Usual(weeks=8)), [*nights, *weeks((95, 100))], NOON)


def test_a_long_time_out_of_range_is_one_alert_and_one_resolved():
    rule = rate(above=0.8, resolve_after="2h")
    counts = hours([(1, 20), (20, 20), (20, 20), (19, 20), (1, 20), (1, 20), (1, 20), (1, 20)])
    told = walked(rule, counts, *(NOON - n * HOUR for n in range(7, -1, -1)))
    assert [(one.state, NOON - one.occurred_at) for one in told] == [("raised", 6 * HOUR), ("resolved", HOUR)]
    raised, resolved = told
    assert resolved.alert_id == raised.alert_id
    assert resolved.event_id != raised.event_id
    assert (resolved.raised_at, resolved.window_from) == (raised.occurred_at, raised.window_from)


@pytest.mark.parametrize(
    ("back", "states"),
    [
        pytest.param(2, ["raised"], id="not yet"),
        pytest.param(3, ["raised", "resolved"], id="for exactly so long"),
    ],
)
def test_it_is_over_once_it_is_back_for_the_stated_time(back, states):
    rule = rate(above=0.8, resolve_after="2h")
    counts = hours([(20, 20), *[(1, 20)] * back])
    told = walked(rule, counts, *(NOON - n * HOUR for n in range(back, -1, -1)))
    assert [one.state for one in told] == states


def test_out_again_in_between_begins_the_wait_anew():
    rule = rate(above=0.8, resolve_after="1h")
    counts = hours([(20, 20), (1, 20), (20, 20), (1, 20)])
    told = walked(rule, counts, *(NOON - n * HOUR for n in range(3, -1, -1)))
    assert [one.state for one in told] == ["raised"]


def test_too_few_carts_neither_raise_nor_resolve():
    rule = rate(above=0.8, resolve_after="1h")
    counts = hours([(20, 20), (0, 3), (0, 3), (0, 3)])
    told = walked(rule, counts, *(NOON - n * HOUR for n in range(3, -1, -1)))
    assert [one.state for one in told] == ["raised"]


def test_while_it_stands_its_own_time_is_not_what_is_usual():
    """An incident of five weeks does not become ordinary by lasting."""
    rule = rate(usual=Usual(weeks=4), resolve_after="1h")
    counts = weeks(*[(95, 100)] * 5, (50, 100))
    told = walked(rule, counts, *(one.at + HOUR for one in counts))
    assert [one.state for one in told] == ["raised"]
    assert told[0].usual == 0.5


def test_the_same_twice_has_the_same_ids():
    once, again = (this_week(rate(usual=Usual(weeks=8)), (95, 100)) for _ in range(2))
    assert once == again


def test_what_came_late_changes_the_reading_and_not_what_was_told():
    """Two orders that were told late: in range after all. The alert stands until it is resolved."""
    rule = rate(above=0.8, resolve_after="1h")
    told = walked(rule, hours([(17, 20)]), NOON)
    late = walked(rule, hours([(16, 20)]), NOON)
    assert ([one.state for one in told], late) == (["raised"], [])


@pytest.mark.parametrize(
    ("zone", "told"),
    [pytest.param("UTC", 1, id="by UTC"), pytest.param("Europe/Berlin", 0, id="by the wall")],
)
def test_the_hour_of_the_week_is_that_of_the_wall(zone, told):
    """Berlin's noon is at 11:00 UTC in winter and at 10:00 UTC in summer; clocks changed on 26 October."""
    summer = hours([(19, 20)] * 6, NOON + 5 * WEEK - HOUR, WEEK)
    others = hours([(10, 20)] * 6, NOON + 5 * WEEK, WEEK)
    now = NOON + 6 * WEEK
    counts = [*summer, *others, *hours([(19, 20)], now)]
    assert len(walked(rate(usual=Usual(weeks=4, time_zone=zone)), counts, now)) == told
