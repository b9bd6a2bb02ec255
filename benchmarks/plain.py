"""What the plain Faust applications share: the application, its worker, and Avro record by record."""

import tempfile
from pathlib import Path

import faust

from benchmarks.plain_wire import Wire
from schemas.registry import FileRegistry
from schemas.topics import SUBJECTS


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


def wire() -> Wire:
    """Under the newest schemas of this package."""
    registry = FileRegistry()
    ids = {subject: registry.id_of(subject) for subject in SUBJECTS}
    return Wire({number: registry.text_of(number) or "" for number in ids.values()}, ids)
