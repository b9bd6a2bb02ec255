"""What the plain Faust applications share: the application, its worker, and Avro record by record."""

import json
import struct
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import fastavro
import faust

from schemas.registry import FileRegistry

FRAME = struct.Struct(">bI")


def plain_app(name: str, bootstrap: str, partitions: int) -> faust.App:
    """An application with the memory store and no web server.

    The session timeout is short because the embedded broker makes a group wait for half of it.
    """
    return faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        consumer_auto_offset_reset="earliest",
        store="memory://",
        datadir=str(Path(tempfile.gettempdir()) / f"{name}-data"),
        topic_partitions=partitions,
        topic_replication_factor=1,
        key_serializer="raw",
        value_serializer="raw",
        web_enabled=False,
        worker_redirect_stdouts=False,
    )


def run(app: faust.App) -> None:
    """Work until the process is ended."""
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


class Wire:
    """Confluent's wire format by fastavro, record by record."""

    def __init__(self) -> None:
        self._registry = FileRegistry()
        self._schemas: dict[int, Any] = {}

    def read(self, value: bytes) -> dict[str, Any]:
        """A record as a dict; a heartbeat has nothing but received_at."""
        _, schema_id = FRAME.unpack_from(value)
        body, schema = BytesIO(value[FRAME.size :]), self._schema(schema_id)
        return cast(dict[str, Any], fastavro.schemaless_reader(body, schema, None))

    def writer(self, subject: str) -> Callable[[dict[str, Any]], bytes]:
        """Makes bytes of records of that subject."""
        schema_id = self._registry.id_of(subject)
        schema = self._schema(schema_id)

        def write(record: dict[str, Any]) -> bytes:
            out = BytesIO(FRAME.pack(0, schema_id))
            out.seek(FRAME.size)
            fastavro.schemaless_writer(out, schema, record)
            return out.getvalue()

        return write

    def _schema(self, schema_id: int) -> Any:
        if schema_id not in self._schemas:
            text = self._registry.text_of(schema_id) or "null"
            self._schemas[schema_id] = fastavro.parse_schema(json.loads(text, object_hook=_times_as_numbers))
        return self._schemas[schema_id]


def _times_as_numbers(node: dict[str, Any]) -> dict[str, Any]:
    """Without datetimes, which cost fastavro and Python more than numbers."""
    return {name: value for name, value in node.items() if value != "timestamp-millis"}
