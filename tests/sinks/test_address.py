"""Where a server of the embedded engine is found."""

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.server import Server, running_server


def test_the_address_is_found_while_it_is_served(store: EmbeddedStore) -> None:
    server = Server(store).start()
    assert running_server(store.path) == server.url
    server.stop()
    assert running_server(store.path) is None


def test_an_address_that_a_killed_process_left_is_no_server(store: EmbeddedStore) -> None:
    Server(store).start()
    store.close()
    assert running_server(store.path) is None
