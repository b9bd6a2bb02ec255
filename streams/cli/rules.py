"""``heedful rules``: which hold when, how others differ from them, and what others would have said."""

import json
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.cli.contacts import printable
from streams.cli.options import Bootstrap, Config, Prefix, moment, settings_from
from streams.errors import FixConfiguration
from streams.rule_log import configured, earliest_activation, publish_rules, read_rules
from streams.rules.book import RuleBook
from streams.rules.differences import Difference, differences
from streams.rules.settings import RuleSet, load_rules
from streams.settings import Settings

app = typer.Typer(
    help="See which rules hold when; compare others with them, and try them over the log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DIFFERENT = 1
"""Exit code if they differ; 0: they don't; 2: it can't be said."""

ABSENT = "–"

File: TypeAlias = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="Of rules, such as heedful.toml; default: those of the settings."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One object.")]


@app.callback()
def _about() -> None:
    """See which rules hold when; compare others with them, and try them over the log."""


@app.command("list")
def list_(
    as_json: Json = False, prefix: Prefix = None, bootstrap: Bootstrap = None, config: Config = None
) -> None:
    """List the versions of the rules that are in the log, and from when on each holds. Times are UTC."""
    settings = settings_from(config, prefix, bootstrap)
    book = read_rules(settings)
    now = settings.clock.clock().now()
    current = max((one.at for one in book.activations if one.at <= now), default=None)
    rows = [(at, version, _standing(at, now, current)) for at, version in book.activations]
    if as_json:
        said = ({"version": version, "from": to_iso(at), "now": at == current} for at, version, _ in rows)
        print(json.dumps(list(said)))
        return
    for at, version, standing in rows:
        print(f"{version}  from {_time(at)}  {standing}".rstrip())


@app.command()
def diff(
    file: File = None,
    against: Annotated[
        str, typer.Option(metavar="VERSION|active", help="A version that `heedful rules list` shows.")
    ] = "active",
    as_json: Json = False,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Show in what the rules of a file differ from those that hold: by rule and field, as they are written.

    Exits with 0 if they are the same, 1 if they differ, 2 if that can't be said.
    """
    settings = settings_from(config, prefix, bootstrap)
    new = rules_of(file, settings)
    old = version_of(read_rules(settings), against, settings)
    found = differences(old, new)
    if as_json:
        said = [one._asdict() for one in found]
        print(json.dumps({"old": old.version, "new": new.version, "differences": said}))
    else:
        _print(old, new, found, file)
    raise typer.Exit(0 if old.version == new.version else DIFFERENT)


@app.command("try")
def try_(
    file: File = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin, UTC; default: a day before the end.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="End, UTC; default: now.")] = None,
    lead_in: Annotated[
        str, typer.Option(metavar="D", help="So long before the begin clicks and carts are read from.")
    ] = "30d",
    memory: Annotated[int, typer.Option(min=128, metavar="MIB", help="So much may be taken.")] = 4_096,
    as_json: Json = False,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Try rules over a range of the log, and compare what they say with what was said and sent in it.

    Both kernels' rules run over the log in this process, in shadow: nothing is written, nobody is
    approached, workers notice nothing. What began before the range has to be known in it, so reading begins
    before: with clicks and carts by --lead-in (they are remembered for 30 days), with all else (orders,
    contacts, consent, feedback) at the beginning of the log. The rules are taken to have held all along.

    Exits with 0 if nothing would have been otherwise, 1 if something would.
    """
    from streams.cli.rules_tried import tried

    settings = settings_from(config, prefix, bootstrap)
    same = tried(rules_of(file, settings), settings, (from_, until, lead_in), memory, as_json)
    raise typer.Exit(0 if same else DIFFERENT)


@app.command()
def publish(
    file: File = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="From when on they hold, UTC; default: two minutes on.")
    ] = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Let the rules of a file hold from a time of the log on, without a stop.

    Carts that were last changed before it, and clocks of contacts that were started before it, end under
    the rules that they began with; what begins at that moment or later begins under the new ones. Whom to
    approach is decided by the rules of the moment of the decision. Published for the same time again, the
    last ones count; an older version is published again like any other.
    """
    settings = settings_from(config, prefix, bootstrap)
    rules, now = rules_of(file, settings), settings.clock.clock().now()
    wanted = moment(at)
    begin = earliest_activation(settings, now) if wanted is None else wanted
    book = publish_rules(settings, rules, begin, now)
    after = next((one for one in book.activations if one.at > begin), None)
    until = f" until {_time(after.at)}, when {after.version} does" if after else ""
    since = max(one.at for one in book.activations if one.at <= begin)
    print(f"{rules.version} holds from {_time(since)} on{until}.")


def rules_of(file: Path | None, settings: Settings) -> RuleSet:
    """The rules of a file, or those of the settings. Raises FixConfiguration, naming file, line and key."""
    return load_rules(file) if file else configured(settings)


def version_of(book: RuleBook, version: str, settings: Settings) -> RuleSet:
    """A version by how it begins, or the one that holds now. Raises FixConfiguration unless it is one."""
    if version == "active":
        return book.active(settings.clock.clock().now())
    found = [rules for name, rules in book.versions.items() if name.startswith(version)]
    if len(found) != 1:
        raise FixConfiguration(
            f"--against {version}: {len(found)} versions begin so; `heedful rules list` lists them"
        )
    return found[0]


def _standing(at: Millis, now: Millis, current: Millis | None) -> str:
    if at > now:
        return "not yet"
    return "now" if at == current else ""


def _time(at: Millis) -> str:
    return to_iso(at)[:19].replace("T", " ") if at else "the beginning"


def _print(old: RuleSet, new: RuleSet, found: list[Difference], file: Path | None) -> None:
    told = file or "the settings"
    if old.version == new.version:
        print(f"The rules of {told} are version {old.version}: the same.")
        return
    print(f"{old.version} → {new.version} ({told})")
    rule = None
    for one in found:
        if one.rule != rule:
            print(f"\n[{one.rule}]")
        rule = one.rule
        print(printable(f"  {one.field}: {one.old or ABSENT} → {one.new or ABSENT}"))
    if not found:
        print("They say the same in other words.")
