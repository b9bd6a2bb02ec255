"""The Faust application: every process of heedful is a worker of it, in one role.

visits, care    a kernel, in a thread; Faust consumes nothing
landing         the way into ClickHouse, in a thread; Faust consumes nothing
edges           agents: slow, asynchronous work of low volume; and, in a thread, the queue of who waits
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.types import TransportT
from faust.web import Request, Response, View
from mode import ServiceT

from streams.children import free_port
from streams.edges.agents import Edges
from streams.edges.credentials import credentials
from streams.edges.guarded import Handler
from streams.edges.queue import Queue
from streams.edges.transport import CommittedTransport
from streams.edges.waiting import asked_for
from streams.roles import Role
from streams.settings import Settings
from streams.threaded import Status, Threaded
from streams.wiring import codec_of, queue_of, work_of


class Application(faust.App):
    """heedful in one role: ``hosted`` works in a thread, ``healthy`` and ``status`` are its pages."""

    hosted: Threaded
    healthy: Callable[[], bool]
    status: Callable[[], Status]

    def _new_transport(self) -> TransportT:
        return CommittedTransport(self.conf.broker_consumer, self)


class _StartsWork(BootStrategy):
    """What Faust starts, and then the work."""

    def server(self) -> Iterable[ServiceT]:
        """What to start, in this order."""
        return [*super().server(), cast(Application, self.app).hosted]


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
    _serve(app, role)
    return app


def _with_agents(settings: Settings, handlers: Sequence[Handler]) -> Application:
    app = EdgesApplication(**_options(settings, "edges"))
    edges, queue = Edges(app, codec_of(settings), settings.deployment, handlers), queue_of(settings)
    app.hosted = Threaded(queue)
    app.healthy = lambda: app.hosted.alive
    app.status = lambda: {**edges.status(), "queue": queue.status()}
    _serve_queue(app, queue)
    return app


def _with_work(settings: Settings, role: Role) -> Application:
    app = Worker(**_options(settings, role))
    app.hosted = Threaded(work_of(role, settings))
    app.healthy, app.status = lambda: app.hosted.alive, app.hosted.work.status
    return app


def _options(settings: Settings, role: Role) -> dict[str, Any]:
    """Faust with everything off that heedful does otherwise: leaders, tables, topics, stdout."""
    port = settings.web.port if role == "edges" else 0
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
        "web_bind": settings.web.host if role == "edges" else "127.0.0.1",
        "web_port": port or free_port(),
        "web_stats_enabled": False,
        "web_graph_enabled": False,
        "web_router_enabled": False,
        "web_tables_enabled": False,
        "web_metrics_enabled": False,
        "worker_redirect_stdouts": False,
    }


def _serve(app: Application, role: Role) -> None:
    """Pages for machines: ``/health`` is 200 or 503, ``/status`` says what the role has done."""

    @app.page("/health")
    async def health(view: View, request: Request, **path: Any) -> Response:
        alive = app.healthy()
        return view.json({"role": role, "healthy": alive}, status=200 if alive else 503)

    @app.page("/status")
    async def status(view: View, request: Request, **path: Any) -> Response:
        return view.json({"role": role, **app.status()})


def _serve_queue(app: Application, queue: Queue) -> None:
    """``/contacts/waiting?team=&channel=&sort=due&limit=50``: who waits for an answer."""

    @app.page("/contacts/waiting")
    async def waiting(view: View, request: Request, **path: Any) -> Response:
        try:
            asked = asked_for(request.query)
        except ValueError as wrong:
            return view.json({"error": str(wrong)}, status=400)
        return view.json(queue.answer(asked))
