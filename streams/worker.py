"""One process in one role, from its first line of log to its exit code."""

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import faust

from streams.app import Application, create_app
from streams.edges.guarded import Handler
from streams.roles import Role
from streams.settings import Settings

QUIET = ("aiokafka", "faust", "mode", "aiohttp", "asyncio", "clickhouse_connect")
"""Libraries that tell of their normal life on the level info."""


class Address(NamedTuple):
    """A running worker: its process, and where it answers ``/health`` and ``/status``."""

    pid: int
    url: str


def run(settings: Settings, role: Role, handlers: Sequence[Handler] = ()) -> NoReturn:
    """Work in a role until SIGTERM or SIGINT (exit code 0), or until it crashes (exit code 1).

    ``handlers`` are the edges'.
    """
    _log_to_stderr()
    app = create_app(settings, role, handlers)
    app.conf.datadir.mkdir(parents=True, exist_ok=True)
    note = _note(settings, role)
    _announce(note, app)
    try:
        _worker(app).execute_from_commandline()
    finally:
        note.unlink(missing_ok=True)


def _worker(app: Application) -> faust.Worker:
    """Faust's worker, with nothing to say to a terminal."""
    worker = faust.Worker(app, quiet=True, override_logging=False)
    worker.spinner = None
    return worker


def address_of(settings: Settings, role: Role) -> Address | None:
    """Where the worker of a role is; None if none is running, or it is still starting."""
    try:
        return Address(**json.loads(_note(settings, role).read_text()))
    except FileNotFoundError:
        return None


def _note(settings: Settings, role: Role) -> Path:
    return settings.data_dir.absolute() / "run" / f"{role}.json"


def _announce(note: Path, app: Application) -> None:
    """Whole or not at all: others read the note while it is written."""
    note.parent.mkdir(parents=True, exist_ok=True)
    url = f"http://{app.conf.web_bind}:{app.conf.web_port}"
    fresh = note.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(Address(os.getpid(), url)._asdict()))
    fresh.replace(note)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
