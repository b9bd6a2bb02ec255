"""The embedded engine: chDB, which is ClickHouse itself in this process.

Its files belong to one process at a time. Whoever else wants to read asks ``sinks.clickhouse.server``.
"""

import fcntl
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sinks.clickhouse.store import Row, escaped_parameter, identifier, insert_statement
from sinks.errors import FixTarget, QueryFailed, Unavailable

LOCK = "heedful.lock"
_CODE = re.compile(r"Code: (\d+)")


class EmbeddedStore:
    """A database in the embedded engine. One path per process; every call has a connection of its own.

    (On a shared connection an insert waits for the query before it.)
    """

    def __init__(self, path: Path, database: str = "heedful") -> None:
        """Open or create the files. Raises Unavailable if another process has them open."""
        self.path = path.absolute()
        self.database = database
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.path / LOCK)
        session = _chdb_session()
        self._open: Callable[[], Any] = lambda: session(str(self.path / "engine"))
        try:
            with translated():
                self._engine = self._open()
                self._engine.query(f"CREATE DATABASE IF NOT EXISTS {identifier(database)} ENGINE = Atomic")
        except BaseException:
            self._lock.close()
            raise

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of one's own that stands in the database."""
        session = self._open()
        try:
            with translated():
                session.query(f"USE {identifier(self.database)}")
                yield session
        finally:
            session.close()

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> list[Row]:
        """See Store."""
        values = {name: escaped_parameter(value) for name, value in (parameters or {}).items()}
        with self.connection() as session:
            return rows_of(session.query(sql, "JSONCompact", params=values).bytes())

    def command(self, sql: str) -> None:
        """See Store."""
        with self.connection() as session:
            session.query(sql)

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        """See Store."""
        with (
            self.connection() as session,
            session.send_insert(insert_statement(table, columns, token), fmt) as insert,
        ):
            insert.append(data)
            insert.finish()

    def close(self) -> None:
        """Close the engine and leave the files to whoever comes next."""
        self._engine.close()
        self._lock.close()


@contextmanager
def translated() -> Iterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except RuntimeError as error:
        raise refusal(str(error)) from error
    except Exception as error:
        if type(error).__name__ == "ChdbError":
            raise refusal(str(error)) from error
        raise


def refusal(text: str) -> QueryFailed:
    """An error of ClickHouse, with its code."""
    code = _CODE.search(text)
    return QueryFailed(int(code[1]) if code else 0, text.strip())


def rows_of(answer: bytes) -> list[Row]:
    """Rows out of the format JSONCompact; a statement without an answer has none."""
    if not answer:
        return []
    whole = json.loads(answer)
    names = [column["name"] for column in whole["meta"]]
    return [dict(zip(names, values, strict=True)) for values in whole["data"]]


def is_open(path: Path) -> bool:
    """Whether some process, this one included, has the files open."""
    try:
        _locked(path / LOCK).close()
    except Unavailable:
        return True
    return False


def _locked(file: Path) -> Any:
    handle = open(file, "ab")  # noqa: SIM115 - kept open: the lock ends with it, however this process ends
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise Unavailable(
            f"The files of the embedded ClickHouse in {file.parent} are open in another process. "
            "Ask that process: heedful sql finds it by itself, or give it --url."
        ) from None
    return handle


def _chdb_session() -> Any:
    try:
        from chdb.session import Session
    except ImportError as missing:
        raise FixTarget(
            "The embedded ClickHouse isn't installed: pip install 'heedful[embedded]', or name a server in "
            'heedful.toml: [clickhouse] url = "http://host:8123"'
        ) from missing
    return Session
