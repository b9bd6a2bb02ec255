"""What stands behind a number that is out of range: what became most of all more frequent than usual."""

from collections.abc import Iterable
from math import sqrt
from typing import NamedTuple

from schemas.words import AlertCause

SHOWN = 3
FEWEST = 5
"""What happened less often says nothing."""
STRIKING = 3.0
"""Deviations by chance from which on it is named."""


class Label(NamedTuple):
    """How often something was seen: ``now`` in the window, ``before`` in all windows compared with."""

    what: str
    now: float
    before: float


def striking(labels: Iterable[Label], now: float, before: float) -> tuple[AlertCause, ...]:
    """What stands out, the most striking first. ``now``, ``before``: how many were counted in all."""
    if not now:
        return ()
    found = [(_deviations(label, now, before), label) for label in labels if label.now >= FEWEST]
    found = [(strength, label) for strength, label in found if strength >= STRIKING]
    found.sort(key=lambda one: (-one[0], one[1].what))
    return tuple(
        AlertCause(what=label.what, value=label.now / now, usual=label.before / before if before else None)
        for _, label in found[:SHOWN]
    )


def said(causes: Iterable[AlertCause]) -> str | None:
    """In words; None if nothing stands out."""
    return "; ".join(map(_one, causes)) or None


def _one(cause: AlertCause) -> str:
    usual = "" if cause.usual is None else f", usually {cause.usual:.2f}"
    return f"{cause.what} {cause.value:.2f}{usual}"


def _deviations(label: Label, now: float, before: float) -> float:
    """By how many standard deviations of a Poisson count it exceeds what was to be expected."""
    expected = label.before / before * now if before else 0.0
    return (label.now - expected) / sqrt(max(expected, 1.0))
