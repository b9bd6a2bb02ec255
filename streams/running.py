"""A broker and the roles for as long as one import takes; what they land stays."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.broker import embedded_broker
from streams.preparing import prepare
from streams.roles import Role
from streams.sections import KafkaSettings
from streams.settings import Settings
from streams.supervisor import Supervisor

ROLES: tuple[Role, ...] = ("visits", "care", "landing")


def run_folder(data_dir: Path) -> Path:
    """A new folder for a run. Its name is the time, and whatever it takes to be new."""
    stem = data_dir.absolute() / "runs" / time.strftime("%Y%m%d-%H%M%S")
    for number in range(1_000):
        folder = stem.with_name(f"{stem.name}-{number}") if number else stem
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(stem)


@contextmanager
def own_broker(settings: Settings) -> Iterator[Settings]:
    """An embedded broker with all topics, and the settings that lead to it and to the embedded ClickHouse.

    Its data are in a folder of their own, so that what other rules concluded before stays apart.
    """
    folder = run_folder(settings.data_dir)
    logs = folder / "logs"
    logs.mkdir()
    with embedded_broker(logs / "broker.log") as broker:
        kafka = KafkaSettings(kind="embedded", bootstrap=broker.bootstrap)
        own = settings.but(data_dir=folder, kafka=kafka, replication=1, registry={}, clickhouse={}, clock={})
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
