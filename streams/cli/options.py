"""Options that most commands share, and the settings they lead to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from schemas.jsonl import to_millis
from schemas.words import Millis
from streams.errors import FixConfiguration
from streams.settings import Settings, load

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings; default: heedful.toml of this folder, if there."
    ),
]
Prefix: TypeAlias = Annotated[
    str | None, typer.Option("--prefix", help="Of topic names, instead of the settings' own.")
]
Bootstrap: TypeAlias = Annotated[
    str | None,
    typer.Option("--bootstrap", metavar="HOST:PORT", help="The broker, instead of the settings' own."),
]


def settings_from(config: Path | None, prefix: str | None = None, bootstrap: str | None = None) -> Settings:
    """The settings in force, with what the command line says on top. Raises FixConfiguration."""
    settings = load(config)
    changes: dict[str, Any] = {}
    if prefix:
        changes["prefix"] = prefix
    if bootstrap:
        kafka = settings.kafka.model_copy(update={"bootstrap": bootstrap})
        changes["kafka"] = kafka
    return settings.but(**changes) if changes else settings


def writable(file: Path) -> None:
    """Refuse before the work what could not be kept after it. Raises FixConfiguration."""
    try:
        file.open("ab").close()
    except OSError as error:
        raise FixConfiguration(f"{file}: can't be written: {error.strerror}") from error


def moment(text: str | None) -> Millis | None:
    """A date or a time, in UTC unless it says otherwise. Raises FixConfiguration."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise FixConfiguration(f"{text!r} is no time; write 2024-05-19 or 2024-05-19T10:00:00Z") from None
    return to_millis((at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat())
