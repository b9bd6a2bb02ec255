"""``dashboards/README.md``: what analysts read, from the comments of tables and views, and a cookbook."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any, TypeAlias

from dashboards.panel import Panel, panels

Row: TypeAlias = Mapping[str, Any]

CATALOGUE = """
SELECT t.name AS table, t.comment AS about, c.name AS column, c.type AS type, c.comment AS meaning
FROM system.tables AS t
INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = currentDatabase() AND t.engine NOT IN ('MaterializedView')
ORDER BY NOT startsWith(t.name, 'v_'), NOT startsWith(t.name, 'raw_'), t.name, c.position
"""
"""Views first, then the tables of topics, then the rest."""

COOKBOOK = (
    "abandonment_by_stage",
    "abandonment_by_device",
    "value_by_stage",
    "recovery_rate",
    "fruitless_searches",
    "outreach_funnel",
    "outreach_by_channel",
    "refusals",
    "waiting_now",
    "first_reply_by_channel",
    "breaches_by_team",
    "dead_letters",
)
"""Twelve panels, in the order in which one learns from them."""

MOST = 8
"""Rows of an answer that are shown."""

COOKED = """\
## Cookbook

Below each statement stands its answer for a simulated day of a small shop, 1 June 2026, or the first rows of
it; `{from:…}` is the beginning of that day, `{until:…}` its end.
"""


def manual(catalogue: Iterable[Row], answers: Mapping[str, Sequence[Row]]) -> str:
    """The whole file. ``catalogue``: what CATALOGUE gives; ``answers``: of COOKBOOK, by panel."""
    tables = [(name, list(rows)) for name, rows in groupby(catalogue, key=lambda row: row["table"])]
    parts = [_beginning(), _listed(), COOKED]
    parts += [_recipe(number, _panel(name), answers[name]) for number, name in enumerate(COOKBOOK, 1)]
    parts += ["## Views and tables\n", *(_table(name, rows) for name, rows in tables)]
    return "\n".join(parts)


def _beginning() -> str:
    return files("dashboards").joinpath("begin.md").read_text(encoding="utf-8")


def _listed() -> str:
    lines = [f"| `{each.name}` | {each.dashboard} | {each.question} |" for each in panels()]
    return "\n".join(["## Panels\n", "| panel | dashboard | question |", "|---|---|---|", *lines, ""])


def _panel(name: str) -> Panel:
    return next(each for each in panels() if each.name == name)


def _recipe(number: int, panel: Panel, rows: Sequence[Row]) -> str:
    more = f"\n… and {len(rows) - MOST} rows more.\n" if len(rows) > MOST else ""
    head = f"### {number}. {panel.title}\n\n{panel.question}\n"
    return f"{head}\n```sql\n{panel.sql}\n```\n\n{_answer(rows[:MOST])}{more}"


def _answer(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row.values()] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.replace("|", "\\|")


def _table(name: str, rows: Sequence[Row]) -> str:
    lines = [f"| `{row['column']}` | `{row['type']}` | {_cell(row['meaning'])} |" for row in rows]
    head = ["| column | type | meaning |", "|---|---|---|"]
    return "\n".join([f"### {name}\n", rows[0]["about"] + "\n", *head, *lines, ""])
