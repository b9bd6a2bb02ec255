"""Hours in which nobody is approached, in the time of the customer.

A moment is quiet if it is quiet in any of the zones given, so that a customer whose zone is unknown is
treated as carefully as possible. Where a change of the clocks makes a local time ambiguous or skips it, the
longer of the possible windows holds.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.words import Millis
from streams.rules.time_zones import known_zone

DAY: Millis = 86_400_000
_LONGEST = 2 * DAY
_NEIGHBOURS = (timedelta(days=-1), timedelta(0), timedelta(days=1))


class Window(NamedTuple):
    """From ``start`` (quiet) to ``end`` (not quiet any more), in minutes since local midnight."""

    start: int
    end: int


def quiet_until(at: Millis, window: Window, zones: tuple[str, ...]) -> Millis | None:
    """None if ``at`` is not quiet in any of the zones; else the first moment after it that isn't.

    If there is none within two days, a moment beyond them. Unknown zones are left out.
    """
    places = [zone for zone in map(known_zone, zones) if zone is not None]
    moment = at
    while moment - at <= _LONGEST:
        ends = [end for zone in places if (end := _end(moment, window, zone)) is not None]
        if not ends:
            break
        moment = max(ends)
    return None if moment == at else moment


def _end(at: Millis, window: Window, zone: ZoneInfo) -> Millis | None:
    """The end of the quiet window in which ``at`` lies in that zone."""
    today = datetime.fromtimestamp(at // 1000, zone).date()
    for day in (today + days for days in _NEIGHBOURS):
        start, end = _window_of(day, window, zone)
        if start <= at < end:
            return end
    return None


def _window_of(day: date, window: Window, zone: ZoneInfo) -> tuple[Millis, Millis]:
    last = day if window.start < window.end else day + timedelta(days=1)
    return min(_instants(day, window.start, zone)), max(_instants(last, window.end, zone))


def _instants(day: date, minutes: int, zone: ZoneInfo) -> tuple[Millis, Millis]:
    """Both moments that a local time can mean; they differ only where the clocks change."""
    local = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    return _millis(local), _millis(local.replace(fold=1))


def _millis(moment: datetime) -> Millis:
    return int(moment.astimezone(UTC).timestamp()) * 1000
