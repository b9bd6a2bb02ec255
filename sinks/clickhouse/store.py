"""A place for rows: the embedded engine or a ClickHouse far away, told apart by settings alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from sinks.errors import FixTarget

Row: TypeAlias = dict[str, Any]

INSERTING: Mapping[str, str | int] = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "max_partitions_per_insert_block": 0,
    "max_insert_threads": 1,
}
"""What makes an insert exact. As many months in a block as come: a wild date must not stop landing."""


@dataclass(frozen=True, slots=True)
class ClickHouseTarget:
    """Where rows go: ``url`` of a ClickHouse (HTTP or HTTPS), or ``path`` of the embedded engine's files.

    ``ca``: file of the authority that signed the server's certificate, if the system doesn't know it.
    """

    url: str | None = None
    path: Path | None = None
    database: str = "heedful"
    user: str = "default"
    password: str = field(default="", repr=False)
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Raises FixTarget unless exactly one of url and path is given."""
        if (self.url is None) == (self.path is None):
            raise FixTarget("ClickHouse needs either a url or a path for the embedded engine's files")


class Store(Protocol):
    """A database of ClickHouse. Every method may be called from any thread.

    Methods raise QueryFailed where ClickHouse refuses, Unavailable where it doesn't answer.
    """

    database: str

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> list[Row]:
        """Rows of a SELECT by column name. ``{name:Type}`` in it are parameters."""

    def command(self, sql: str) -> None:
        """Do something that returns no rows."""

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        """Append rows given in one of ClickHouse's formats. Once, however often the token is used again."""

    def close(self) -> None:
        """Let go."""


def open_store(target: ClickHouseTarget) -> Store:
    """The store of a target; creates the database if there is none."""
    if target.path is not None:
        from sinks.clickhouse.embedded import EmbeddedStore

        return EmbeddedStore(target.path, target.database)
    from sinks.clickhouse.remote import RemoteStore

    return RemoteStore(target)


def quoted(text: str) -> str:
    """A string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A name as an identifier."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def escaped_parameter(value: str) -> str:
    """A parameter's value as ClickHouse reads it: tab-separated escaping."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def insert_statement(table: str, columns: Sequence[str], token: str) -> str:
    """An INSERT without its data and format."""
    names = ", ".join(map(identifier, columns))
    settings = {**INSERTING, "insert_deduplication_token": quoted(token)}
    spelled = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return f"INSERT INTO {table} ({names}) SETTINGS {spelled}"
