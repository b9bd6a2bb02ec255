"""ClickHouse: there, new enough, migrated, remembering the tokens of inserts, with room left."""

import re
from collections.abc import Callable, Iterator, Mapping

from sinks.clickhouse.client import Client, rows
from sinks.clickhouse.migrate import published
from sinks.clickhouse.store import Row
from sinks.errors import QueryFailed, SinkError, Unavailable
from streams.doctor.finding import Finding
from streams.errors import FixConfiguration
from streams.rows import asking
from streams.settings import Settings

AREA = "clickhouse"
OLDEST = (25, 8)
"""The oldest version with all that landing relies on; older ones were not tried."""

SCARCE, FULL = 0.15, 0.05
"""Shares of a disk that are free."""

MADE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)(.*?);[ \t]*(?:\n|$)", re.DOTALL)
WINDOW = re.compile(r"non_replicated_deduplication_window = (\d+)")
Ask = Callable[[str], list[Row]]


def clickhouse(settings: Settings) -> Iterator[Finding]:
    """Asks the server that the settings name, or the embedded engine, if there is one."""
    try:
        with asking(settings) as client:
            yield from _asked(client, settings)
    except FixConfiguration:
        yield Finding("ok", AREA, "the embedded engine, which was never started here")
    except (SinkError, Unavailable) as error:
        yield Finding(
            "error",
            AREA,
            str(error).partition("\n")[0],
            "Nothing lands; dashboards and queries stand still. What is not landed waits on the topics.",
            "Start it, or put [clickhouse] right in heedful.toml: url, username, ca, database.",
        )


def _asked(client: Client, settings: Settings) -> Iterator[Finding]:
    def ask(sql: str) -> list[Row]:
        return rows(client, sql, {"database": settings.clickhouse.database})

    yield _version(str(ask("SELECT version() AS version")[0]["version"]))
    tables = {
        str(row["name"]): str(row["made"])
        for row in ask(
            "SELECT name, create_table_query AS made FROM system.tables WHERE database = {database:String}"
        )
    }
    yield from _migrations(ask, tables)
    yield from _windows(tables)
    yield from _disks(ask)


def _version(version: str) -> Finding:
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if numbers >= OLDEST:
        return Finding("ok", AREA, f"version {version}")
    return Finding(
        "warning",
        AREA,
        f"version {version}",
        "Landing was not tried with it; whether an insert is recognised when it is repeated isn't known.",
        f"Update ClickHouse to {OLDEST[0]}.{OLDEST[1]} or later.",
    )


def _migrations(ask: Ask, tables: Mapping[str, str]) -> Iterator[Finding]:
    known = {migration.name: migration.hash for migration in published()}
    applied = (
        {str(row["name"]): str(row["hash"]) for row in ask("SELECT name, hash FROM migrations FINAL")}
        if "migrations" in tables
        else {}
    )
    strange = [name for name in applied if name not in known]
    changed = [name for name, content in applied.items() if known.get(name, content) != content]
    new = [name for name in known if name not in applied]
    if strange:
        yield Finding(
            "error",
            AREA,
            f"it was migrated by a newer heedful: {', '.join(strange)}",
            "Landing refuses to work on tables that it doesn't know.",
            "Install that version here, or name another database in [clickhouse].",
        )
    if changed:
        yield Finding(
            "error",
            AREA,
            f"migrations were changed after they were applied: {', '.join(changed)}",
            "The tables are not what this heedful takes them for; landing refuses.",
            "Install the version that applied them, or put the files back as they were.",
        )
    if new:
        yield Finding(
            "warning",
            AREA,
            f"{len(new)} migrations are not applied yet, {new[0]} first",
            "Views may be missing.",
            "Start landing: it applies them before it lands anything.",
        )
    if not (strange or changed or new):
        yield Finding("ok", AREA, f"{len(applied)} migrations applied")


def _windows(tables: Mapping[str, str]) -> Iterator[Finding]:
    """A database that lacks a table altogether is told of by its migrations."""
    short = [
        name
        for name, window in windows().items()
        if name in tables and _window(tables[name]) < window and "Replicated" not in tables[name]
    ]
    for name in short:
        yield Finding(
            "error",
            AREA,
            f"{name} remembers the tokens of {_window(tables[name])} inserts, and not of {windows()[name]}",
            "An insert that is repeated after a failure may land twice.",
            f"ALTER TABLE {name} MODIFY SETTING non_replicated_deduplication_window = {windows()[name]}",
        )
    if tables and not short:
        yield Finding("ok", AREA, "inserts that are repeated are recognised")


def windows() -> dict[str, int]:
    """By table, how many tokens it has to remember, as the migrations say."""
    made = (found for migration in published() for found in MADE.findall(migration.sql))
    return {name: _window(rest) for name, rest in made if WINDOW.search(rest)}


def _window(statement: str) -> int:
    found = WINDOW.search(statement)
    return int(found[1]) if found else 0


def _disks(ask: Ask) -> Iterator[Finding]:
    try:
        disks = ask("SELECT name, free_space AS free, total_space AS total FROM system.disks")
    except QueryFailed as refused:
        yield Finding(
            "warning",
            AREA,
            f"its disks can't be seen (code {refused.code})",
            "A full disk stops landing without a warning from here.",
            "Watch them otherwise, or grant SELECT on system.disks.",
        )
        return
    for disk in disks:
        share = int(disk["free"]) / max(1, int(disk["total"]))
        told = f"{share:.0%} of disk {disk['name']} is free ({int(disk['free']) >> 30:,} GiB)"
        if share >= SCARCE:
            yield Finding("ok", AREA, told)
        else:
            yield Finding(
                "error" if share < FULL else "warning",
                AREA,
                told,
                "A full disk stops landing, and merges before it.",
                "Make room, or move old partitions away.",
            )
