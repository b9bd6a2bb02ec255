"""heedful as a Faust application: its life cycle, and what Faust does of its own accord, which is little."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from mode import ServiceT

from streams.addresses import last_port
from streams.children import free_port
from streams.edges.credentials import credentials
from streams.roles import Role
from streams.settings import Settings
from streams.threaded import Status, Threaded


class Application(faust.App):
    """heedful in one role: each of ``hosted`` works in a thread; the rest is what its pages say."""

    hosted: Sequence[Threaded]
    why_not_ready: Callable[[], str | None]
    status: Callable[[], Status]


class StartsWork(BootStrategy):
    """What Faust starts, and then the work."""

    def server(self) -> Iterable[ServiceT]:
        """What to start, in this order."""
        return [*super().server(), *cast(Application, self.app).hosted]


class _StartsOnlyWork(StartsWork):
    """Sensors, web and the work; no Kafka client of Faust's."""

    enable_kafka = False


class Worker(Application):
    """heedful in a role that has its own Kafka clients."""

    BootStrategy = _StartsOnlyWork


def options(settings: Settings, role: Role) -> dict[str, Any]:
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
