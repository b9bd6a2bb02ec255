"""A schema registry over HTTP, with the part of Confluent's REST interface that heedful uses.

It gives ids as a registry that others use, too, would: not from one, and not in our order.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

FIRST_ID = 4_711


class RestRegistry(ThreadingHTTPServer):
    """Keeps subjects, versions and compatibility levels; counts requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.schemas: dict[int, str] = {}
        self.subjects: dict[str, list[int]] = {}
        self.levels: dict[str, str] = {}
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, text: str) -> int:
        """The id of a schema, which is new or was given before."""
        for schema_id, known in self.schemas.items():
            if json.loads(known) == json.loads(text):
                return schema_id
        schema_id = FIRST_ID + 7 * len(self.schemas)
        self.schemas[schema_id] = text
        return schema_id


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: RestRegistry

    def do_GET(self) -> None:
        """/schemas/ids/{id}"""
        match self.parts():
            case ["schemas", "ids", number] if int(number) in self.server.schemas:
                self.answer(200, {"schema": self.server.schemas[int(number)]})
            case _:
                self.answer(404, {"error_code": 40403, "message": "Schema not found"})

    def do_POST(self) -> None:
        """/subjects/{subject} looks up, /subjects/{subject}/versions registers."""
        text = self.body()["schema"]
        match self.parts():
            case ["subjects", subject, "versions"]:
                self.register(subject, text)
            case ["subjects", subject]:
                self.look_up(subject, text)

    def do_PUT(self) -> None:
        """/config/{subject}"""
        self.server.levels[self.parts()[1]] = self.body()["compatibility"]
        self.answer(200, {"compatibility": self.server.levels[self.parts()[1]]})

    def register(self, subject: str, text: str) -> None:
        if "to be refused" in text:
            self.answer(409, {"error_code": 409, "message": "incompatible with an earlier schema"})
            return
        schema_id = self.server.add(text)
        versions = self.server.subjects.setdefault(subject, [])
        if schema_id not in versions:
            versions.append(schema_id)
        self.answer(200, {"id": schema_id})

    def look_up(self, subject: str, text: str) -> None:
        for version, schema_id in enumerate(self.server.subjects.get(subject, []), 1):
            if json.loads(self.server.schemas[schema_id]) == json.loads(text):
                found = {"subject": subject, "version": version, "id": schema_id, "schema": text}
                self.answer(200, found)
                return
        self.answer(404, {"error_code": 40403, "message": "Schema not found"})

    def parts(self) -> list[str]:
        self.server.requests.append(f"{self.command} {self.path}")
        return [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]

    def body(self) -> dict[str, str]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status: int, content: dict[str, object]) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: ``requests`` tells."""


@contextmanager
def rest_registry() -> Iterator[RestRegistry]:
    """A running registry."""
    server = RestRegistry()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
