"""What is usual: the median of the same hours in the weeks before, and how far from it is out of range.

A robust standard deviation is 1.4826 times the median distance from the median (MAD), which a few odd weeks
don't move. It never counts for less than what chance alone does to a number of this size: for a share p of n
that is sqrt(p(1-p)/n), for a count c sqrt(c); for a mean a tenth of it. Otherwise weeks that happened to be
alike would make every ordinary day an alarm.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple, TypeAlias

from schemas.words import AlertKind
from streams.rules.alerts.settings import Measured

TO_DEVIATIONS = 1.4826
"""Of a normal distribution, the standard deviation is so many times the MAD."""
COUNTS = frozenset(("dead_letters", "silence"))
SHARES = frozenset(("abandonment_rate", "unanswered_share"))
Limit: TypeAlias = float | None


class Sums(NamedTuple):
    """``part`` of ``whole``; of counts, whole is 0."""

    part: float
    whole: float


class Range(NamedTuple):
    """``usual`` is None for a plain threshold; a limit is None if nothing is out of range there."""

    usual: float | None
    low: Limit
    high: Limit

    def holds(self, value: float) -> bool:
        """Whether a value lies within; the limits do."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def value_of(kind: AlertKind, sums: Sums, minimum: int) -> float | None:
    """A count as it is; a share or mean of at least ``minimum``, else None."""
    if kind in COUNTS:
        return sums.part
    if sums.whole < max(minimum, 1):
        return None
    return sums.part / sums.whole


def range_of(rule: Measured, now: Sums, before: Sequence[Sums]) -> Range | None:
    """The range by what was before; None if too few of those windows say anything.

    Of silence what is too low is out of range, of all else what is too high. A count is only compared where
    usually ``minimum`` are counted (silence), and out of range only from there on (dead letters).
    """
    assert rule.usual
    values = [value for sums in before if (value := value_of(rule.kind, sums, rule.minimum)) is not None]
    if len(values) < rule.usual.at_least:
        return None
    usual = median(values)
    width = rule.usual.deviations * max(_robust(values, usual), _chance(rule.kind, usual, now))
    if rule.kind == "silence":
        return Range(usual, max(usual - width, 1.0), None) if usual >= rule.minimum else None
    high = usual + width
    return Range(usual, None, max(high, rule.minimum) if rule.kind in COUNTS else high)


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle. Raises IndexError if there are none."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _robust(values: Sequence[float], usual: float) -> float:
    return TO_DEVIATIONS * median([abs(value - usual) for value in values])


def _chance(kind: AlertKind, usual: float, now: Sums) -> float:
    if kind in SHARES:
        share = min(max(usual, 0.01), 0.99)
        return sqrt(share * (1 - share) / max(now.whole, 1))
    return sqrt(max(usual, 1.0)) if kind in COUNTS else usual / 10
