"""A real ClickHouse, over HTTP or HTTPS."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.clickhouse.embedded import refusal, rows_of
from sinks.clickhouse.store import INSERTING, ClickHouseTarget, Row, identifier
from sinks.errors import FixTarget, Unavailable

logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())  # its exceptions say the same

T = TypeVar("T")
READING = {"output_format_json_quote_64bit_integers": 0}
PATIENCE = 60
"""Seconds that a statement may take; an insert that takes longer is tried again under its token."""


class RemoteStore:
    """A database of a ClickHouse server."""

    def __init__(self, target: ClickHouseTarget, create: bool = True) -> None:
        """Connects when first asked. ``create``: the database, if there is none."""
        self._create = create
        self.database = target.database
        self._target = target
        self._client: Any = None

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> list[Row]:
        """See Store."""
        return rows_of(self.ask(sql, "JSONCompact", parameters))

    def ask(self, sql: str, fmt: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """The answer of a SELECT in one of ClickHouse's formats."""
        values = dict(parameters or {})
        return self._ask(lambda client: _read(client, sql, values, fmt))

    def command(self, sql: str) -> None:
        """See Store."""
        self._ask(lambda client: client.command(sql))

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        """See Store."""
        settings = {**INSERTING, "insert_deduplication_token": token}
        self._ask(
            lambda client: client.raw_insert(
                table, list(columns), insert_block=data, settings=settings, fmt=fmt
            )
        )

    def close(self) -> None:
        """Let go."""
        if self._client is not None:
            self._client.close()

    def _ask(self, question: Callable[[Any], T]) -> T:
        """The client is made when first needed, so that an outage at the start is one like any other."""
        try:
            if self._client is None:
                self._client = self._connected()
            return question(self._client)
        except ClickHouseError as error:
            found = refusal(str(error))
            if found.code:
                raise found from error
            raise Unavailable(f"ClickHouse at {self._target.url}: {error}") from error
        except OSError as error:
            raise Unavailable(f"ClickHouse at {self._target.url}: {error}") from error

    def _connected(self) -> Any:
        if not self._create:
            return _client(self._target, self.database)
        client = _client(self._target, "__default__")
        if not _exists(client, self.database):
            client.command(f"CREATE DATABASE IF NOT EXISTS {identifier(self.database)}")
        client.close()
        return _client(self._target, self.database)


def _read(client: Any, sql: str, values: dict[str, str], fmt: str) -> bytes:
    found: bytes = client.raw_query(sql, values, settings=READING, fmt=fmt)
    return found


def _exists(client: Any, database: str) -> bool:
    """Asked first: an account without the right to create databases will do if there is one."""
    found = client.query(
        "SELECT count() FROM system.databases WHERE name = {name:String}", {"name": database}
    )
    return bool(found.result_rows[0][0])


def _client(target: ClickHouseTarget, database: str) -> Any:
    url = urlsplit(target.url or "")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise FixTarget(f"ClickHouse's url must be like https://host:8443, not {target.url!r}")
    secure = url.scheme == "https"
    return clickhouse_connect.get_client(
        host=url.hostname,
        port=url.port or (8443 if secure else 8123),
        secure=secure,
        username=target.user,
        password=target.password,
        database=database,
        ca_cert=str(target.ca) if target.ca else None,
        autogenerate_session_id=False,
        send_receive_timeout=PATIENCE,
    )
