"""The embedded engine, as the tests of landing have it."""

from tests.sinks.conftest import store

__all__ = ["store"]
