"""The live page's addresses: the page and its files, the events, one customer's timeline."""

import asyncio
import gzip
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import NamedTuple

from aiohttp import web

from sinks.errors import QueryFailed
from streams.edges.live import Live, TooMany
from streams.edges.live_sources import Sources
from streams.errors import HeedfulError

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
PAGE = "index.html"

LONGEST_ID = 1_000
"""Characters of an id that somebody asks about."""


class File(NamedTuple):
    """A file of the page, as it is sent."""

    plain: bytes
    packed: bytes
    kind: str
    tag: str


class LivePages:
    """Serves the live page at ``/`` and what it needs under ``/live/``."""

    def __init__(self, live: Live, sources: Sources) -> None:
        self._live = live
        self._sources = sources

    def attach(self, pages: web.Application) -> None:
        """Add the addresses; open streams end when the server does."""
        pages.router.add_get("/", self._page)
        pages.router.add_get("/live/events", self._events, allow_head=False)
        pages.router.add_get("/live/customer", self._customer)
        pages.router.add_get("/live/{file}", self._file)
        pages.on_shutdown.append(self._close)

    async def _page(self, request: web.Request) -> web.Response:
        return _sent(request, web_files()[PAGE])

    async def _file(self, request: web.Request) -> web.Response:
        found = web_files().get(request.match_info["file"])
        if found is None:
            return web.json_response({"error": "there is no such file"}, status=HTTPStatus.NOT_FOUND)
        return _sent(request, found)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        events = self._live.watch()
        try:
            first = await anext(events)
        except TooMany:
            headers = {"Retry-After": "10"}
            return web.json_response({"error": "too many look"}, status=503, headers=headers)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        try:
            await response.prepare(request)
            await response.write(first + _edition())
            async for event in events:
                await response.write(event)
        except ConnectionError:
            return response
        finally:
            await events.aclose()
        return response

    async def _customer(self, request: web.Request) -> web.Response:
        shop_id, profile_id = request.query.get("shop", ""), request.query.get("profile", "")
        if not shop_id or not profile_id or max(len(shop_id), len(profile_id)) > LONGEST_ID:
            return web.json_response({"error": "shop and profile say whom"}, status=HTTPStatus.BAD_REQUEST)
        try:
            return web.json_response(await asyncio.to_thread(self._sources.customer, shop_id, profile_id))
        except (HeedfulError, QueryFailed) as problem:
            return web.json_response({"error": str(problem)}, status=HTTPStatus.SERVICE_UNAVAILABLE)

    async def _close(self, pages: web.Application) -> None:
        await self._live.close()


@cache
def _edition() -> bytes:
    """Tells a page which files it should have been made of: after an update, it begins anew."""
    tags = "".join(file.tag for _, file in sorted(web_files().items()))
    return b"event: edition\ndata: " + sha256(tags.encode()).hexdigest()[:16].encode() + b"\n\n"


@cache
def web_files() -> dict[str, File]:
    """Every file of the page, by its name; read once."""
    root = files("dashboards").joinpath("web")
    found = [*root.iterdir(), *root.joinpath("vendor").iterdir()]
    known = [file for file in found if file.name.rpartition(".")[2] in TYPES]
    return {file.name: _file(file.name, file.read_bytes()) for file in known}


def _file(name: str, content: bytes) -> File:
    kind = TYPES[name.rpartition(".")[2]]
    return File(content, gzip.compress(content, mtime=0), kind, f'"{sha256(content).hexdigest()[:16]}"')


def _sent(request: web.Request, file: File) -> web.Response:
    """Asked for again, it is only said to be the same: pages stay right after an update."""
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == file.tag:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.packed, content_type=file.kind, charset="utf-8", headers=headers)
    return web.Response(body=file.plain, content_type=file.kind, charset="utf-8", headers=headers)
