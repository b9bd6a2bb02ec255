"""A calendar: when time counts, and how much of it has passed.

Open is a moment at which the clock on the wall of the calendar's zone shows a time within the hours of that
day; the end of an interval is not open. Time is counted as it passes: an interval from 01:00 to 04:00 counts
two hours on the day on which the clocks go forward, and four on the day on which they go back. An interval
that starts or ends at a time that is skipped does so at the change; one that starts or ends at a time that
comes twice is open whenever the clock shows a time within it, so it may close at the change and open again.

Years are unrolled when they are first asked for (about a millisecond each) and kept with the calendar. From
then on each question is a few bisections: O(log n) in the years ahead and in the intervals of a year.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from schemas.words import Millis
from streams.rules.calendars.public_holidays import Region, days_off
from streams.rules.calendars.years import (
    FIRST_DAY,
    FIRST_YEAR,
    LAST_YEAR,
    Interval,
    Year,
    first_moment,
    unrolled,
    year_at,
)
from streams.rules.time_zones import known_zone

ANCHOR = 2024
"""Where the sums over years begin. Any year would do; near the present few need to be unrolled."""
BEGIN, END = first_moment(FIRST_YEAR), first_moment(LAST_YEAR)
"""Business hours are kept between them, so that no question takes longer than unrolling a thousand years."""
WHOLE_DAY: tuple[Interval, ...] = ((0, 1440),)
Week = tuple[tuple[Interval, ...], ...]
"""The hours of Monday to Sunday, in order and apart, none over midnight."""


@dataclass(frozen=True)
class Calendar:
    """Business hours of one zone. A value: equal content is equal.

    ``region``: whose public holidays are closed; None: nobody's.
    ``closed``: more days that are closed. ``special``: days with hours of their own, holiday or not.
    Raises ValueError if the week is none or has no hours, or zone or region is unknown.
    """

    zone: str
    week: Week
    region: Region | None = None
    closed: frozenset[date] = frozenset()
    special: frozenset[tuple[date, tuple[Interval, ...]]] = frozenset()

    def __post_init__(self) -> None:
        if known_zone(self.zone) is None:
            raise ValueError(f"{self.zone!r} is no IANA time zone")
        if len(self.week) != 7 or not any(self.week):
            raise ValueError("a calendar without hours in its seven days is never open")
        for intervals in (*self.week, *(hours for _, hours in self.special)):
            _check(intervals)
        if self.region:
            days_off(self.region, ANCHOR)

    def elapsed(self, start: Millis, end: Millis) -> Millis:
        """How much of the time from ``start`` to before ``end`` is open; negative if ``end`` is earlier."""
        if self._always or start == end:
            return end - start
        return self._open_before(end) - self._open_before(start)

    def due(self, start: Millis, amount: Millis) -> Millis:
        """The earliest moment, from ``start`` on, by which ``amount`` has elapsed.

        It inverts ``elapsed``: ``elapsed(start, due(start, n)) == n`` for every n from 0 on, and
        ``due(start, elapsed(start, end)) <= end``, equal if it was open until ``end``. The last of eight
        hours ends at closing time, not when it opens again. 0 or less has elapsed at ``start``.
        Nothing is due after the year 2999: ``END`` stands for what would be.
        """
        if amount <= 0:
            return start
        return start + amount if self._always else self._moment_of(self._open_before(start) + amount, start)

    def remaining(self, now: Millis, due_at: Millis) -> Millis:
        """How much open time is left until ``due_at``; negative if it has passed."""
        return self.elapsed(now, due_at)

    def is_open(self, at: Millis) -> bool:
        """Whether time counts at that moment."""
        return self._always or (BEGIN <= at < END and self._year(year_at(at)).is_open(at))

    def hours(self, day: int) -> tuple[Interval, ...]:
        """The hours of a local day, given as days since 1970-01-01."""
        ordinal = day + FIRST_DAY
        if (hours := self._exceptional.get(ordinal)) is not None:
            return hours
        return () if self._is_holiday(ordinal) else self.week[(ordinal - 1) % 7]

    def _is_holiday(self, ordinal: int) -> bool:
        return self.region is not None and ordinal in days_off(self.region, date.fromordinal(ordinal).year)

    @cached_property
    def _place(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _exceptional(self) -> dict[int, tuple[Interval, ...]]:
        closed: dict[int, tuple[Interval, ...]] = {day.toordinal(): () for day in self.closed}
        return closed | {day.toordinal(): hours for day, hours in self.special}

    @cached_property
    def _always(self) -> bool:
        """Whether it never closes, so that all time counts."""
        closes = self.region is not None or self.closed or self.special
        return not closes and all(hours == WHOLE_DAY for hours in self.week)

    def _open_before(self, at: Millis) -> Millis:
        """How much is open from the anchor to ``at``; negative before the anchor."""
        at = min(max(at, BEGIN), END)
        year = year_at(at)
        return self._before(year) + self._year(year).open_until(at)

    def _moment_of(self, amount: Millis, start: Millis) -> Millis:
        """The earliest moment by which that much was open since the anchor. The year is found by doubling."""
        end = year_at(END)
        first, step = year_at(min(max(start, BEGIN), END)) + 1, 1
        while self._before(last := min(first + step, end)) < amount:
            if last == end:
                return max(start, END)
            step *= 2
        year = first + bisect_left(range(first, last), amount, key=self._before) - 1
        return self._year(year).moment_of(amount - self._before(year))

    # Sums and years are kept as they are found. Two threads that find the same one keep the same value.

    @cached_property
    def _sums(self) -> dict[int, Millis]:
        return {ANCHOR: 0}

    @cached_property
    def _years(self) -> dict[int, Year]:
        return {}

    def _before(self, year: int) -> Millis:
        """How much is open from the anchor to the beginning of ``year``; negative before the anchor."""
        sums = self._sums
        if year not in sums:
            self._sum_up_to(year)
        return sums[year]

    def _sum_up_to(self, year: int) -> None:
        sums = self._sums
        for after in range(ANCHOR + 1, year + 1):
            if after not in sums:
                sums[after] = sums[after - 1] + self._total(after - 1)
        for before in range(ANCHOR - 1, year - 1, -1):
            if before not in sums:
                sums[before] = sums[before + 1] - self._total(before)

    def _total(self, year: int) -> Millis:
        """How much of a year is open. Years that are only added up aren't kept."""
        return (self._years.get(year) or unrolled(year, self._place, self.hours)).total

    def _year(self, year: int) -> Year:
        if year not in self._years:
            self._years[year] = unrolled(year, self._place, self.hours)
        return self._years[year]


def _check(intervals: tuple[Interval, ...]) -> None:
    end = 0
    for since, until in intervals:
        if not end <= since < until <= 1440:
            raise ValueError("intervals of a day are in order, apart, from 00:00 to 24:00")
        end = until


ALWAYS = Calendar("UTC", (WHOLE_DAY,) * 7)
"""Calendar time: never closed."""
