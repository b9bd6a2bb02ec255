"""``heedful contacts``: who waits for an answer, asked of the worker that runs."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.options import Config, settings_from
from streams.cli.spans import span, until

app = typer.Typer(
    help="See which customers wait for an answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PIPED_WIDTH = 200
NOTHING = "–"

HEADINGS = (
    "contact",
    "customer",
    "channel",
    "team",
    "agent",
    "priority",
    "waiting since",
    "next due",
    "breached",
    "policy",
)
"""Of the table, for people."""

COLUMNS = (
    "contact_id",
    "shop_id",
    "profile_id",
    "channel",
    "team",
    "agent_id",
    "priority",
    "status",
    "policy",
    "waiting_since",
    "waiting_ms",
    "clock",
    "due_at",
    "due_in_ms",
    "breached",
)
"""Of CSV: all that a row of the page has."""

Row = dict[str, Any]


class Format(StrEnum):
    """How to print."""

    table = "table"
    csv = "csv"
    json = "json"


class Sort(StrEnum):
    """In which order."""

    due = "due"
    waiting = "waiting"
    priority = "priority"


@app.callback()
def _about() -> None:
    """See which customers wait for an answer."""


@app.command()
def waiting(
    team: Annotated[str | None, typer.Option(help="Only what this team owns.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only this channel, e.g. email, chat or phone.")] = None,
    sort: Annotated[
        Sort,
        typer.Option(
            help="due: what is overdue for longest or due next; waiting: who waits for longest; "
            "priority: the most urgent, and among these what is due next."
        ),
    ] = Sort.due,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many at most.")] = 50,
    format_: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.table,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Ask the edges at this address, instead of those that are found."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FOLDER", help="Of this run of `heedful demo`.")
    ] = None,
    config: Config = None,
) -> None:
    """Show the customers who wait for a reply or a call-back, from the memory of the worker that runs.

    That is the worker or the demo of this folder; its role `edges` keeps the queue and serves the same as
    JSON under /contacts/waiting. ClickHouse isn't asked: there, v_queue is the queue as it has landed, and
    v_queue_at the queue of any past moment.

    `next due` is the open clock with the earliest deadline, missed or not, and how long it is until then by
    the clock on the wall; `breached` are the open clocks that missed theirs. Times are UTC.
    """
    from streams.asking import edges_page

    values = {"team": team or "", "channel": channel or "", "sort": sort.value, "limit": str(limit)}
    said = edges_page(settings_from(config), "contacts/waiting", values, url, run)
    PRINTED[format_](said["contacts"])
    _comment(said, format_)


def _print_table(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, markup=False, emoji=False).print(table)


def _cells(row: Row) -> tuple[str, ...]:
    since = f"{row['waiting_since'][:16].replace('T', ' ')} ({span(row['waiting_ms'])})"
    due = f"{row['clock']} {until(row['due_in_ms'])}" if row["clock"] else ""
    plain = (row[name] for name in ("contact_id", "profile_id", "channel", "team", "agent_id", "priority"))
    cells = *plain, since, due, ", ".join(row["breached"]), row["policy"]
    return tuple(printable(cell or NOTHING) for cell in cells)


def printable(text: str) -> str:
    """Without what would move the cursor or colour the screen: ids come from outside."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _print_csv(rows: Sequence[Row]) -> None:
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    writer.writerows({**row, "breached": " ".join(row["breached"])} for row in rows)


def _print_json(rows: Sequence[Row]) -> None:
    for row in rows:
        print(json.dumps(row))


PRINTED: dict[Format, Callable[[Sequence[Row]], None]] = {
    Format.table: _print_table,
    Format.csv: _print_csv,
    Format.json: _print_json,
}


def _comment(said: dict[str, Any], format_: Format) -> None:
    """How many more there are; on stderr what the rows don't tell."""
    shown, matching = len(said["contacts"]), said["matching"]
    if format_ is Format.table:
        print(f"{shown:,} of {matching:,} waiting contacts" if shown < matching else f"{matching:,} waiting")
    if not said["caught_up"]:
        print(
            "heedful: the edges are still reading cx.contacts: more may wait than is shown", file=sys.stderr
        )
    if said["left_out"]:
        print("heedful: more contacts wait than the edges have room for: some are not shown", file=sys.stderr)
