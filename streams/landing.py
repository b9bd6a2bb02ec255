"""The role landing: rows into ClickHouse and, where the engine is the embedded one, its HTTP interface."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.metrics_core import Metric

from schemas.codec import Codec
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.server import Server, running_server
from sinks.clickhouse.store import ClickHouseTarget, Store, open_store
from streams.errors import FixConfiguration
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


def reading_url(settings: Settings) -> str | None:
    """Where to ask ClickHouse: the one named by the settings, or the embedded engine's server if it runs."""
    return settings.clickhouse.url or running_server(embedded_files(settings))


class Landing:
    """Opens the store and serves it, lands until it is told to stop, lets go of the store."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Opens nothing yet."""
        self._settings = settings
        self._codec = codec
        self._lander: Lander | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises FixTarget, Refused, Unavailable, FixConfiguration."""
        store = open_store(target_of(self._settings))
        try:
            with self._served(store):
                self._lander = Lander(landing_config(self._settings), self._codec, store)
                self._lander.run(stop)
        finally:
            store.close()

    def status(self) -> Status:
        """What the lander says of itself, up to where it has landed what, and where to ask for the rows."""
        said = self._lander.status() if self._lander else {}
        landed = self._lander.landed_to() if self._lander else {}
        return {**said, "landed to": landed, "clickhouse": reading_url(self._settings) or ""}

    def why_not_ready(self) -> str | None:
        """What keeps new records from being landed soon; None: nothing."""
        return self._lander.why_not_ready() if self._lander else "the store is not open yet"

    def collect(self) -> Iterable[Metric]:
        """What the lander has measured."""
        return self._lander.collect() if self._lander else ()

    @contextmanager
    def _served(self, store: Store) -> Iterator[None]:
        """A ClickHouse of its own has its own interface."""
        if not isinstance(store, EmbeddedStore):
            yield
            return
        server = self._server(store).start()
        try:
            yield
        finally:
            server.stop()

    def _server(self, store: EmbeddedStore) -> Server:
        port = self._settings.clickhouse.http_port
        try:
            return Server(store, port)
        except OSError as error:
            raise FixConfiguration(f"clickhouse.http_port: {port} can't be used: {error.strerror}") from error
