"""Calendars against an oracle that looks at the clock on the wall once a minute."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.calendars.calendar import Calendar

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Casablanca",
)
CHANGES = (
    "1986-01-01",
    "2011-12-30",
    "2017-12-31",
    "2018-02-18",
    "2018-11-04",
    "2026-02-15",
    "2026-03-08",
    "2026-03-22",
    "2026-03-29",
    "2026-04-05",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
    "2040-03-25",
    "2100-02-28",
)
"""Days about which the clocks of one of the zones change, or years end."""
DAYS = st.sampled_from([date.fromisoformat(day) for day in CHANGES])


def moment(day):
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY


MOMENTS = st.one_of(
    st.builds(lambda day, off: moment(day) + off, DAYS, st.integers(-2 * DAY, 2 * DAY)),
    st.integers(moment(date(1972, 1, 1)), moment(date(2060, 1, 1))),
)
BOUNDARIES = st.sampled_from([0, 1440, *range(0, 300, 15)]) | st.integers(0, 1440)


@st.composite
def intervals(draw):
    bounds = sorted(draw(st.sets(BOUNDARIES, max_size=6)))
    return tuple(zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def calendars(draw):
    week = tuple(draw(intervals()) for _ in range(7))
    if not any(week):
        week = (((60, 150),), *week[1:])
    around = [
        date.fromordinal(day.toordinal() + more)
        for day in map(date.fromisoformat, CHANGES)
        for more in (0, 1)
    ]
    closed = draw(st.frozensets(st.sampled_from(around), max_size=4))
    special = draw(st.dictionaries(st.sampled_from(around), intervals(), max_size=3))
    return Calendar(
        draw(st.sampled_from(ZONES)), week, closed=closed - set(special), special=frozenset(special.items())
    )


def shows_business_time(calendar, at):
    """Whether the clock on the wall shows a time within the hours of the day that it shows."""
    wall = datetime.fromtimestamp(at // 1000, ZoneInfo(calendar.zone))
    hours = dict(calendar.special).get(wall.date(), calendar.week[wall.weekday()])
    if wall.date() in calendar.closed:
        hours = ()
    return any(opens <= wall.hour * 60 + wall.minute < closes for opens, closes in hours)


def minutes_between(start, end):
    while start < end:
        following = min(start - start % MINUTE + MINUTE, end)
        yield start, following
        start = following


def minute_by_minute(calendar, start, end):
    return sum(
        until - since for since, until in minutes_between(start, end) if shows_business_time(calendar, since)
    )


def first_moment(calendar, start, amount, until):
    for since, following in minutes_between(start, until):
        if shows_business_time(calendar, since):
            if amount <= following - since:
                return since + amount
            amount -= following - since
    return None


@settings(max_examples=40, deadline=None)
@given(calendars(), MOMENTS, st.integers(0, 3 * DAY))
def test_what_elapsed_is_what_the_clock_on_the_wall_showed(calendar, start, length):
    found = calendar.elapsed(start, start + length)
    assert found == minute_by_minute(calendar, start, start + length)
    assert calendar.is_open(start) == shows_business_time(calendar, start)
    assert calendar.elapsed(start + length, start) == -found


@settings(max_examples=40, deadline=None)
@given(calendars(), MOMENTS, st.integers(1, DAY))
def test_due_is_the_first_moment_at_which_enough_has_elapsed(calendar, start, amount):
    horizon = start + 3 * DAY
    expected = first_moment(calendar, start, amount, horizon)
    due = calendar.due(start, amount)
    assert due == expected if expected is not None else due > horizon


@settings(max_examples=80, deadline=None)
@given(calendars(), MOMENTS, st.integers(0, 4_000 * HOUR) | st.integers(0, 3))
def test_due_and_elapsed_are_exact_inverses(calendar, start, amount):
    due = calendar.due(start, amount)
    assert calendar.elapsed(start, due) == amount
    assert due == start or calendar.is_open(due - 1)
    assert amount == 0 or calendar.elapsed(start, due - 1) == amount - 1


@settings(max_examples=80, deadline=None)
@given(calendars(), MOMENTS, st.integers(0, 3_000 * DAY) | st.integers(0, DAY))
def test_what_elapsed_is_due_by_then_and_just_then_if_it_was_open(calendar, start, length):
    end = start + length
    due = calendar.due(start, calendar.elapsed(start, end))
    assert due <= end
    assert calendar.elapsed(due, end) == 0
    if length and calendar.is_open(end - 1):
        assert due == end


@settings(max_examples=40, deadline=None)
@given(calendars(), st.tuples(MOMENTS, MOMENTS, MOMENTS))
def test_parts_add_up_over_any_distance(calendar, moments):
    first, middle, last = moments
    assert calendar.elapsed(first, middle) + calendar.elapsed(middle, last) == calendar.elapsed(first, last)


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_years_with_changes(zone):
    calendar = Calendar(zone, (((15, 95), (120, 165), (200, 1430)),) * 7)
    for year in (1986, 2011, 2018, 2026):
        start = moment(date(year, 1, 1))
        for at in range(start, start + 366 * DAY, 30 * MINUTE):
            assert calendar.is_open(at) == shows_business_time(calendar, at)
