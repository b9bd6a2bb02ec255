"""Confluent's wire format by fastavro, record by record. Needs nothing else of the project."""

import json
import struct
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import fastavro

FRAME = struct.Struct(">bI")


class Wire:
    """Reads and writes under schemas given as JSON by their ids, and ids by their subjects."""

    def __init__(self, texts: Mapping[int, str], ids: Mapping[str, int]) -> None:
        self._texts = texts
        self._ids = ids
        self._schemas: dict[int, Any] = {}

    @classmethod
    def of_folder(cls, folder: Path) -> "Wire":
        """Of files named SUBJECT@ID.avsc."""
        found = [(file, *file.stem.rsplit("@", 1)) for file in folder.glob("*.avsc")]
        texts = {int(number): file.read_text() for file, _, number in found}
        return cls(texts, {subject: int(number) for _, subject, number in found})

    def read(self, value: bytes) -> dict[str, Any]:
        """A record as a dict; a heartbeat has nothing but received_at."""
        _, schema_id = FRAME.unpack_from(value)
        body, schema = BytesIO(value[FRAME.size :]), self._schema(schema_id)
        return cast(dict[str, Any], fastavro.schemaless_reader(body, schema, None))

    def writer(self, subject: str) -> Callable[[dict[str, Any]], bytes]:
        """Makes bytes of records of that subject."""
        schema_id = self._ids[subject]
        schema = self._schema(schema_id)

        def write(record: dict[str, Any]) -> bytes:
            out = BytesIO(FRAME.pack(0, schema_id))
            out.seek(FRAME.size)
            fastavro.schemaless_writer(out, schema, record)
            return out.getvalue()

        return write

    def _schema(self, schema_id: int) -> Any:
        if schema_id not in self._schemas:
            text = json.loads(self._texts[schema_id], object_hook=_times_as_numbers)
            self._schemas[schema_id] = fastavro.parse_schema(text)
        return self._schemas[schema_id]


def _times_as_numbers(node: dict[str, Any]) -> dict[str, Any]:
    """Without datetimes, which cost fastavro and Python more than numbers."""
    return {name: value for name, value in node.items() if value != "timestamp-millis"}
