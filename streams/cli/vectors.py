"""``heedful vectors``: what the clocks of a help desk must say, and whether heedful's do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from streams.vectors import SHIPPED, read, run

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def vectors(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Vectors; default: those of heedful.")
    ] = None,
) -> None:
    """Run conformance vectors of help desk clocks against the rules: expected beside found.

    schemas/vectors/README.md describes the files, so that any help desk can run them. Exits with 1 if an
    expectation does not hold.
    """
    found = [row for file in files or sorted(SHIPPED.glob("*.json")) for row in _lines(file)]
    for line, _ in found:
        print(line)
    wrong = sum(not holds for _, holds in found)
    print(f"{len(found)} expectations, {wrong} differ.")
    raise typer.Exit(1 if wrong else 0)


def _lines(file: Path) -> Iterator[tuple[str, bool]]:
    vector = read(file)
    for case in vector.cases:
        for finding in run(case):
            said = f"{vector.id}, {case.name}: {finding.what}: {finding.expected}"
            holds = finding.holds
            yield (f"ok       {said}" if holds else f"differs  {said}, found {finding.found}"), holds
