"""``heedful audit``: nothing lost, nothing twice, found out by counting."""

from typing import Annotated

import typer

from streams.cli.options import Config, settings_from
from streams.cli.sql import Run, Url

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

WRONG = 1
"""Exit code when claims and rows don't agree."""


@app.command()
def audit(
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing if all is well.")] = False,
    url: Url = None,
    run: Run = None,
    config: Config = None,
) -> None:
    """Compare what was claimed by landing with the rows in ClickHouse. Exit code 1 if they don't agree."""
    from sinks.clickhouse.audit import audit as compare
    from sinks.clickhouse.client import rows
    from streams.cli.progress import waiting
    from streams.rows import asking

    with asking(settings_from(config), url, run) as client, waiting("counting rows"):
        result = compare(lambda statement: rows(client, statement))
    for finding in result.findings:
        print(finding)
    if result.findings:
        raise typer.Exit(WRONG)
    if not quiet:
        print(f"{result.rows:,} rows in {result.ranges:,} ranges: nothing missing, nothing twice")
