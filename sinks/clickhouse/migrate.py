"""Numbered SQL files, applied in order, each once, and recorded.

Every statement may be repeated (IF NOT EXISTS, OR REPLACE): a file that was cut off half way is applied anew.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from sinks.clickhouse.store import Store, quoted
from sinks.errors import Refused

_LEDGER = """
CREATE TABLE IF NOT EXISTS migrations
(
    name String COMMENT 'The file.',
    hash String COMMENT 'SHA-256 of its content.',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When all of its statements were done.'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
COMMENT 'Which migrations this database has.'
"""
_NAME = re.compile(r"\d{4}_[a-z_]+\.sql")
_END_OF_STATEMENT = re.compile(r";[ \t]*(?:\n|$)")


class Migration(NamedTuple):
    """One file."""

    name: str
    sql: str

    @property
    def hash(self) -> str:
        """Of its content."""
        return sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """One by one. A statement ends with a semicolon at the end of a line."""
        return [text for part in _END_OF_STATEMENT.split(self.sql) if (text := part.strip())]


def published() -> list[Migration]:
    """The migrations of this package, in their order."""
    folder = files("sinks.clickhouse") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if _NAME.fullmatch(entry.name))
    return [Migration(name, (folder / name).read_text(encoding="utf-8")) for name in names]


def migrate(store: Store, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring a database up to date; returns the names applied now.

    Raises Refused if a migration that was applied has been changed since, or is not known here.
    """
    known = published() if migrations is None else list(migrations)
    store.command(_LEDGER)
    applied = {row["name"]: row["hash"] for row in store.query("SELECT name, hash FROM migrations FINAL")}
    _check(store.database, known, applied)
    new = [migration for migration in known if migration.name not in applied]
    for migration in new:
        for statement in migration.statements:
            store.command(statement)
        store.command(
            f"INSERT INTO migrations (name, hash) VALUES ({quoted(migration.name)}, {quoted(migration.hash)})"
        )
    return [migration.name for migration in new]


def _check(database: str, known: list[Migration], applied: dict[str, str]) -> None:
    hashes = {migration.name: migration.hash for migration in known}
    for name, found in applied.items():
        if name not in hashes:
            raise Refused(
                f"Database {database} was migrated by a newer heedful ({name} is not known to this one): "
                "install that version, or name another database."
            )
        if hashes[name] != found:
            raise Refused(
                f"Migration {name} was changed after it was applied to database {database}. Put the file "
                "back as it was, and write what is to change into a new one with the next number."
            )
