"""Statements of strangers, run on the embedded engine: only reading, each with limits of its own."""

import threading
import uuid
from dataclasses import dataclass
from typing import NamedTuple

from sinks.clickhouse.embedded import EmbeddedStore, translated
from sinks.clickhouse.outlet import Outlet
from sinks.clickhouse.statement import Gate, into
from sinks.clickhouse.store import identifier, quoted
from sinks.errors import QueryFailed

TOO_MANY = 202
BUSY = f"Code: {TOO_MANY}. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use: seconds, threads, bytes of memory and of answer, as it is written out.

    ``requests`` at once; another waits ``wait`` seconds for its turn and is refused then.
    """

    seconds: int = 60
    memory: int = 1 << 30
    answer: int = 256 << 20
    threads: int = 2
    requests: int = 8
    wait: float = 10.0

    @property
    def settings(self) -> str:
        """As a statement of the engine; the last thing that it changes is that nothing can be changed."""
        return (
            f"SET max_execution_time = {self.seconds}, max_memory_usage = {self.memory}, "
            f"max_result_bytes = {self.answer}, result_overflow_mode = 'throw', "
            f"max_threads = {self.threads}, "
            "output_format_pretty_max_column_name_width_cut_to = 0, readonly = 1"
        )


class Asked(NamedTuple):
    """One request."""

    sql: str
    fmt: str
    database: str
    parameters: dict[str, str]


class Answer(NamedTuple):
    """Its answer."""

    data: bytes
    fmt: str
    rows: int
    seconds: float


class Reader:
    """Answers from one store. Any thread may ask."""

    def __init__(self, store: EmbeddedStore, limits: Limits | None = None) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._slots = threading.BoundedSemaphore(self._limits.requests)
        with store.connection() as session:
            self._gate = Gate(session)

    def answer(self, asked: Asked) -> Answer:
        """Run one statement. Raises QueryFailed."""
        if not self._slots.acquire(timeout=self._limits.wait):
            raise QueryFailed(TOO_MANY, BUSY)
        try:
            return self._answer(asked)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Answer nothing more; statements under way may end."""
        for _ in range(self._limits.requests):
            self._slots.acquire(timeout=self._limits.seconds)

    def _answer(self, asked: Asked) -> Answer:
        name = quoted(str(uuid.uuid4()))
        with self._store.connection() as session, translated():
            if asked.database:
                session.query(f"USE {identifier(asked.database)}")
            checked = self._gate.checked(session, asked.sql)
            session.query(f"SET log_comment = {name}")
            session.query(self._limits.settings)
            with Outlet(self._limits.answer, lambda: self._end(name)) as outlet:
                sql, fmt = into(outlet.name, checked, asked.fmt)
                result = session.query(sql, params=asked.parameters)
            return Answer(outlet.data, fmt, result.rows_read(), result.elapsed())

    def _end(self, name: str) -> None:
        """What would be thrown away need not be found out."""
        self._store.command(f"KILL QUERY WHERE Settings['log_comment'] = {name} ASYNC")
