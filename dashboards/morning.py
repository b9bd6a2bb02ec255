"""The morning report: yesterday, against the same weekday of the four weeks before. Days are those of UTC."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec

Row: TypeAlias = Mapping[str, Any]
Ask: TypeAlias = Callable[[str, Mapping[str, str]], Sequence[Row]]
"""Rows of a statement with its parameters."""

WEEKS = 4
FEWEST = 5
"""What is smaller than this, then as now, is no change worth telling."""

MOST = 3
"""So many changes are told."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the day. ``before``: of the weeks before, the latest first; None: that day is not known.

    ``unit``: count, percent, minutes or money, that in ``currency``.
    """

    section: str
    measure: str
    unit: str
    currency: str
    value: float | None
    before: tuple[float | None, ...]

    @property
    def usual(self) -> float | None:
        """The mean of the weeks that are known."""
        known = [value for value in self.before if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def change(self) -> float | None:
        """In percent of what is usual; of shares in points. None: there is nothing to compare."""
        usual = self.usual
        if usual is None or self.value is None:
            return None
        if self.unit == "percent":
            return self.value - usual
        return 100 * (self.value - usual) / usual if usual else None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``changed``: what changed most, the biggest change first. ``known``: whether anything landed; if not,
    ``landed`` are the first and the last day of which something did: None if nothing ever did.
    """

    day: date
    known: bool
    landed: tuple[date, date] | None = None
    figures: tuple[Figure, ...]
    changed: tuple[Figure, ...]


@cache
def statement() -> str:
    """What is asked of each of the days, with the parameters of a panel."""
    return files("dashboards").joinpath("morning.sql").read_text(encoding="utf-8")


def report(day: date, ask: Ask) -> Report:
    """Of one day. Asks five times: of the day and of the four before; once more if it is not known."""
    days = [_day(ask, day - timedelta(weeks=back)) for back in range(WEEKS + 1)]
    kinds = list(dict.fromkeys(kind for known in days for kind in known or {}))
    kinds.sort(key=lambda kind: next(list(known).index(kind) for known in days if known and kind in known))
    figures = tuple(_figure(kind, days) for kind in kinds)
    known = days[0] is not None
    landed = None if known else _landed(ask)
    return Report(day=day, known=known, landed=landed, figures=figures, changed=_changed(figures))


_LANDED = """
SELECT toString(toDate(min(at))) AS first, toString(toDate(max(at))) AS last, count() > 0 AS any
FROM (SELECT occurred_at AS at FROM raw_clickstream UNION ALL SELECT occurred_at FROM raw_support)
"""


def _landed(ask: Ask) -> tuple[date, date] | None:
    [row] = ask(_LANDED, {})
    return (date.fromisoformat(row["first"]), date.fromisoformat(row["last"])) if row["any"] else None


def _day(ask: Ask, day: date) -> dict[tuple[str, ...], float | None] | None:
    """By section, measure, unit and currency; None if nothing happened at all: that day is not known."""
    span = {"from": f"{day} 00:00:00.000", "until": f"{day + timedelta(days=1)} 00:00:00.000"}
    rows = ask(statement(), span)
    if not any(row["value"] for row in rows if not row["section"]):
        return None
    names = ("section", "measure", "unit", "currency")
    return {tuple(row[name] for name in names): row["value"] for row in rows if row["section"]}


def _figure(kind: tuple[str, ...], days: Sequence[Mapping[tuple[str, ...], float | None] | None]) -> Figure:
    section, measure, unit, currency = kind
    nothing = 0.0 if unit == "money" else None
    value, *before = [None if known is None else known.get(kind, nothing) for known in days]
    return Figure(
        section=section, measure=measure, unit=unit, currency=currency, value=value, before=tuple(before)
    )


def _changed(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    told = [one for one in figures if one.change and max(one.value or 0, one.usual or 0) >= FEWEST]
    return tuple(sorted(told, key=lambda one: -abs(one.change or 0))[:MOST])
