"""Days and hours as people write them: mon-fri, 09:00-12:30, 2026-12-27..2026-12-31."""

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from streams.rules.calendars.years import Interval

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = timedelta(days=366)
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_HOLIDAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(\S.*))?")


class DaysOff(NamedTuple):
    """Days from ``first`` to ``last``, both included, on which it is closed."""

    first: date
    last: date
    name: str | None = None

    def each(self) -> frozenset[date]:
        """The days."""
        return frozenset(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def named_days(text: str) -> tuple[str, ...]:
    """The days that ``mon`` or ``mon-fri`` names; a span may pass Sunday. Raises ValueError."""
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"{text!r} is no day; write one such as 'mon', or a span such as 'mon-fri'")
    start = DAYS.index(first)
    return tuple(DAYS[(start + n) % 7] for n in range((DAYS.index(last or first) - start) % 7 + 1))


def _days(text: str) -> str:
    named_days(text)
    return text


def _interval(text: object) -> object:
    if isinstance(text, tuple):
        return text
    found = _HOURS.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} are no hours; write them such as '09:00-12:30'")
    start, end = (_minutes(found[hour], found[hour + 1]) for hour in (1, 3))
    if end <= start:
        raise ValueError(_over_midnight(str(text), start, end))
    return start, end


def _minutes(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > 1440:
        raise ValueError(f"{hour}:{minute} is no time of day; they are from 00:00 to 24:00")
    return minutes


def _over_midnight(text: str, start: int, end: int) -> str:
    if start == end:
        return f"{text!r} starts where it ends; all day is '00:00-24:00'"
    today, tomorrow = _hours((start, 1440)), _hours((0, end))
    split = f"{today!r} on this day" + (f", {tomorrow!r} on the next" if end else "")
    return f"{text!r} passes midnight; split it: {split}"


def _hours(interval: Interval) -> str:
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in interval)


def _in_order(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    for (_, end), following in pairwise(found := sorted(intervals)):
        if following[0] < end:
            raise ValueError(f"{_hours(following)!r} begins before the hours before it end")
    return tuple(found)


def _day(text: object) -> object:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is no day; write year, month and day, such as '2026-12-24'") from None


def _days_off(text: object) -> object:
    if isinstance(text, DaysOff):
        return text
    found = _HOLIDAY.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no holiday; write '2026-12-24' or '2026-12-27..2026-12-31', then its name"
        )
    first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1])
    if not first <= last <= first + _LONGEST:
        raise ValueError(f"{text!r}: the last day must be within the year after the first")
    return DaysOff(first, last, found[3])


def _told(off: DaysOff) -> str:
    days = str(off.first) if off.first == off.last else f"{off.first}..{off.last}"
    return f"{days} {off.name}" if off.name else days


Days = Annotated[str, AfterValidator(_days)]
"""Written as "mon" or "mon-fri"."""
Hours = Annotated[Interval, BeforeValidator(_interval), PlainSerializer(_hours, when_used="json")]
"""Written as "09:00-12:30", kept as minutes since midnight."""
Intervals = Annotated[tuple[Hours, ...], AfterValidator(_in_order)]
"""The hours of a day, in order and apart."""
LocalDay = Annotated[date, BeforeValidator(_day)]
"""Written as "2026-12-24"."""
Closure = Annotated[DaysOff, BeforeValidator(_days_off), PlainSerializer(_told, when_used="json")]
"""Written as "2026-12-24", "2026-12-27..2026-12-31" or either with a name after it."""
