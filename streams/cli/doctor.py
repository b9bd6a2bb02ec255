"""``heedful doctor``: what is wrong, why it matters, what to do."""

import json
import sys
from typing import Annotated

import typer

from streams.cli.nearby import hint
from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.cli.progress import waiting
from streams.doctor.finding import Finding

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

SIGNS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}
UNWELL = 1
"""Exit code when there is an error. Warnings alone: 0."""


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One object a line, for machines.")] = False,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Look at what heedful stands on: settings, broker, topics, registry, ClickHouse, sources, dead letters.

    Each finding says what, why it matters and what to do. The exit code is 1 if there is an error, 0 if there
    are only warnings, 2 if the settings can't be read. It changes nothing, but for a topic of its own that it
    creates and deletes, to see whether transactions work.
    """
    from streams.doctor.look import look

    settings = settings_from(config, prefix, bootstrap)
    with waiting("looking") as progress:
        found = []
        for finding in look(settings, lambda what: progress.update(f"looking at the {what}")):
            found.append(finding)
            print(json.dumps(finding._asdict()) if as_json else _told(finding), flush=True)
    if not as_json:
        print(_summary(found))
    unwell = {finding.area for finding in found if finding.level == "error"}
    if "broker" in unwell and (advice := hint(settings)):
        print(advice, file=sys.stderr)
    if unwell:
        raise typer.Exit(UNWELL)


def _told(finding: Finding) -> str:
    lines = [f"{SIGNS[finding.level]}  {finding.area}: {finding.what}"]
    if finding.why:
        lines += [f"         {finding.why}", f"         do: {finding.do}"]
    return "\n".join(lines)


def _summary(found: list[Finding]) -> str:
    errors, warnings = (sum(each.level == level for each in found) for level in ("error", "warning"))
    told = f"{_several(errors, 'error')}, {_several(warnings, 'warning')}"
    return f"\n{len(found)} looked at: {told}."


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
