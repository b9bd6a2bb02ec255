"""A ClickHouse far away, by settings alone: the same migrations, the same landing."""

from collections.abc import Iterator

import pytest

from schemas import topics
from sinks.clickhouse.audit import audit
from sinks.clickhouse.client import client_of, rows
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate, published
from sinks.clickhouse.store import ClickHouseTarget, Store, open_store
from sinks.errors import FixTarget, QueryFailed, Unavailable
from streams.broker import EmbeddedBroker
from tests.sinks.clickhouse_server import Server, serving
from tests.sinks.harness import clicks, shore


@pytest.fixture
def server(store: EmbeddedStore) -> Iterator[Server]:
    with serving(store) as running:
        yield running


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def remote(server: Server) -> Iterator[Store]:
    opened = open_store(ClickHouseTarget(url=url(server), database="elsewhere", password="hush"))
    yield opened
    opened.close()


def test_the_same_migrations_in_a_database_that_is_created(remote: Store) -> None:
    assert migrate(remote) == [migration.name for migration in published()]
    assert migrate(remote) == []
    assert remote.query("SELECT currentDatabase() AS name") == [{"name": "elsewhere"}]


def test_parameters_numbers_and_errors(remote: Store) -> None:
    big = remote.query(
        "SELECT toInt64({n:String}) AS n, {t:String} AS t", {"n": "9007199254740993", "t": "a'\n\\"}
    )
    assert big == [{"n": 9007199254740993, "t": "a'\n\\"}]
    with pytest.raises(QueryFailed) as failed:
        remote.query("SELECT * FROM nowhere")
    assert failed.value.code == 60


def test_an_insert_is_synchronous_and_has_its_token(remote: Store, server: Server) -> None:
    migrate(remote)
    for _ in range(2):
        remote.insert("raw_tombstones", ("key", "_offset"), b'{"key": "k", "_offset": 1}', "JSONEachRow", "t")
    assert remote.query("SELECT count() AS n FROM raw_tombstones") == [{"n": 1}]
    sent = next(values for values in server.seen if "insert_deduplication_token" in values)
    assert (sent["async_insert"], sent["insert_deduplication_token"]) == ("0", "t")


@pytest.mark.broker
def test_landing_far_away(remote: Store, broker: EmbeddedBroker, prefix: str) -> None:
    here = shore(remote, broker.bootstrap, prefix, 1, embedded=True)
    here.send(topics.CLICKSTREAM, *clicks(0, 200))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 200)
    assert here.landed() == (200, 200)
    assert not audit(remote.query).findings


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1"):
        open_store(ClickHouseTarget(url="http://127.0.0.1:1")).query("SELECT 1")


def test_a_client_asks_and_creates_nothing(server: Server) -> None:
    with client_of(ClickHouseTarget(url=url(server), database="heedful")) as client:
        assert rows(client, "SELECT count() AS n FROM raw_cart") == [{"n": 0}]


@pytest.mark.parametrize("wrong", ["clickhouse", "tcp://host:9000", "http://"])
def test_a_url_that_is_none_is_named(wrong: str) -> None:
    with pytest.raises(FixTarget, match="url must be like"):
        open_store(ClickHouseTarget(url=wrong)).query("SELECT 1")


def test_a_target_is_one_or_the_other_and_keeps_its_password() -> None:
    with pytest.raises(FixTarget):
        ClickHouseTarget()
    assert "hush" not in repr(ClickHouseTarget(url="http://h", password="hush"))
