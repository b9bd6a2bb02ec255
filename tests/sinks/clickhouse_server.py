"""A ClickHouse that takes writes over HTTP: the real engine, asked as a server is asked."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.errors import QueryFailed

INSERT = re.compile(rb"\s*(INSERT INTO .*?)\s+FORMAT\s+(\w+)\s*\n?", re.DOTALL)
SETTINGS = re.compile(r"(async_insert|insert_\w+|deduplicate_\w+|max_partitions_\w+|max_insert_\w+)")


class Gone(Exception):
    """The server goes away in the middle of a request: its connection ends without an answer."""


def nothing(token: str) -> None:
    """Nothing goes wrong."""


class Server(ThreadingHTTPServer):
    """``before`` and ``after`` a statement are told its token; may wait, or raise Gone or QueryFailed."""

    daemon_threads = True
    store: EmbeddedStore
    seen: list[dict[str, str]]
    before: Callable[[str], None] = staticmethod(nothing)
    after: Callable[[str], None] = staticmethod(nothing)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return chunk

    def _answer(self, body: bytes) -> None:
        values = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        token = values.get("insert_deduplication_token", "")
        try:
            self.server.before(token)
            code, status, data = "", 200, self._run(values, body)
            self.server.after(token)
        except Gone:
            self.close_connection = True
            return
        except QueryFailed as failed:
            code, status, data = str(failed.code), 500, str(failed).encode()
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(data)))
        try:
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # who asked waits no longer

    def _run(self, values: dict[str, str], body: bytes) -> bytes:
        self.server.seen.append(values)
        whole = values.get("query", "").encode() + (b"\n" + body if "query" in values else body)
        inserting = INSERT.match(whole)
        with self.server.store.connection() as session:
            if "database" in values:
                session.query(f"USE {values['database']}")
            if inserting and inserting[2] != b"Values":
                return self._insert(session, values, inserting, whole)
            parameters = {name[6:]: value for name, value in values.items() if name.startswith("param_")}
            fmt = values.get("default_format", "TabSeparated")
            answer: bytes = session.query(whole.decode(), fmt, params=parameters).bytes() or b""
            return answer

    def _insert(
        self, session: object, values: dict[str, str], inserting: re.Match[bytes], whole: bytes
    ) -> bytes:
        given = {name: value for name, value in values.items() if SETTINGS.fullmatch(name)}
        spelled = ", ".join(
            f"{name} = {value if value.isdigit() else repr(value)}" for name, value in given.items()
        )
        statement = f"{inserting[1].decode()} SETTINGS {spelled}"
        with session.send_insert(statement, inserting[2].decode()) as insert:  # type: ignore[attr-defined]
            insert.append(whole[inserting.end() :])
            insert.finish()
        return b""


def _gone(token: str) -> None:
    raise Gone


@contextmanager
def serving(store: EmbeddedStore, port: int = 0) -> Iterator[Server]:
    """A server in front of a store: ``server_address``, and ``seen``: what was asked for.

    When it ends, connections that are kept open end, too.
    """
    server = Server(("127.0.0.1", port), Handler)
    server.store, server.seen = store, []
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.before = _gone
        server.shutdown()
        server.server_close()
