"""Where the rows are: a ClickHouse, a worker that serves its own, or files that were left behind."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sinks.clickhouse.client import Client, client_of
from sinks.clickhouse.server import running_server
from sinks.clickhouse.store import ClickHouseTarget
from streams.errors import FixConfiguration, Unavailable
from streams.sections import revealed
from streams.settings import Settings

ENGINE = "clickhouse"
"""The folder of the embedded engine's files, within the data folder of a worker or a run."""


def asking(
    settings: Settings, url: str | None = None, run: Path | None = None
) -> AbstractContextManager[Client]:
    """A client of the ClickHouse at ``url``, of the run in a folder, or of what the settings lead to.

    Raises FixConfiguration if there is nothing to ask.
    """
    if url or (settings.clickhouse.url and not run):
        return client_of(server_at(settings, url or settings.clickhouse.url or ""))
    places = list(_places(settings.data_dir.absolute(), run))
    for place in places:
        served = running_server(place)
        if served:
            return client_of(server_at(settings, served))
    for place in places:
        if place.is_dir():
            return client_of(ClickHouseTarget(path=place, database=settings.clickhouse.database))
    raise FixConfiguration(
        f"There is no ClickHouse to ask: nothing in {run or settings.data_dir}. Start `heedful worker`, "
        "`heedful demo` or `heedful import --run` there, name a run with --run, or a server with --url."
    )


@contextmanager
def serving(settings: Settings) -> Iterator[Client]:
    """A client of the server in the settings, or of the landing that serves its engine: never of the files,
    which whoever lands wants to open. Raises Unavailable if nobody serves yet.
    """
    url = settings.clickhouse.url or running_server(settings.data_dir.absolute() / ENGINE)
    if url is None:
        raise Unavailable("ClickHouse is not there yet: landing has not opened it")
    with client_of(server_at(settings, url)) as client:
        yield client


def _places(data_dir: Path, run: Path | None) -> Iterator[Path]:
    """Where files may be: the worker's own, then those of runs, the latest first."""
    if run:
        yield run.absolute() / ENGINE
        return
    yield data_dir / ENGINE
    for folder in sorted(data_dir.glob("runs/*"), reverse=True):
        yield folder / ENGINE


def server_at(settings: Settings, url: str) -> ClickHouseTarget:
    """A ClickHouse at ``url``; who asks is told by the settings if it is the one that they name."""
    named = settings.clickhouse
    if url != named.url:
        return ClickHouseTarget(url=url, database=named.database)
    password = revealed(named.password) or ""
    return ClickHouseTarget(
        url=url, database=named.database, user=named.username, password=password, ca=named.ca
    )
