"""One process in one role, from its first line of log to its exit code."""

import logging
from collections.abc import Sequence
from typing import NoReturn

import faust

from streams.addresses import announce
from streams.app import Application, create_app
from streams.edges.guarded import Handler
from streams.roles import Role
from streams.settings import Settings

QUIET = ("aiokafka", "faust", "mode", "aiohttp", "asyncio", "clickhouse_connect")
"""Libraries that tell of their normal life on the level info."""


def run(settings: Settings, role: Role, handlers: Sequence[Handler] = ()) -> NoReturn:
    """Work in a role until SIGTERM or SIGINT (exit code 0), or until it crashes (exit code 1).

    ``handlers`` are the edges'.
    """
    _log_to_stderr()
    app = create_app(settings, role, handlers)
    app.conf.datadir.mkdir(parents=True, exist_ok=True)
    note = announce(settings, role, f"http://{app.conf.web_bind}:{app.conf.web_port}")
    try:
        _worker(app).execute_from_commandline()
    finally:
        note.unlink(missing_ok=True)


def _worker(app: Application) -> faust.Worker:
    """Faust's worker, with nothing to say to a terminal."""
    worker = faust.Worker(app, quiet=True, override_logging=False)
    worker.spinner = None
    return worker


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
