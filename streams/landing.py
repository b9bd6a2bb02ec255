"""The role landing: rows into ClickHouse and, where the engine is the embedded one, its HTTP interface."""

import threading
from pathlib import Path

from schemas.codec import Codec
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.store import ClickHouseTarget, open_store
from streams.sections import revealed
from streams.settings import Settings
from streams.threaded import Status


def target_of(settings: Settings) -> ClickHouseTarget:
    """The ClickHouse that the settings name; without a URL the embedded engine, under the data folder."""
    clickhouse = settings.clickhouse
    return ClickHouseTarget(
        url=clickhouse.url,
        path=None if clickhouse.url else embedded_files(settings),
        database=clickhouse.database,
        user=clickhouse.username,
        password=revealed(clickhouse.password) or "",
        ca=clickhouse.ca,
    )


def embedded_files(settings: Settings) -> Path:
    """Where the embedded engine keeps its files."""
    return settings.data_dir.absolute() / "clickhouse"


def landing_config(settings: Settings) -> LandingConfig:
    """What landing needs to know about where it runs."""
    return LandingConfig(
        kafka=settings.kafka.librdkafka(),
        prefix=settings.prefix,
        deployment=settings.deployment,
        instance=settings.clickhouse.instance,
        replication=settings.replication,
        aborted_visible=settings.kafka.aborted_visible,
    )


class Landing:
    """Opens the store, lands until it is told to stop, lets go of the store."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Opens nothing yet."""
        self._settings = settings
        self._codec = codec
        self._lander: Lander | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises FixTarget, Refused, Unavailable."""
        store = open_store(target_of(self._settings))
        try:
            self._lander = Lander(landing_config(self._settings), self._codec, store)
            self._lander.run(stop)
        finally:
            store.close()

    def status(self) -> Status:
        """What the lander says of itself."""
        return dict(self._lander.status()) if self._lander else {}
