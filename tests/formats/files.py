"""Small files of each format, and what is read from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.formats import format_named
from streams.formats.base import DeadRow, Identity
from streams.formats.reading import Reading

REES46 = "event_time,event_type,product_id,price,user_id,user_session"
RETENTIONEERING = "user_id,session_id,event,timestamp,platform,acquisition_channel"


def written(folder: Path, *lines: str, name: str = "file", end: str = "\n") -> Path:
    """A file of these lines; the last one ends with ``end``."""
    file = folder / name
    file.write_bytes(("\n".join(lines) + end).encode("utf-8", "surrogateescape"))
    return file


class Found:
    """Everything that a reading gives."""

    def __init__(self, form: str, files: Sequence[Path], identity: Identity = "session") -> None:
        self.dead: list[DeadRow] = []
        self.reading = Reading(format_named(form), files, identity, self.dead.append)
        self.rows = list(self.reading)
        self.events: list[Any] = [row.event for row in self.rows]
        self.counts = (self.reading.read, self.reading.duplicates, self.reading.dead_letters)


def rees46(folder: Path, *rows: str, identity: Identity = "session") -> Found:
    """What is read from a file of these rows."""
    return Found("rees46", [written(folder, REES46, *rows)], identity)


def retentioneering(folder: Path, *rows: str, identity: Identity = "session") -> Found:
    """What is read from a file of these rows."""
    return Found("retentioneering", [written(folder, RETENTIONEERING, *rows)], identity)
