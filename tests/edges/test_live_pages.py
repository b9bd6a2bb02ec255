"""Who may look at the live page without a token: this machine, under a name of its own."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from streams.addresses import address_of
from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from tests.app.test_worker import on, worker
from tests.waiting import eventually

pytestmark = pytest.mark.broker

PATHS = [
    "/",
    "/live/live.js",
    "/live/events",
    "/live/customer?shop=main&profile=kim",
    "/contacts/waiting",
    "/status",
    "/metrics",
]


@pytest.fixture(scope="module")
def port(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of edges on loopback."""
    settings = on(broker.bootstrap, "embedded", "rebound", tmp_path_factory.mktemp("pages") / ".heedful")
    prepare(settings)
    with worker(settings, "edges"):
        found = urlsplit(eventually(lambda: address_of(settings, "edges")).url).port
        assert found
        eventually(lambda: answered(found, "/healthz", "127.0.0.1") == 200)
        yield found


def answered(port: int, path: str, host: str) -> int:
    """The status, if a browser believes that it asks ``host``; 0 where nobody answers yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "shop.example",
        "shop.example:{port}",
        "127.0.0.1.shop.example",
        "localhost.shop.example:{port}",
        "10.0.0.1",
        "",
    ],
)
def test_under_a_foreign_name_nothing_is_shown(port: int, host: str, path: str) -> None:
    """A page elsewhere can make its own name resolve to this machine, but not change the name."""
    assert answered(port, path, host.format(port=port)) == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "127.0.0.1", "localhost:{port}", "[::1]:{port}"])
def test_under_a_name_of_loopback_it_is_shown(port: int, host: str) -> None:
    assert answered(port, "/", host.format(port=port)) == 200


def test_whoever_asks_whether_it_lives_is_answered(port: int) -> None:
    assert answered(port, "/healthz", "shop.example") == 200
