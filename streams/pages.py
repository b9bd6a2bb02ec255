"""Pages for machines, on every role: is it alive, is it at work, what has it done; and who may see any page.

    /healthz   200 while the process does its work, else 503
    /readyz    200 once it has partitions and has caught up, else 503; ``why_not`` says what is missing
    /status    counters and positions as JSON, and ``why_not`` again
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
from streams.sections import is_loopback
from streams.threaded import Status

OPEN = ("/healthz", "/readyz")
"""Pages that are shown to everybody."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

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

    def why_not() -> str | None:
        return why_not_ready() if alive() else "the work has not begun, or has ended"

    @app.page("/readyz")
    async def readyz(view: View, request: Request, **path: Any) -> Response:
        missing = why_not()
        answer = {"role": role, "ready": missing is None, "why_not": missing}
        return view.json(answer, status=200 if missing is None else 503)

    @app.page("/status")
    async def said(view: View, request: Request, **path: Any) -> Response:
        return view.json({"role": role, "why_not": why_not(), **status()})

    pages_of(app).router.add_get("/metrics", make_aiohttp_handler(registry))


def guard(app: faust.App, token: str | None) -> None:
    """Show pages only to whoever knows the token; without one, only under a name of loopback.

    Else a foreign page in a browser on this machine could read them, under a name that it made resolve here.
    """
    pages_of(app).middlewares.append(_for_loopback if token is None else _asking_for(token))


def dress(app: faust.App) -> None:
    """What a browser may do with any page: nothing but what this server gives it."""
    pages_of(app).on_response_prepare.append(_dressed)


def pages_of(app: faust.App) -> web.Application:
    """What Faust serves its pages with."""
    site: Any = app.web
    return cast(web.Application, site.web_app)


async def _dressed(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def _for_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    named, _, port = request.host.rpartition(":")
    if request.path in OPEN or is_loopback(named if port.isdigit() else request.host):
        return await handler(request)
    return web.Response(status=403, text="ask 127.0.0.1\n")


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
