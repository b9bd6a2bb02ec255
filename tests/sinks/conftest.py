"""The embedded engine for tests. A process can have one of its folders open at a time: one store a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A database with all migrations, on disk."""
    opened = EmbeddedStore(tmp_path / "clickhouse")
    try:
        migrate(opened)
        yield opened
    finally:
        opened.close()
