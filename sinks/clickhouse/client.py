"""Asking ClickHouse, wherever its rows are: a server, or files that no process has open."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sinks.clickhouse.embedded import EmbeddedStore, rows_of
from sinks.clickhouse.reading import Asked, Limits, Reader
from sinks.clickhouse.remote import RemoteStore
from sinks.clickhouse.store import ClickHouseTarget, Row, escaped_parameter
from sinks.errors import FixTarget

GENEROUS = Limits(seconds=600, memory=4 << 30, answer=1 << 30, threads=8, requests=1)
"""For one who asks about files of their own."""


class Client(Protocol):
    """Somebody who answers. Raises QueryFailed, Unavailable."""

    def ask(self, sql: str, fmt: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """The answer in one of ClickHouse's formats. ``{name:Type}`` in the statement are parameters."""


class Server:
    """A ClickHouse, or an embedded engine that serves its HTTP interface."""

    def __init__(self, target: ClickHouseTarget) -> None:
        self._store = RemoteStore(target, create=False)

    def ask(self, sql: str, fmt: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """See Client."""
        return self._store.ask(sql, fmt, parameters)

    def close(self) -> None:
        """Let go."""
        self._store.close()


class Files:
    """The embedded engine, opened by this process for this purpose."""

    def __init__(self, path: Path, database: str) -> None:
        if not path.is_dir():
            raise FixTarget(f"There are no files of the embedded ClickHouse in {path}.")
        self._store = EmbeddedStore(path, database)
        self._reader = Reader(self._store, GENEROUS)

    def ask(self, sql: str, fmt: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """See Client."""
        escaped = {name: escaped_parameter(value) for name, value in (parameters or {}).items()}
        return self._reader.answer(Asked(sql, fmt, "", escaped)).data

    def close(self) -> None:
        """Let go."""
        self._store.close()


@contextmanager
def client_of(target: ClickHouseTarget) -> Iterator[Client]:
    """A client for as long as the block runs."""
    client = Server(target) if target.path is None else Files(target.path, target.database)
    try:
        yield client
    finally:
        client.close()


def rows(client: Client, sql: str, parameters: Mapping[str, str] | None = None) -> list[Row]:
    """Rows by column name."""
    return rows_of(client.ask(sql, "JSONCompact", parameters))
