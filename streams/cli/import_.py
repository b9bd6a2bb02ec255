"""``heedful import``: files as history, through a broker."""

from typing import Annotated

import typer

from schemas.jsonl import to_iso
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
from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.cli.progress import Shown, shown
from streams.errors import FixConfiguration
from streams.formats import format_named
from streams.formats.reading import Reading
from streams.importer import Imported, publish
from streams.rule_log import configured
from streams.rules.settings import override
from streams.running import own_broker, own_roles
from streams.settings import Settings
from streams.through import Through
from streams.until import Until, until
from streams.wiring import codec_of, kernel_config

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def import_(
    files: Files,
    form: FormatOption,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until all of it is through both kernels and landed.")
    ] = False,
    run: Annotated[
        bool, typer.Option("--run", help="With a broker and workers of its own; ClickHouse's files stay.")
    ] = False,
    identity: IdentityOption = IdentityName.session,
    lateness: LatenessOption = None,
    until_: UntilOption = "end",
    set_: SetOption = [],  # noqa: B006
    partitions: Annotated[int | None, typer.Option(min=1, help="Of each topic; with --run.")] = None,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Publish the events of files as history, with the time they had.

    The topics are held: nothing reaches customers, and time stands where the files end, until `heedful topics
    go-live`. --lateness, --set and --partitions are settings of workers, so they need --run.
    """
    _refuse_mixtures(run, bootstrap, lateness, partitions, set_)
    settings = settings_from(config, prefix, bootstrap)
    limit = until(until_)
    reading = Reading(format_named(form), files, identity.value, report, limit.moment)
    if not run:
        with shown("publishing", files, reading) as bar:
            found = _import(settings, reading, limit, bar, wait)
        _say(settings, reading, found)
        print(f"The topics are held; `heedful topics go-live --prefix {settings.prefix}` lifts it.")
        return
    workers = _own(settings, lateness, partitions, set_)
    with shown("publishing", files, reading) as bar, own_broker(workers) as own:
        found = _import_and_work(own, reading, limit, bar)
    _say(own, reading, found)
    print(f"ClickHouse's files stay in {own.data_dir}; `heedful sql` asks the latest run, `--run` names one.")


def _import(settings: Settings, reading: Reading, limit: Until, bar: Shown, wait: bool) -> Imported:
    found = _publish(settings, reading, limit, bar)
    if wait:
        Through(settings, kernel_config(settings), lambda: None, bar.step).wait(found.clock)
    return found


def _import_and_work(settings: Settings, reading: Reading, limit: Until, bar: Shown) -> Imported:
    """Workers start once the history is held and published, so that they add no heartbeat of today."""
    found = _publish(settings, reading, limit, bar)
    with own_roles(settings) as supervisor:
        Through(settings, kernel_config(settings), supervisor.tend, bar.step).wait(found.clock)
    return found


def _publish(settings: Settings, reading: Reading, limit: Until, bar: Shown) -> Imported:
    now = settings.clock.clock().now()
    return publish(reading, kernel_config(settings), codec_of(settings), limit, now, bar.row)


def _own(settings: Settings, lateness: str | None, partitions: int | None, changes: list[str]) -> Settings:
    """The settings of the workers that this import starts."""
    rules = override(configured(settings), changes).mapping()
    return settings.but(
        lateness=lateness_from(lateness, settings.lateness),
        partitions=partitions or settings.partitions,
        **rules,
    )


def _refuse_mixtures(
    run: bool, bootstrap: str | None, lateness: str | None, partitions: int | None, changes: list[str]
) -> None:
    if run and bootstrap:
        raise FixConfiguration("--run starts a broker of its own; leave --bootstrap out")
    if not run and (lateness or partitions or changes):
        raise FixConfiguration(
            "--lateness, --partitions and --set are settings of the workers that read the topics; set them "
            "there, or let the import start its own with --run"
        )


def _say(settings: Settings, reading: Reading, found: Imported) -> None:
    print(
        f"{found.events:,} events on {settings.prefix}.*, from {to_iso(found.first)} to "
        f"{to_iso(found.clock - 1)}; {reading.read:,} rows, {reading.duplicates:,} of them duplicates, "
        f"{reading.unchanged:,} without change, {reading.dead_letters:,} dead."
    )
