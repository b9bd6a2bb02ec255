"""One process in one role, from its first line of log to its exit code."""

from collections.abc import Sequence
from typing import NoReturn

import faust

from streams.addresses import announce
from streams.app import create_app
from streams.application import Application
from streams.edges.guarded import Handler
from streams.logs import log_to_stderr
from streams.roles import Role
from streams.settings import Settings


def run(settings: Settings, role: Role, handlers: Sequence[Handler] = ()) -> NoReturn:
    """Work in a role until SIGTERM or SIGINT (exit code 0), or until it crashes (exit code 1).

    ``handlers`` are the edges'.
    """
    log_to_stderr(settings.log, role)
    app = create_app(settings, role, handlers)
    app.conf.datadir.mkdir(parents=True, exist_ok=True)
    note = announce(settings, role, _url(app))
    try:
        _worker(app).execute_from_commandline()
    finally:
        note.unlink(missing_ok=True)


def _url(app: Application) -> str:
    host = app.conf.web_bind
    return f"http://[{host}]:{app.conf.web_port}" if ":" in host else f"http://{host}:{app.conf.web_port}"


def _worker(app: Application) -> faust.Worker:
    """Faust's worker, with nothing to say to a terminal."""
    worker = faust.Worker(app, quiet=True, override_logging=False)
    worker.spinner = None
    return worker
