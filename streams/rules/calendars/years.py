"""A calendar unrolled: the open spans of one year, and what they add up to.

Between two changes of its clocks a zone is ahead of UTC by one offset. Each such stretch is taken by itself,
so that no local time is ambiguous or missing here: what is open is open while the clock on the wall shows
a time within the hours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.words import Millis

MINUTE: Millis = 60_000
DAY: Millis = 86_400_000
FIRST_DAY = datetime(1970, 1, 1).toordinal()

Interval = tuple[int, int]
"""From, to before: minutes since local midnight, 1440 being the end of the day."""
Hours = Callable[[int], tuple[Interval, ...]]
"""The hours of a local day, given as days since 1970-01-01."""


class Stretch(NamedTuple):
    """From ``start`` to before ``end`` local time is ``offset`` ahead of UTC."""

    start: Millis
    end: Millis
    offset: Millis


class Year(NamedTuple):
    """The open spans of a year of UTC: where each starts and ends, and how much was open before it."""

    starts: tuple[Millis, ...]
    ends: tuple[Millis, ...]
    before: tuple[Millis, ...]
    total: Millis

    def open_until(self, at: Millis) -> Millis:
        """How much of the year is open before ``at``."""
        place = bisect_right(self.starts, at) - 1
        return 0 if place < 0 else self.before[place] + min(at, self.ends[place]) - self.starts[place]

    def moment_of(self, amount: Millis) -> Millis:
        """The earliest moment by which ``amount`` of the year was open: more than none, at most its total."""
        place = bisect_right(self.before, amount - 1) - 1
        return self.starts[place] + amount - self.before[place]

    def is_open(self, at: Millis) -> bool:
        """Whether ``at`` is in a span; its end isn't."""
        place = bisect_right(self.starts, at) - 1
        return place >= 0 and at < self.ends[place]


def first_moment(year: int) -> Millis:
    """When a year of UTC begins."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000


FIRST_YEAR, LAST_YEAR = 1970, 3000
_BEGINNINGS = tuple(first_moment(year) for year in range(FIRST_YEAR, LAST_YEAR + 1))


def year_at(at: Millis) -> int:
    """The year of UTC in which a moment of ``FIRST_YEAR`` to ``LAST_YEAR`` lies."""
    return FIRST_YEAR - 1 + bisect_right(_BEGINNINGS, at)


def unrolled(year: int, zone: ZoneInfo, hours: Hours) -> Year:
    """The open spans of a year of UTC."""
    starts: list[Millis] = []
    ends: list[Millis] = []
    for start, end in _spans(stretches_of(year, zone), hours):
        if ends and ends[-1] == start:
            ends[-1] = end
        else:
            starts.append(start)
            ends.append(end)
    *before, total = accumulate((end - start for start, end in zip(starts, ends, strict=True)), initial=0)
    return Year(tuple(starts), tuple(ends), tuple(before), total)


def _spans(stretches: Iterable[Stretch], hours: Hours) -> Iterator[tuple[Millis, Millis]]:
    for start, end, offset in stretches:
        first, last = start + offset, end + offset
        for day in range(first // DAY, (last - 1) // DAY + 1):
            midnight = day * DAY
            for opens, closes in hours(day):
                since = max(midnight + opens * MINUTE, first)
                until = min(midnight + closes * MINUTE, last)
                if since < until:
                    yield since - offset, until - offset


@lru_cache(maxsize=4096)
def stretches_of(year: int, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """The stretches of a year of UTC. Clocks are taken to change at most once a day, at a whole second."""
    return tuple(_stretches(first_moment(year), first_moment(year + 1), zone))


def _stretches(start: Millis, end: Millis, zone: ZoneInfo) -> Iterator[Stretch]:
    since = start
    for at in range(start, end, DAY):
        following = min(at + DAY, end)
        if _offset(at, zone) != _offset(following, zone):
            change = _change(at, following, zone)
            yield Stretch(since, change, _offset(at, zone))
            since = change
    if since < end:
        yield Stretch(since, end, _offset(since, zone))


def _change(at: Millis, following: Millis, zone: ZoneInfo) -> Millis:
    """The first second after ``at`` whose offset is another."""
    was = _offset(at, zone)
    seconds = range(at // 1000 + 1, following // 1000 + 1)
    return seconds[bisect_left(seconds, True, key=lambda second: _offset(second * 1000, zone) != was)] * 1000


def _offset(at: Millis, zone: ZoneInfo) -> Millis:
    offset = datetime.fromtimestamp(at // 1000, zone).utcoffset()
    return (offset or timedelta(0)) // timedelta(milliseconds=1)
