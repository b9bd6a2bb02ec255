"""Business hours: what counts, when something is due, where the clocks change, what a holiday does."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.rules.calendars.calendar import ALWAYS, BEGIN, END, WHOLE_DAY, Calendar
from streams.rules.calendars.public_holidays import Region

MINUTE = 60_000
HOUR = 60 * MINUTE
BERLIN = "Europe/Berlin"


def office(opens=9, closes=17, zone=BERLIN, **more):
    hours = ((opens * 60, closes * 60),)
    return Calendar(zone, (hours,) * 5 + ((), ()), **more)


def daily(*intervals, zone=BERLIN, **more):
    hours = tuple((minutes(opens), minutes(closes)) for opens, closes in intervals)
    return Calendar(zone, (hours,) * 7, **more)


def minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def local(text, zone=BERLIN, fold=0):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def utc(text):
    return local(text, "UTC")


def told(moment, zone=BERLIN):
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).strftime("%a %d %b %H:%M")


OFFICE = office()


@pytest.mark.parametrize(
    ("calendar", "hours", "start", "due"),
    [
        pytest.param(
            OFFICE, 24, "2026-06-05 16:55", "Wed 10 Jun 16:55", id="T2: three days from Friday 16:55"
        ),
        pytest.param(OFFICE, 4, "2026-06-03 16:00", "Thu 04 Jun 12:00", id="T3: over night"),
        pytest.param(OFFICE, 4, "2026-06-04 15:00", "Fri 05 Jun 11:00", id="T4: over night"),
        pytest.param(office(8, 17), 4, "2026-06-05 16:00", "Mon 08 Jun 11:00", id="T5: over a weekend"),
        pytest.param(OFFICE, 4, "2026-06-06 12:00", "Mon 08 Jun 13:00", id="from a Saturday"),
        pytest.param(OFFICE, 8, "2026-06-04 09:00", "Thu 04 Jun 17:00", id="a whole day ends when it closes"),
        pytest.param(
            OFFICE, 8, "2026-06-04 07:00", "Thu 04 Jun 17:00", id="whoever writes early waits for it"
        ),
        pytest.param(OFFICE, 0, "2026-06-06 12:00", "Sat 06 Jun 12:00", id="nothing has elapsed at once"),
        pytest.param(OFFICE, -3, "2026-06-06 12:00", "Sat 06 Jun 12:00", id="less than nothing too"),
        pytest.param(
            daily(("09:00", "12:30"), ("13:30", "17:00")),
            4,
            "2026-06-04 09:00",
            "Thu 04 Jun 14:00",
            id="over a lunch break",
        ),
    ],
)
def test_when_it_is_due(calendar, hours, start, due):
    assert told(calendar.due(local(start), hours * HOUR)) == due


@pytest.mark.parametrize(
    ("opens", "closes", "day", "hours"),
    [
        pytest.param("01:00", "04:00", "2026-03-28", 3, id="the day before they go forward"),
        pytest.param("01:00", "04:00", "2026-03-29", 2, id="the day on which they go forward"),
        pytest.param("01:00", "04:00", "2026-10-25", 4, id="the day on which they go back"),
        pytest.param("00:00", "24:00", "2026-03-29", 23, id="all of a short day"),
        pytest.param("00:00", "24:00", "2026-10-25", 25, id="all of a long day"),
        pytest.param("02:15", "02:45", "2026-03-29", 0, id="hours that are skipped"),
        pytest.param("02:30", "03:30", "2026-03-29", 0.5, id="a start that is skipped: from the change on"),
        pytest.param("01:30", "02:30", "2026-03-29", 0.5, id="an end that is skipped: until the change"),
        pytest.param("02:15", "02:45", "2026-10-25", 1, id="hours that come twice"),
        pytest.param(
            "02:30", "03:30", "2026-10-25", 1.5, id="a start that comes twice: open, shut, open again"
        ),
        pytest.param(
            "01:30", "02:30", "2026-10-25", 1.5, id="an end that comes twice: open, shut, open again"
        ),
    ],
)
def test_t7_where_the_clocks_change_time_counts_as_it_passes(opens, closes, day, hours):
    calendar = daily((opens, closes))
    midnight = local(f"{day} 00:00")
    following = local(f"{date.fromordinal(date.fromisoformat(day).toordinal() + 1)} 00:00")
    assert calendar.elapsed(midnight, following) == hours * HOUR
    if hours and closes != "24:00":
        closing = calendar.due(midnight, int(hours * HOUR))
        assert not calendar.is_open(closing)
        assert calendar.is_open(closing - 1)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-03-29 00:30", 2, "Sun 29 Mar 03:30", id="forward: after the gap"),
        pytest.param("2026-10-25 00:30", 3, "Sun 25 Oct 02:30", id="back: the second half past two"),
        pytest.param("2026-03-27 12:00", 36, "Sun 29 Mar 00:00", id="until the day of the change"),
        pytest.param("2026-03-28 12:00", 24, "Sun 29 Mar 13:00", id="a day later by an hour"),
    ],
)
def test_t7_due_across_a_change_of_the_clocks(start, hours, due):
    calendar = daily(("00:00", "24:00"))
    assert told(calendar.due(local(start), hours * HOUR)) == due


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param("Australia/Lord_Howe", "2026-04-05", 24.5, id="half an hour back"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", 23.5, id="half an hour forward"),
        pytest.param("America/Sao_Paulo", "2018-11-04", 23, id="a day that begins at one"),
        pytest.param("America/Sao_Paulo", "2018-02-17", 25, id="a day whose last hour comes twice"),
        pytest.param("Pacific/Apia", "2011-12-29", 24, id="the day before the one that was left out"),
        pytest.param("Pacific/Apia", "2011-12-30", 0, id="a day that was left out"),
        pytest.param("Asia/Kathmandu", "2026-04-05", 24, id="three quarters of an hour off"),
    ],
)
def test_t7_zones_with_ways_of_their_own(zone, day, hours):
    that_day = Calendar(
        zone, ((),) * 6 + (WHOLE_DAY,), special=frozenset({(date.fromisoformat(day), WHOLE_DAY)})
    )
    closed = Calendar(zone, ((),) * 6 + (WHOLE_DAY,), closed=frozenset({date.fromisoformat(day)}))
    around = (local(f"{day} 00:00", "UTC") - 72 * HOUR, local(f"{day} 00:00", "UTC") + 72 * HOUR)
    assert that_day.elapsed(*around) - closed.elapsed(*around) == hours * HOUR


GERMAN = office(region=Region("DE", "BW"))


@pytest.mark.parametrize(
    ("calendar", "start", "due"),
    [
        pytest.param(OFFICE, "2026-06-03 15:00", "Thu 04 Jun 11:00", id="no holidays"),
        pytest.param(GERMAN, "2026-06-03 15:00", "Fri 05 Jun 11:00", id="T7: Corpus Christi in the middle"),
        pytest.param(
            office(region=Region("DE", "BE")),
            "2026-06-03 15:00",
            "Thu 04 Jun 11:00",
            id="which Berlin doesn't keep",
        ),
        pytest.param(GERMAN, "2026-04-02 15:00", "Tue 07 Apr 11:00", id="Good Friday and Easter Monday"),
        pytest.param(
            office(closed=frozenset({date(2026, 6, 4)})),
            "2026-06-03 15:00",
            "Fri 05 Jun 11:00",
            id="a day of one's own",
        ),
        pytest.param(
            office(region=Region("DE", "BW"), special=frozenset({(date(2026, 6, 4), ((600, 660),))})),
            "2026-06-03 15:00",
            "Fri 05 Jun 10:00",
            id="a holiday with hours of its own",
        ),
        pytest.param(GERMAN, "2026-06-04 12:00", "Fri 05 Jun 13:00", id="written on the holiday"),
    ],
)
def test_t7_holidays_are_closed(calendar, start, due):
    assert told(calendar.due(local(start), 4 * HOUR)) == due


def test_a_holiday_that_is_observed_in_lieu_is_closed_on_both_days():
    american = Calendar("America/New_York", (WHOLE_DAY,) * 7, Region("US"))
    assert not american.is_open(local("2026-07-03 12:00", "America/New_York"))
    assert not american.is_open(local("2026-07-04 12:00", "America/New_York"))
    assert american.is_open(local("2026-07-05 12:00", "America/New_York"))


def test_holidays_that_the_library_does_not_know_are_working_days():
    christmas = "{}-12-24 17:00"
    assert told(GERMAN.due(local(christmas.format(2099)), 1)) == "Mon 28 Dec 09:00"
    assert told(GERMAN.due(local(christmas.format(2104)), 1)) == "Thu 25 Dec 09:00"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [("08:59:59.999", False), ("09:00", True), ("16:59:59.999", True), ("17:00", False)],
)
def test_the_end_of_an_interval_is_not_open(moment, is_open):
    assert OFFICE.is_open(local(f"2026-06-04 {moment}")) is is_open


def test_what_remains_is_open_time_and_less_than_none_afterwards():
    due = local("2026-06-05 10:00")
    assert OFFICE.remaining(local("2026-06-04 16:00"), due) == 2 * HOUR
    assert OFFICE.remaining(due, due) == 0
    assert OFFICE.remaining(local("2026-06-08 10:00"), due) == -8 * HOUR


def test_intervals_that_touch_at_midnight_are_one():
    night = Calendar("UTC", (((0, 360), (1320, 1440)),) * 7)
    assert night.due(utc("2026-06-04 22:00"), 8 * HOUR) == utc("2026-06-05 06:00")
    assert night.is_open(utc("2026-06-05 00:00") - 1)


def test_calendar_time_is_all_time():
    assert ALWAYS.elapsed(5, 17) == 12
    assert ALWAYS.elapsed(17, 5) == -12
    assert ALWAYS.due(5, 12) == 17
    assert ALWAYS.due(17, -12) == 17
    assert ALWAYS.is_open(0)


def test_years_ahead_day_by_day():
    """What arithmetic finds at once is what adding up each day finds."""
    zone = ZoneInfo(BERLIN)
    found = 0
    for ordinal in range(date(2026, 1, 1).toordinal(), date(2046, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if day.weekday() < 5:
            opens, closes = (datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (9, 17))
            found += int((closes.astimezone(UTC) - opens.astimezone(UTC)).total_seconds() * 1000)
    start, end = local("2026-01-01 00:00"), local("2045-12-29 17:00")
    assert OFFICE.elapsed(start, end) == found
    assert OFFICE.due(start, found) == end


RARELY = Calendar("UTC", (((0, 1),),) + ((),) * 6)


def test_a_day_is_found_hundreds_of_years_ahead():
    assert datetime.fromtimestamp(RARELY.due(0, 30 * 24 * HOUR) / 1000, UTC).year == 2797


@pytest.mark.parametrize("calendar", [OFFICE, RARELY])
def test_outside_its_thousand_years_nothing_is_open_and_nothing_due(calendar):
    assert calendar.due(utc("2026-06-04 00:00"), 10**9 * HOUR) == END
    assert calendar.due(END + 5, 1) == END + 5
    assert calendar.elapsed(END, 10**17) == calendar.elapsed(-(10**17), BEGIN) == 0
    assert not calendar.is_open(10**17)
    assert not calendar.is_open(-(10**17))
    due = calendar.due(-(10**17), HOUR)
    assert calendar.elapsed(BEGIN, due) == HOUR


@pytest.mark.parametrize(
    ("zone", "week", "region", "error"),
    [
        pytest.param("UTC", ((),) * 7, None, "never open", id="no hours"),
        pytest.param("Mars/Olympus", (WHOLE_DAY,) * 7, None, "no IANA time zone", id="no zone"),
        pytest.param("UTC", (((600, 500),),) * 7, None, "in order", id="over midnight"),
        pytest.param("UTC", (((600, 700), (650, 800)),) * 7, None, "in order", id="overlapping"),
        pytest.param("UTC", (((600, 1441),),) * 7, None, "24:00", id="beyond midnight"),
        pytest.param("UTC", (WHOLE_DAY,) * 7, Region("XX"), "ISO 3166", id="no country"),
        pytest.param("UTC", (WHOLE_DAY,) * 7, Region("DE", "XX"), "DE has BB, BE", id="no part of it"),
        pytest.param(
            "UTC", (WHOLE_DAY,) * 7, Region("DE", None, ("odd",)), "DE has catholic", id="no category"
        ),
    ],
)
def test_what_is_no_calendar(zone, week, region, error):
    with pytest.raises(ValueError, match=error):
        Calendar(zone, week, region)


def test_a_calendar_is_a_value():
    assert office() == OFFICE
    assert hash(office()) == hash(OFFICE)
    assert office(region=Region("DE")) != OFFICE
