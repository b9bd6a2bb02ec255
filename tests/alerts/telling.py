"""Builders for the tests of alerts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schemas.outputs import Alert
from schemas.words import Millis
from streams.rules.alerts.readings import Count, Series, read
from streams.rules.alerts.settings import Measured
from streams.rules.alerts.standing import NOTHING, About, Standing, turn

HOUR = 3_600_000
WEEK = 168 * HOUR
NOON = 1_757_937_600_000
"""Monday, 2025-09-15, 12:00 UTC."""
SHOP = About("main", "shop")


def at(text: str) -> Millis:
    """A moment as people write it, with its offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def rate(**said: Any) -> Measured:
    """A rule over the abandonment rate, by the hour."""
    return Measured(**{"name": "rate", "kind": "abandonment_rate", "every": "1h", "minimum": 20, **said})


def hours(values: Iterable[tuple[float, float]], end: Millis = NOON, step: Millis = HOUR) -> list[Count]:
    """Counts of hours, a ``step`` apart, of which the last ends at ``end``."""
    found = list(values)
    return [Count(end - HOUR - (len(found) - 1 - place) * step, *one) for place, one in enumerate(found)]


def walked(rule: Measured, counts: Iterable[Count], *ends: Millis, about: About = SHOP) -> list[Alert]:
    """What is told at each of these moments, beginning with nothing."""
    given = list(counts)
    series = Series(given, min(one.at for one in given))
    standing: Standing = NOTHING
    told = []
    for end in ends:
        standing, alert = turn(rule, about, standing, read(rule, series, end, standing.window))
        told += [alert] if alert else []
    return told


def an_alert(number: int = 1, **said: Any) -> Alert:
    """Any alert."""
    given: dict[str, Any] = {
        "event_id": f"notice-{number}",
        "alert_id": f"alert-{number}",
        "name": "rate",
        "kind": "abandonment_rate",
        "state": "raised",
        "subject": "shop",
        **dict.fromkeys(("occurred_at", "processed_at", "window_from", "window_until"), NOON),
        "unit": "share",
        "title": f"rate {number}",
    }
    return Alert(**{**given, **said})
