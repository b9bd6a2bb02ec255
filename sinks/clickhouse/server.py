"""ClickHouse's HTTP interface in front of the embedded engine, for reading, on loopback.

For ``heedful sql``, the live page, clickhouse-connect, and whatever else speaks it. Each request has a
connection to the engine of its own, ``readonly = 1`` and limits; settings that a client sends are ignored.
"""

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from sinks.clickhouse.embedded import EmbeddedStore, is_open
from sinks.clickhouse.encoding import accepted, packed, unpacked
from sinks.clickhouse.reading import TOO_MANY, Asked, Limits, Reader
from sinks.errors import QueryFailed

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY_LIMIT = 1 << 20
STATUS = {
    60: HTTPStatus.NOT_FOUND,
    81: HTTPStatus.NOT_FOUND,
    159: HTTPStatus.REQUEST_TIMEOUT,
    TOO_MANY: HTTPStatus.SERVICE_UNAVAILABLE,
    0: HTTPStatus.INTERNAL_SERVER_ERROR,
    241: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""By ClickHouse's codes; any other is the asker's mistake."""
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


class Server:
    """Serves one store while it is open. ``url`` also stands in the file ``heedful.url`` beside the files."""

    def __init__(self, store: EmbeddedStore, port: int = 0, limits: Limits | None = None) -> None:
        """``port`` 0: a free one. Raises OSError if the port is taken."""
        self._path = store.path
        self._reader = Reader(store, limits)
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.reader = self._reader
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> "Server":
        """Begin to serve, in threads of its own."""
        self._thread.start()
        self._announce()
        return self

    def _announce(self) -> None:
        """Whoever reads the file finds all of it."""
        file = _address_file(self._path)
        new = file.with_suffix(".new")
        new.write_text(self.url)
        new.replace(file)

    def stop(self) -> None:
        """End; statements under way are waited for, connections that nobody uses are not."""
        _address_file(self._path).unlink(missing_ok=True)
        self._http.shutdown()
        self._http.server_close()
        self._reader.close()


def running_server(path: Path) -> str | None:
    """The URL of the server in front of these files; None if no process serves them."""
    file = _address_file(path)
    if not file.is_file() or not is_open(path):
        return None
    return file.read_text().strip()


def _address_file(path: Path) -> Path:
    return path / "heedful.url"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    reader: Reader


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    server_version = "heedful"
    timeout = 120

    def do_GET(self) -> None:
        """Ask by query string."""
        self._serve("")

    def do_HEAD(self) -> None:
        """What asking would answer, without the answer itself."""
        self._serve("")

    def do_POST(self) -> None:
        """Ask by body, by query string, or by both."""
        try:
            body = self._body()
        except (ValueError, OSError) as error:
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
            self._run(_asked(values, self.headers, body), values.get("enable_http_compression") != "0")

    def _run(self, asked: Asked, may_pack: bool) -> None:
        try:
            answer = self.server.reader.answer(asked)
        except QueryFailed as failed:
            code = {"X-ClickHouse-Exception-Code": str(failed.code)}
            status = STATUS.get(failed.code, HTTPStatus.BAD_REQUEST)
            self._reply(status, f"{failed}\n".encode(), code)
            return
        summary = {"read_rows": str(answer.rows), "elapsed_ns": str(int(answer.seconds * 1e9))}
        headers = {
            "X-ClickHouse-Format": answer.fmt,
            "X-ClickHouse-Summary": json.dumps(summary),
            "Content-Type": TYPES.get(answer.fmt, "text/plain; charset=UTF-8"),
        }
        method = accepted(self.headers.get("Accept-Encoding", "")) if may_pack else None
        if method is None:
            self._reply(HTTPStatus.OK, answer.data, headers)
        else:
            self._reply(HTTPStatus.OK, packed(answer.data, method), {**headers, "Content-Encoding": method})

    def _body(self) -> str:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            raw = b"".join(self._chunks())
        else:
            raw = self._read(int(self.headers.get("Content-Length") or 0))
        method = self.headers.get("Content-Encoding", "identity")
        return (raw if method == "identity" else unpacked(raw, method, BODY_LIMIT)).decode()

    def _chunks(self) -> Iterator[bytes]:
        left = BODY_LIMIT
        while size := int(self.rfile.readline(100).partition(b";")[0], 16):
            yield self._read(size, left)
            self.rfile.readline(100)
            left -= size
        self.rfile.readline(100)

    def _read(self, length: int, limit: int = BODY_LIMIT) -> bytes:
        if not 0 <= length <= limit:
            raise ValueError(f"a query of more than {BODY_LIMIT} bytes is too long")
        return self.rfile.read(length)

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
