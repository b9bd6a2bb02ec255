"""``heedful sql``: ask ClickHouse, wherever the rows of these settings are."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import Config, settings_from

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Format(StrEnum):
    """How to print."""

    table = "table"
    csv = "csv"
    json = "json"


SPELLED = {
    Format.table: "PrettyCompactNoEscapesMonoBlock",
    Format.csv: "CSVWithNames",
    Format.json: "JSONEachRow",
}
"""ClickHouse's names of the formats."""

Url = Annotated[
    str | None, typer.Option("--url", help="Ask this ClickHouse, instead of the one that is found.")
]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="FOLDER", help="Of this run of `heedful demo` or `heedful import --run`."),
]


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(metavar="SQL", help="One statement that reads; -: from stdin.")],
    format_: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.table,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="For {NAME:Type} in the statement. Repeatable."),
    ] = None,
    url: Url = None,
    run: Run = None,
    config: Config = None,
) -> None:
    """Ask ClickHouse.

    That is the server named in the settings, or the embedded engine of the worker, demo or import that runs
    in this folder or ran here last.
    """
    from streams.rows import asking

    values = dict(_pair(given) for given in parameters or [])
    text = sys.stdin.read() if statement == "-" else statement
    with asking(settings_from(config), url, run) as client:
        answer = client.ask(text, SPELLED[format_], values)
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not name or not equals:
        raise typer.BadParameter(f"{given!r} is not NAME=VALUE", param_hint="--param")
    return name, value
