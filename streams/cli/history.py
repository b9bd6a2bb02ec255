"""Options that ``replay`` and ``import`` share: which files, how they are read, under which rules."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from schemas.words import Millis
from streams.errors import FixConfiguration
from streams.formats.base import DeadRow
from streams.rules.durations import duration


class FormatName(StrEnum):
    """The formats, as the command line has them."""

    rees46 = "rees46"
    retentioneering = "retentioneering"
    servicenow = "servicenow"
    zendesk = "zendesk"
    jsonl = "jsonl"


class IdentityName(StrEnum):
    """Which column is the visitor."""

    session = "session"
    user = "user"


Files: TypeAlias = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…", help="Plain or gzip; zendesk: a folder. Several are read together, by time."
    ),
]
FormatOption: TypeAlias = Annotated[FormatName, typer.Option("--format", help="What the files are.")]
IdentityOption: TypeAlias = Annotated[
    IdentityName,
    typer.Option("--identity", help="Which column is the visitor; with session no customer is assumed."),
]
LatenessOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--lateness", metavar="D", help="How much later than others an event may arrive."),
]
UntilOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--until", metavar="TIME|end|+D", help="How far time comes; what is undecided then stays undecided."
    ),
]
SetOption: TypeAlias = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Such as rules.abandonment.cart.after=30m; repeatable."),
]


def lateness_from(text: str | None, default: Millis) -> Millis:
    """The lateness that was asked for. Raises FixConfiguration."""
    if text is None:
        return default
    try:
        return duration(text)
    except ValueError as error:
        raise FixConfiguration(f"--lateness: {error}") from None


def report(dead: DeadRow) -> None:
    """Say which row is dead, and why."""
    print(f"{dead.place}: {dead.reason}", file=sys.stderr)
