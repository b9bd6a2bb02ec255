"""Lengths of time as people say them: 45s, 12m, 1h 05m, 3d 04h."""

from schemas.words import Millis

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def span(length: Millis) -> str:
    """A length of time in its two largest units, rounded down; with a minus if it is negative."""
    whole = abs(length)
    sign = "-" if length <= -SECOND else ""
    if whole >= DAY:
        return f"{sign}{whole // DAY}d {whole % DAY // HOUR:02}h"
    if whole >= HOUR:
        return f"{sign}{whole // HOUR}h {whole % HOUR // MINUTE:02}m"
    return sign + (f"{whole // MINUTE}m" if whole >= MINUTE else f"{whole // SECOND}s")


def until(length: Millis) -> str:
    """How long it is until something is due. What is due this moment is in time."""
    return span(length) if length >= 0 else f"{span(min(length, -SECOND))} overdue"
