"""The Faust application: every process of heedful is a worker of it, in one role.

visits, care    a kernel, in a thread; Faust consumes nothing
landing         the way into ClickHouse, in a thread; Faust consumes nothing
edges           agents: slow, asynchronous work of low volume; in threads, the queue of who waits and what
                else the live page shows of this moment; and the pages
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.types import TransportT
from faust.web import Request, Response, View
from mode import ServiceT

from streams.addresses import last_port
from streams.children import free_port
from streams.edges.agents import Edges
from streams.edges.alerts import Alerts
from streams.edges.credentials import credentials
from streams.edges.guarded import Handler
from streams.edges.live import Live
from streams.edges.live_pages import LivePages
from streams.edges.queue import Queue
from streams.edges.transport import CommittedConsumer, CommittedTransport
from streams.edges.waiting import asked_for
from streams.metrics import registry_of
from streams.pages import dress, guard, pages_of, serve
from streams.roles import Role
from streams.sections import revealed
from streams.settings import Settings
from streams.threaded import Status, Threaded
from streams.wiring import codec_of, feed_of, kernel_config, queue_of, sources_of, work_of

FOLLOWS = 1_000
"""Records of one topic; agents that have no more to read have caught up."""


class Application(faust.App):
    """heedful in one role: each of ``hosted`` works in a thread; the rest is what its pages say."""

    hosted: Sequence[Threaded]
    why_not_ready: Callable[[], str | None]
    status: Callable[[], Status]

    def _new_transport(self) -> TransportT:
        return CommittedTransport(self.conf.broker_consumer, self)


class _StartsWork(BootStrategy):
    """What Faust starts, and then the work."""

    def server(self) -> Iterable[ServiceT]:
        """What to start, in this order."""
        return [*super().server(), *cast(Application, self.app).hosted]


class _StartsOnlyWork(_StartsWork):
    """Sensors, web and the work; no Kafka client of Faust's."""

    enable_kafka = False


class EdgesApplication(Application):
    """heedful in the role whose records come through Faust."""

    BootStrategy = _StartsWork


class Worker(Application):
    """heedful in a role that has its own Kafka clients."""

    BootStrategy = _StartsOnlyWork


def create_app(settings: Settings, role: Role, handlers: Sequence[Handler] = ()) -> Application:
    """The application in a role: its life cycle, its work, its pages. Starts nothing.

    ``handlers``: what the edges do with each signal and outreach record, besides counting it.
    """
    app = _with_agents(settings, handlers) if role == "edges" else _with_work(settings, role)
    registry = registry_of(role, settings.deployment, app.status, app.hosted[0].work)
    serve(
        app, role, lambda: all(hosted.alive for hosted in app.hosted), app.why_not_ready, app.status, registry
    )
    guard(app, revealed(settings.web.token))
    dress(app)
    return app


def _with_agents(settings: Settings, handlers: Sequence[Handler]) -> Application:
    app = EdgesApplication(**_options(settings, "edges"))
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


def _with_work(settings: Settings, role: Role) -> Application:
    app = Worker(**_options(settings, role))
    work = work_of(role, settings)
    app.hosted = (Threaded(work),)
    app.status, app.why_not_ready = work.status, work.why_not_ready
    return app


def _options(settings: Settings, role: Role) -> dict[str, Any]:
    """Faust with everything off that heedful does otherwise: leaders, tables, topics, stdout."""
    return {
        "id": f"heedful.{settings.deployment}.{role}",
        "broker": [f"kafka://{server}" for server in settings.kafka.bootstrap.split(",")],
        "broker_credentials": credentials(settings.kafka),
        "broker_session_timeout": 6.0,
        "broker_heartbeat_interval": 1.5,
        "consumer_auto_offset_reset": "earliest",
        "datadir": str(settings.data_dir.absolute() / "faust" / role),
        "store": "memory://",
        "table_standby_replicas": 0,
        "stream_wait_empty": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_bind": settings.web.host,
        "web_port": settings.web.port or free_port(last_port(settings, role)),
        "web_stats_enabled": False,
        "web_graph_enabled": False,
        "web_router_enabled": False,
        "web_tables_enabled": False,
        "web_metrics_enabled": False,
        "worker_redirect_stdouts": False,
    }


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
