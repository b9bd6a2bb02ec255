"""ClickHouse's HTTP interface in front of the embedded engine, for reading, on loopback.

For ``heedful sql``, the live page, clickhouse-connect, and whatever else speaks it. Each request has a
connection to the engine of its own, ``readonly = 1`` and limits; settings that a client sends are ignored.
"""

import gzip
import json
import re
import threading
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from sinks.clickhouse.embedded import EmbeddedStore, translated
from sinks.clickhouse.statement import Gate
from sinks.clickhouse.store import identifier
from sinks.errors import QueryFailed

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY_LIMIT = 1 << 20
NOT_FOUND_CODES = frozenset({60, 81})
BUSY_CODES = frozenset({159, 202, 241})
TOO_MANY = 202
BUSY = f"Code: {TOO_MANY}. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)"
FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "Native": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use: seconds, threads, bytes of memory and of answer.

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
            f"max_threads = {self.threads}, readonly = 1"
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


class Server:
    """Serves one store while it is open. ``url`` also stands in the file ``heedful.url`` beside the files."""

    def __init__(self, store: EmbeddedStore, port: int = 0, limits: Limits | None = None) -> None:
        """``port`` 0: a free one. Raises OSError if the port is taken."""
        self._store = store
        self._limits = limits or Limits()
        self._slots = threading.BoundedSemaphore(self._limits.requests)
        with store.connection() as session:
            self._gate = Gate(session)
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.engine = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> "Server":
        """Begin to serve, in threads of its own."""
        self._thread.start()
        _address_file(self._store.path).write_text(self.url)
        return self

    def stop(self) -> None:
        """End; requests under way are waited for."""
        _address_file(self._store.path).unlink(missing_ok=True)
        self._http.shutdown()
        self._http.server_close()

    def answer(self, asked: Asked) -> Answer:
        """Run one statement. Raises QueryFailed."""
        if not self._slots.acquire(timeout=self._limits.wait):
            raise QueryFailed(TOO_MANY, BUSY)
        try:
            return self._answer(asked)
        finally:
            self._slots.release()

    def _answer(self, asked: Asked) -> Answer:
        with self._store.connection() as session, translated():
            if asked.database:
                session.query(f"USE {identifier(asked.database)}")
            self._gate.check(session, asked.sql)
            session.query(self._limits.settings)
            result = session.query(asked.sql, asked.fmt, params=asked.parameters)
            named = FORMAT.search(asked.sql)
            return Answer(
                result.bytes() or b"", named[1] if named else asked.fmt, result.rows_read(), result.elapsed()
            )


def running_server(path: Path) -> str | None:
    """The URL of the server in front of these files, if a process says that it serves them."""
    file = _address_file(path)
    return file.read_text().strip() if file.is_file() else None


def _address_file(path: Path) -> Path:
    return path / "heedful.url"


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    engine: Server


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    server_version = "heedful"
    timeout = 120

    def do_GET(self) -> None:
        """Ask by query string."""
        self._serve("")

    def do_HEAD(self) -> None:
        """Whether somebody is there."""
        self._reply(HTTPStatus.OK, b"", {})

    def do_POST(self) -> None:
        """Ask by body, by query string, or by both."""
        try:
            body = self._body()
        except (ValueError, OSError, zlib.error) as error:
            self.close_connection = True
            self._reply(HTTPStatus.BAD_REQUEST, f"heedful: {error}\n".encode(), {})
            return
        self._serve(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: queries may hold what doesn't belong into logs."""

    def _serve(self, body: str) -> None:
        url = urlsplit(self.path)
        if self.headers.get("Host", "").rpartition(":")[0] not in LOOPBACK:
            # A foreign page in a browser on this machine, under a name that it made resolve to here.
            self._reply(HTTPStatus.FORBIDDEN, b"heedful: ask 127.0.0.1\n", {})
            return
        values = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path in ("/ping", "/replicas_status") or (url.path == "/" and not values and not body):
            self._reply(HTTPStatus.OK, b"Ok.\n", {})
        elif url.path != "/":
            self._reply(HTTPStatus.NOT_FOUND, b"There is no handle for this address\n", {})
        else:
            self._run(_asked(values, self.headers, body))

    def _run(self, asked: Asked) -> None:
        try:
            answer = self.server.engine.answer(asked)
        except QueryFailed as failed:
            code = {"X-ClickHouse-Exception-Code": str(failed.code)}
            self._reply(_status(failed.code), f"{failed}\n".encode(), code)
            return
        summary = {"read_rows": str(answer.rows), "elapsed_ns": str(int(answer.seconds * 1e9))}
        headers = {
            "X-ClickHouse-Format": answer.fmt,
            "X-ClickHouse-Summary": json.dumps(summary),
            "Content-Type": TYPES.get(answer.fmt, "text/plain; charset=UTF-8"),
        }
        self._reply(HTTPStatus.OK, answer.data, headers)

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            raise ValueError("bodies in chunks are not taken")
        if length > BODY_LIMIT:
            raise ValueError(f"a query of {length} bytes is too long")
        raw = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        return raw.decode()

    def _reply(self, status: HTTPStatus, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("X-ClickHouse-Server-Display-Name", "heedful")
        self.send_header("X-ClickHouse-Query-Id", str(uuid.uuid4()))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        for name, value in {"Content-Type": "text/plain; charset=UTF-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _asked(values: Mapping[str, str], headers: Message, body: str) -> Asked:
    """ClickHouse takes the query string and then the body."""
    sql = "\n".join(filter(None, (values.get("query", ""), body)))
    fmt = values.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated"
    database = values.get("database") or headers.get("X-ClickHouse-Database") or ""
    parameters = {name[6:]: value for name, value in values.items() if name.startswith("param_")}
    return Asked(sql, fmt, database, parameters)


def _status(code: int) -> HTTPStatus:
    if code in NOT_FOUND_CODES:
        return HTTPStatus.NOT_FOUND
    if code in BUSY_CODES:
        return HTTPStatus.SERVICE_UNAVAILABLE if code == TOO_MANY else HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.BAD_REQUEST if code else HTTPStatus.INTERNAL_SERVER_ERROR


__all__ = ["Answer", "Asked", "Limits", "Server", "running_server"]
