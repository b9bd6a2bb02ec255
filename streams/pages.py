"""Pages for machines, on every role: is it alive, is it at work, what has it done; and who may see any page.

    /healthz   200 while the process does its work, else 503
    /readyz    200 once it has partitions and has caught up, else 503; ``why_not`` says what is missing
    /status    counters and positions as JSON
    /metrics   the same for Prometheus

With ``web.token``, pages are shown to whoever gives it: as a bearer token, or as the password of any user,
for which browsers ask by themselves. ``/healthz`` and ``/readyz`` tell of no customer, and need none.
"""

import hmac
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

import faust
from aiohttp import web
from faust.web import Request, Response, View
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from streams.roles import Role
from streams.threaded import Status

OPEN = ("/healthz", "/readyz")
"""Pages that are shown to everybody."""

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(
    app: faust.App,
    role: Role,
    alive: Callable[[], bool],
    why_not_ready: Callable[[], str | None],
    status: Callable[[], Status],
    registry: CollectorRegistry,
) -> None:
    """Add the pages to an application that hasn't started."""

    @app.page("/healthz")
    async def healthz(view: View, request: Request, **path: Any) -> Response:
        healthy = alive()
        return view.json({"role": role, "healthy": healthy}, status=200 if healthy else 503)

    @app.page("/readyz")
    async def readyz(view: View, request: Request, **path: Any) -> Response:
        why_not = why_not_ready() if alive() else "the work has not begun, or has ended"
        answer = {"role": role, "ready": why_not is None, "why_not": why_not}
        return view.json(answer, status=200 if why_not is None else 503)

    @app.page("/status")
    async def said(view: View, request: Request, **path: Any) -> Response:
        return view.json({"role": role, **status()})

    _aiohttp(app).router.add_get("/metrics", make_aiohttp_handler(registry))


def guard(app: faust.App, token: str | None) -> None:
    """Show pages only to whoever knows the token, if there is one."""
    if token is not None:
        _aiohttp(app).middlewares.append(_asking_for(token))


def _aiohttp(app: faust.App) -> web.Application:
    """What Faust serves its pages with."""
    site: Any = app.web
    return cast(web.Application, site.web_app)


def _asking_for(token: str) -> Any:
    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in OPEN or _knows(request.headers.get("Authorization", ""), token):
            return await handler(request)
        return web.Response(status=401, text="a token is needed\n", headers={"WWW-Authenticate": ASK})

    return ask


ASK = 'Basic realm="heedful", charset="UTF-8"'


def _knows(header: str, token: str) -> bool:
    """In the same time, whatever is given."""
    kind, _, given = header.partition(" ")
    if kind.lower() == "basic":
        try:
            given = b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode(errors="surrogateescape"), token.encode())
