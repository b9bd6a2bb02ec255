"""The sample day in the embedded engine."""

from collections.abc import Iterator

import pytest

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from tests.dashboards.sample import land
from tests.sinks.conftest import store

__all__ = ["landed", "store"]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A database with the sample day in it, to be read."""
    opened = EmbeddedStore(tmp_path_factory.mktemp("clickhouse"))
    try:
        migrate(opened)
        land(opened)
        yield opened
    finally:
        opened.close()
