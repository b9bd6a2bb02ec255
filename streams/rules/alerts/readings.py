"""What was measured in a window, and how it was in the same hours of the weeks before."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from schemas.words import AlertKind, Millis
from streams.rules.alerts.settings import Measured
from streams.rules.alerts.usual import Range, Sums, range_of, value_of
from streams.rules.time_zones import known_zone


class Count(NamedTuple):
    """So many in a bucket of time that begins at ``at``: ``part`` of ``whole``; of counts whole is 0."""

    at: Millis
    part: float
    whole: float


class Window(NamedTuple):
    """From ``start`` up to, but not including, ``end``."""

    start: Millis
    end: Millis

    def overlaps(self, other: "Window") -> bool:
        """Whether a moment is in both."""
        return self.start < other.end and other.start < self.end


class Reading(NamedTuple):
    """What a rule measured. ``value`` is None of too few; ``range`` is None while too little is known."""

    window: Window
    value: float | None
    counted: int
    range: Range | None
    compared: tuple[Window, ...] = ()

    @property
    def known(self) -> bool:
        """Whether it can be said to be in or out of range."""
        return self.value is not None and self.range is not None

    @property
    def out(self) -> bool:
        """Whether it is out of range."""
        return self.value is not None and self.range is not None and not self.range.holds(self.value)


class Series:
    """Counts in buckets, summed over any window. Nothing is known of what lies before ``begin``."""

    def __init__(self, counts: Iterable[Count], begin: Millis) -> None:
        ordered = sorted(counts)
        self.begin = begin
        self._at = [count.at for count in ordered]
        self._part = [0.0, *accumulate(count.part for count in ordered)]
        self._whole = [0.0, *accumulate(count.whole for count in ordered)]

    def sums(self, window: Window) -> Sums:
        """What lies in a window."""
        first, last = bisect_left(self._at, window.start), bisect_left(self._at, window.end)
        return Sums(self._part[last] - self._part[first], self._whole[last] - self._whole[first])


def read(rule: Measured, series: Series, until: Millis, left_out: Window | None = None) -> Reading:
    """What the rule measures in the window that ends at ``until``.

    ``left_out``: while an alert stands, its own time isn't what is usual.
    """
    window = Window(until - rule.window, until)
    now = series.sums(window)
    value = value_of(rule.kind, now, rule.minimum) if window.start >= series.begin else None
    if rule.usual is None:
        return Reading(window, value, _count(rule.kind, now), Range(None, rule.below, rule.above))
    compared = tuple(_compared(rule, series, window, left_out))
    found = range_of(rule, now, [series.sums(one) for one in compared])
    return Reading(window, value, _count(rule.kind, now), found, compared)


def horizon(rule: Measured, since: Millis, left_out: Window | None = None) -> Millis:
    """From when on counts are needed to read windows that end at ``since`` or later."""
    if rule.usual is None:
        return since - rule.window
    skipped = 0 if left_out is None else (since - left_out.start + rule.window) // _WEEK + 2
    return since - rule.window - (rule.usual.weeks + skipped) * _WEEK - _DAY


def _compared(rule: Measured, series: Series, window: Window, left_out: Window | None) -> Sequence[Window]:
    """The same hours of the weeks before, the latest first, as many as the rule wants and there are."""
    assert rule.usual
    found: list[Window] = []
    for one in _weeks_before(window, rule.usual.time_zone):
        if one.start < series.begin or len(found) == rule.usual.weeks:
            break
        if left_out is None or not one.overlaps(left_out):
            found.append(one)
    return found


def _weeks_before(window: Window, zone: str) -> Iterator[Window]:
    """By the clocks on the wall there, which change twice a year."""
    place = known_zone(zone) or UTC
    end = datetime.fromtimestamp(window.end / 1000, place)
    while True:
        end -= timedelta(weeks=1)
        at = round(end.timestamp() * 1000)
        yield Window(at - (window.end - window.start), at)


def _count(kind: AlertKind, sums: Sums) -> int:
    return int(sums.part if kind in ("dead_letters", "silence") else sums.whole)


_DAY: Millis = 86_400_000
_WEEK: Millis = 7 * _DAY
