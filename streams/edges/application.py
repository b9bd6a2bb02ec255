"""The application of the edges: records come through Faust's agents, and the pages are served."""

from collections.abc import Sequence
from typing import Any, cast

import faust
from faust.types import TransportT
from faust.web import Request, Response, View

from streams.application import Application, StartsWork, options
from streams.edges.agents import Edges
from streams.edges.alerts import Alerts
from streams.edges.guarded import Handler
from streams.edges.live import Live
from streams.edges.live_pages import LivePages
from streams.edges.queue import Queue
from streams.edges.transport import CommittedConsumer, CommittedTransport
from streams.edges.waiting import asked_for
from streams.edges.wiring import feed_of, queue_of, sources_of
from streams.pages import pages_of
from streams.settings import Settings
from streams.threaded import Threaded
from streams.wiring import codec_of, kernel_config

FOLLOWS = 1_000
"""Records of one topic; agents that have no more to read have caught up."""


class EdgesApplication(Application):
    """heedful in the role whose records come through Faust."""

    BootStrategy = StartsWork

    def _new_transport(self) -> TransportT:
        return CommittedTransport(self.conf.broker_consumer, self)


def edges_app(settings: Settings, handlers: Sequence[Handler]) -> Application:
    """The agents, in threads the queue and the feed of the live page, and the pages. Starts nothing.

    ``handlers``: what is done with each signal and outreach record, besides counting it.
    """
    app = EdgesApplication(**options(settings, "edges"))
    codec, queue, feed = codec_of(settings), queue_of(settings), feed_of(settings)
    alerts = Alerts(app, settings, codec, kernel_config(settings))
    edges = Edges(app, codec, settings.deployment, [alerts.notice, *handlers])
    app.hosted = Threaded(queue), Threaded(feed)
    app.status = lambda: {
        **edges.status(),
        "lag": _behind(app, settings.deployment),
        "queue": queue.status(),
        "feed": feed.status(),
        "alerts": alerts.status(),
    }
    app.why_not_ready = lambda: (
        queue.why_not_ready() or feed.why_not_ready() or _why_not_following(app, settings.deployment)
    )
    _serve_queue(app, queue)
    sources = sources_of(settings, feed, queue)
    LivePages(Live(sources.sections()), sources).attach(pages_of(app))
    return app


def _behind(app: faust.App, deployment: str) -> dict[str, int]:
    """Records that the agents have not taken yet, by topic."""
    found = cast(CommittedConsumer, app.consumer).behind()
    return {name.removeprefix(f"{deployment}."): count for name, count in found.items()}


def _why_not_following(app: faust.App, deployment: str) -> str | None:
    behind = _behind(app, deployment)
    if not behind:
        return "no partition is assigned"
    most = max(behind, key=behind.__getitem__)
    return f"{behind[most]} records of {most} are not read yet" if behind[most] > FOLLOWS else None


def _serve_queue(app: Application, queue: Queue) -> None:
    """``/contacts/waiting?team=&channel=&sort=due&limit=50``: who waits for an answer."""

    @app.page("/contacts/waiting")
    async def waiting(view: View, request: Request, **path: Any) -> Response:
        try:
            asked = asked_for(request.query)
        except ValueError as wrong:
            return view.json({"error": str(wrong)}, status=400)
        return view.json(queue.answer(asked))
