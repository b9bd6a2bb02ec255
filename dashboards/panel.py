"""Panels: one SQL file each, with what its readers need to know in comments at its top.

    -- title: Abandonments
    -- question: How many carts were abandoned in each hour?
    -- dashboard: abandonment
    -- chart: line
    -- unit: carts
    -- thresholds: above 100 warning, above 200 critical
    -- live: yes
    SELECT …

The live page, the Grafana dashboards and the cookbook are made from them. Each statement reads the span of
event time that its parameters FROM (included) and UNTIL (not included) give. The first column of a line is
``time``, that of a bar what is compared; all others are numbers of the unit.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec

Dashboard: TypeAlias = Literal["abandonment", "waiting", "outreach", "operations"]
Chart: TypeAlias = Literal["line", "bar", "table"]
Unit: TypeAlias = Literal[
    "percent",
    "money",
    "seconds",
    "minutes",
    "carts",
    "searches",
    "contacts",
    "breaches",
    "candidates",
    "messages",
    "events",
    "letters",
]
"""Percent runs from 0 to 100. Money is in the currency that stands in the column ``currency`` of its row."""

FROM = "{from:DateTime64(3, 'UTC')}"
UNTIL = "{until:DateTime64(3, 'UTC')}"

_TOLD = re.compile(r"-- (\w+): (.+)")
_THRESHOLD = re.compile(r"(above|below) (\d+(?:\.\d+)?) (warning|critical)")
_PARAMETER = re.compile(r"\{\w+:[^{}]*\}")


class BadPanel(ValueError):
    """A panel's file doesn't say what it must, or says what nobody knows. The message names it."""


class Threshold(msgspec.Struct, frozen=True):
    """``above`` or ``below`` which value a number asks for attention."""

    direction: Literal["above", "below"]
    value: float
    severity: Literal["warning", "critical"]


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One panel. ``name`` is that of its file; ``live``: whether the live page shows it.

    ``thresholds`` hold for every number of a line or a bar, the mildest first.
    """

    name: str
    title: str
    question: str
    dashboard: Dashboard
    chart: Chart
    unit: Unit
    sql: str
    thresholds: tuple[Threshold, ...] = ()
    live: bool = False


@cache
def panels() -> tuple[Panel, ...]:
    """All of them, by name. Raises BadPanel."""
    folder = files("dashboards").joinpath("panels")
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return tuple(read(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in found)


def read(name: str, text: str) -> Panel:
    """A panel from the text of its file. Raises BadPanel."""
    lines = text.splitlines()
    count = next((at for at, line in enumerate(lines) if not line.startswith("--")), len(lines))
    told = _told(name, lines[:count])
    thresholds = [_threshold(name, one) for one in filter(None, told.pop("thresholds", "").split(", "))]
    sql = _checked(name, "\n".join(lines[count:]).strip())
    known = {"live": told.pop("live", "no") == "yes", "thresholds": thresholds, "sql": sql, "name": name}
    try:
        return msgspec.convert({**told, **known}, Panel)
    except msgspec.ValidationError as error:
        raise BadPanel(f"{name}: {error}") from error


def _told(name: str, lines: list[str]) -> dict[str, str]:
    told = {}
    for line in lines:
        said = _TOLD.fullmatch(line)
        if said is None:
            raise BadPanel(f"{name}: not like '-- title: Recovered': {line}")
        told[said[1]] = said[2]
    return told


def _threshold(name: str, text: str) -> dict[str, str | float]:
    said = _THRESHOLD.fullmatch(text)
    if said is None:
        raise BadPanel(f"{name}: a threshold is like 'above 70 warning', not {text!r}")
    return {"direction": said[1], "value": float(said[2]), "severity": said[3]}


def _checked(name: str, sql: str) -> str:
    strange = set(_PARAMETER.findall(sql)) - {FROM, UNTIL}
    if strange or not sql:
        raise BadPanel(
            f"{name}: a statement with the parameters {FROM} and {UNTIL}, and no others: {strange}"
        )
    return sql
