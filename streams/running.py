"""A broker and the roles for as long as one import takes; what they land stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.broker import embedded_broker
from streams.preparing import prepare
from streams.roles import Role
from streams.sections import KafkaSettings
from streams.settings import Settings
from streams.supervisor import Supervisor

ROLES: tuple[Role, ...] = ("visits", "care", "landing")


@contextmanager
def own_broker(settings: Settings) -> Iterator[Settings]:
    """An embedded broker with all topics, and the settings that lead to it and to the embedded ClickHouse."""
    logs = settings.data_dir.absolute() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with embedded_broker(logs / "broker.log") as broker:
        kafka = KafkaSettings(kind="embedded", bootstrap=broker.bootstrap)
        own = settings.but(kafka=kafka, replication=1, registry={}, clickhouse={}, clock={})
        prepare(own)
        yield own


@contextmanager
def own_roles(settings: Settings) -> Iterator[Supervisor]:
    """The roles that history goes through. Call ``tend`` of what is given while they run."""
    supervisor = Supervisor(settings, ROLES)
    try:
        yield supervisor
    finally:
        supervisor.stop()
