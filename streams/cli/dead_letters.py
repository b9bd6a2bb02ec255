"""``heedful dead-letters``: what could not be read or obeyed, why, and what it was."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from schemas.errors import BadRecord
from schemas.outputs import DeadLetter
from schemas.topics import DEAD_LETTERS
from streams.cli.nearby import asking
from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.errors import FixConfiguration
from streams.reading import read_to_end
from streams.settings import Settings
from streams.wiring import codec_of

app = typer.Typer(
    help="Look at the records that could not be read or obeyed. They are kept as they came.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


SHORT = 8
"""Characters of an id that tell dead letters apart, in a table."""

PIPED_WIDTH = 200


class Format(StrEnum):
    """How to print."""

    table = "table"
    json = "json"


@app.command("list")
def list_(
    topic: Annotated[str | None, typer.Option(help="Only from this topic.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only from this stage, such as decode.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 100,
    format_: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.table,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """List dead letters, the latest last; one record refused twice at a stage is one."""
    settings = settings_from(config, prefix, bootstrap)
    wanted = {"topic": topic, "reason": reason, "stage": stage}
    matching = [
        letter
        for letter in _letters(settings).values()
        if all(value is None or getattr(letter, name) == value for name, value in wanted.items())
    ]
    matching.sort(key=lambda letter: (letter.occurred_at, letter.topic, letter.partition, letter.offset))
    _print(matching[-limit:], len(matching), format_)


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="As listed; its beginning is enough.")],
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Show one dead letter whole, with its key and value as text and as bytes."""
    letters = _letters(settings_from(config, prefix, bootstrap))
    found = [letter for identity, letter in letters.items() if identity.startswith(event_id)]
    if len(found) != 1:
        raise FixConfiguration(f"{len(found)} dead letters have an id that begins with {event_id}")
    letter = found[0]
    for name, value in _plain(letter).items():
        print(f"{name + ':':13} {value}")
    _print_bytes("key", letter.key)
    _print_bytes("value", letter.value)


def _letters(settings: Settings) -> dict[str, DeadLetter]:
    """By id. What isn't a dead letter has no place on the topic, and is reported."""
    with asking(settings, "reading the topic of dead letters"):
        return {letter.event_id: letter for letter in _read(settings)}


def _read(settings: Settings) -> Iterator[DeadLetter]:
    codec = codec_of(settings)
    for message in read_to_end(settings, settings.named(DEAD_LETTERS)):
        try:
            record = codec.decode(message.value(), DEAD_LETTERS)
        except BadRecord as bad:
            print(
                f"heedful: {message.topic()}/{message.partition()}/{message.offset()}: {bad}", file=sys.stderr
            )
            continue
        assert isinstance(record, DeadLetter)
        yield record


def _print(letters: list[DeadLetter], of: int, format_: Format) -> None:
    if format_ is Format.json:
        for letter in letters:
            print(json.dumps({**_plain(letter), "key": _hex(letter.key), "value": _hex(letter.value)}))
        return
    _print_table(letters)
    print(f"{len(letters)} of {of} dead letters" if len(letters) < of else f"{of} dead letters")


def _print_table(letters: list[DeadLetter]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("id", "when", "where", "stage", "reason", "detail"):
        table.add_column(heading, no_wrap=heading in ("id", "when", "reason"), overflow="fold")
    for letter in letters:
        where = f"{letter.topic}/{letter.partition}/{letter.offset}"
        when = _time(letter.occurred_at)[:19]
        table.add_row(letter.event_id[:SHORT], when, where, letter.stage, letter.reason, letter.detail)
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def _plain(letter: DeadLetter) -> dict[str, Any]:
    """Everything but the bytes, with times for people."""
    fields = msgspec.structs.asdict(letter)
    del fields["key"], fields["value"]
    return {**fields, "occurred_at": _time(letter.occurred_at)}


def _time(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1_000, UTC).isoformat(timespec="milliseconds")


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _print_bytes(name: str, value: bytes | None) -> None:
    if value is None:
        print(f"{name + ':':13} none")
        return
    print(f"{name + ':':13} {value.decode(errors='replace')!r}")
    for at in range(0, len(value), 16):
        row = value[at : at + 16]
        print(f"  {at:08x}  {row.hex(' '):47}  {_printable(row)}")


def _printable(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
