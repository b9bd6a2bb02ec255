"""``heedful replay``: both kernels' processors over files, without a broker."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
import typer

from schemas.jsonl import to_json
from schemas.topics import Output
from streams.care import Care, open_episodes, waiting_contacts
from streams.cli.history import (
    Files,
    FormatOption,
    IdentityName,
    IdentityOption,
    LatenessOption,
    SetOption,
    UntilOption,
    lateness_from,
    report,
)
from streams.cli.options import Config, writable
from streams.cli.progress import Shown, shown
from streams.errors import FixConfiguration
from streams.formats import format_named
from streams.formats.base import Row
from streams.formats.reading import Reading
from streams.replay import Replay
from streams.rule_log import configured
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet, load_rules, override
from streams.settings import Settings, load
from streams.summary import SignalCounts, Summary
from streams.until import until
from streams.visits import Visits

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

STDOUT = Path("-")


@app.command()
def replay(
    files: Files,
    form: FormatOption,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Signals, decisions and outreach; - for stdout.")],
    summary: Annotated[Path | None, typer.Option(metavar="FILE", help="Numbers, as JSON.")] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The rules; default: those of the settings.")
    ] = None,
    identity: IdentityOption = IdentityName.session,
    lateness: LatenessOption = None,
    until_: UntilOption = "end",
    set_: SetOption = [],  # noqa: B006
    config: Config = None,
) -> None:
    """Run the rules over files in this process, without a broker.

    Each line of --out is a JSON object with topic, key and value. The same files and rules give the same
    bytes.
    """
    settings, limit = load(config), until(until_)
    reading = Reading(format_named(form), files, identity.value, report, limit.moment)
    book = RuleBook.single(_rules(settings, rules, set_))
    lateness_ = lateness_from(lateness, settings.lateness)
    host = Replay([Visits(), Care(book, lateness_)], lateness_)
    counts = SignalCounts()
    if summary:
        writable(summary)
    with _writing(out) as target, shown("replaying", files, reading) as bar:
        for output in host.run(_watched(reading, bar), lambda: limit.reached(reading.last_event)):
            target.write(_line(output))
            counts.add(output)
    _summarise(summarised(reading, counts, host), summary)


def summarised(reading: Reading, counts: SignalCounts, host: Replay) -> Summary:
    """The numbers, once all is read."""
    profiles = host.states()[Care.name].values()
    return Summary(
        read=reading.read,
        duplicates=reading.duplicates,
        unchanged=reading.unchanged,
        dead_letters=reading.dead_letters,
        open_episodes=sum(map(open_episodes, profiles)),
        waiting_contacts=sum(map(waiting_contacts, profiles)),
        signals=counts.by_topic(),
    )


def _watched(rows: Iterable[Row], bar: Shown) -> Iterator[Row]:
    for row in rows:
        bar.row()
        yield row


def _rules(settings: Settings, file: Path | None, changes: list[str]) -> RuleSet:
    return override(load_rules(file) if file else configured(settings), changes)


def _line(output: Output) -> bytes:
    value: Any = output.value and to_json(output.value)
    return msgspec.json.encode({"topic": output.topic.name, "key": output.key, "value": value}) + b"\n"


@contextmanager
def _writing(out: Path) -> Iterator[IO[bytes]]:
    if out == STDOUT:
        yield sys.stdout.buffer
        return
    try:
        with open(out, "wb") as target:
            yield target
    except OSError as error:
        raise FixConfiguration(f"{out}: can't be written: {error.strerror}") from error


def _summarise(numbers: Summary, file: Path | None) -> None:
    text = msgspec.json.format(msgspec.json.encode(numbers), indent=2).decode()
    if file is None:
        print(text, file=sys.stderr)
        return
    file.write_text(text + "\n", encoding="utf-8")
