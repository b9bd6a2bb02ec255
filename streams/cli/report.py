"""``heedful report``: what people read in the morning."""

import sys
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.options import Config, settings_from, writable
from streams.cli.sql import Run, Url

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


class Format(StrEnum):
    """How to print."""

    text = "text"
    json = "json"


@app.callback()
def _reports() -> None:
    """Reports of what landed in ClickHouse."""


@app.command()
def morning(
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The day (UTC); default: yesterday."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that needs nothing else.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What is printed.")] = Format.text,
    url: Url = None,
    run: Run = None,
    config: Config = None,
) -> None:
    """Yesterday's sales, abandonment, recovery and waiting customers, against the same weekday before.

    Each figure stands beside those of the four weeks before and their mean; what changed most comes first.

    Amounts are never added across currencies. A day on which nothing landed is left out of what is usual.
    """
    import msgspec

    from dashboards import morning_text
    from dashboards.morning import report
    from streams.cli.progress import waiting
    from streams.rows import asking

    if html:
        writable(html)
    settings = settings_from(config)
    about = day.date() if day else _yesterday(settings)
    with asking(settings, url, run) as client, waiting("asking ClickHouse"):
        found = report(about, lambda sql, values: _rows(client, sql, values))
    if html:
        html.write_text(morning_text.html(found), encoding="utf-8")
        print(f"heedful: {html}: written", file=sys.stderr)
    print(msgspec.json.encode(found).decode() if format_ is Format.json else morning_text.text(found))


def _yesterday(settings: Any) -> date:
    """By the time of people, which a demo has of its own."""
    return (datetime.fromtimestamp(settings.clock.clock().now() / 1000, UTC) - timedelta(days=1)).date()


def _rows(client: Any, sql: str, values: Any) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in client.ask(sql, "JSONEachRow", values).splitlines()]
