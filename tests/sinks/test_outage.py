"""ClickHouse away, slow, or refusing a block: memory stays bounded, nothing is dropped or doubled."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest

from schemas import topics
from sinks.clickhouse import remote
from sinks.clickhouse.audit import audit
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.lane import RECORD_BYTES
from sinks.clickhouse.remote import RemoteStore
from sinks.clickhouse.store import ClickHouseTarget
from sinks.errors import QueryFailed
from tests.apache_kafka import ApacheKafka
from tests.sinks.clickhouse_server import serving
from tests.sinks.harness import CODEC, Shore, clicks, shore
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

MakeShore = Callable[[RemoteStore], Shore]
BUFFER = 64_000
MINUTE = 60.0
A_WHILE = 20.0
MOST = 3_000
"""Events of a partition that come in the meantime: some ten times what may wait."""
LANDED_WITHIN = 60.0
"""Seconds after ClickHouse is back, with pauses between tries of at most 30 s as in production."""


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def make(request: pytest.FixtureRequest, prefix: str) -> MakeShore:
    """Makes a deployment on either broker that holds little in memory."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    small = {"fetch_size": 100, "batch_rows": 100, "buffer_bytes": BUFFER, "retry_at_most": 500}
    return lambda store: shore(store, running.bootstrap, prefix, 2, embedded, **small)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement may take 2 s."""
    monkeypatch.setattr(remote, "PATIENCE", 2)


def at(port: int) -> RemoteStore:
    return RemoteStore(ClickHouseTarget(url=f"http://127.0.0.1:{port}"))


def number(lander: Lander, name: str) -> int:
    return int(str(lander.status().get(name, 0)))


def landed(here: Shore, lander: Lander, count: int) -> None:
    for partition in range(2):
        here.wait_until_recorded(lander, topics.CLICKSTREAM, count, partition)


def send(here: Shore, first: int, count: int) -> None:
    for partition in range(2):
        here.send(topics.CLICKSTREAM, *clicks(2 * first + partition * count, count), partition=partition)


def is_right(here: Shore, store: EmbeddedStore, count: int) -> None:
    here.store = store
    assert here.landed() == (2 * count, 2 * count)
    assert not audit(store.query).findings


@pytest.mark.long
@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_away_for_ten_minutes(kafka: ApacheKafka, prefix: str, store: EmbeddedStore) -> None:
    """With the pauses of production; more arrives than may wait in memory."""
    with serving(store) as server:
        port = server.server_address[1]
        here = shore(at(port), kafka.bootstrap, prefix, 2, False, batch_rows=100, buffer_bytes=BUFFER)
        send(here, 0, 50)
        away = here.landing()
        lander = away.__enter__()
        landed(here, lander, 50)
    sent = 50
    try:
        back_at = time.monotonic() + 10 * MINUTE
        while time.monotonic() < back_at:
            send(here, sent, 200)
            sent += 200
            assert number(lander, "waiting bytes") < 4 * BUFFER
            failures = number(lander, "failures")
            eventually(lambda seen=failures: number(lander, "failures") > seen)  # type: ignore[misc]
        assert number(lander, "paused") == 2
        with serving(store, port):
            began = time.monotonic()
            landed(here, lander, sent)
            assert time.monotonic() - began < LANDED_WITHIN
            away.__exit__(None, None, None)
    except BaseException as failure:
        away.__exit__(type(failure), failure, failure.__traceback__)
        raise
    is_right(here, store, sent)
    assert number(lander, "sessions") == 1


@pytest.mark.on_embedded
def test_away_for_a_while(make: MakeShore, store: EmbeddedStore) -> None:
    with serving(store) as server:
        port = server.server_address[1]
        here = make(at(port))
        send(here, 0, 50)
        away = here.landing()
        lander = away.__enter__()
        landed(here, lander, 50)
    try:
        back_at = time.monotonic() + A_WHILE
        send(here, 50, 200)
        eventually(lambda: number(lander, "open") == 2)
        sent = 250
        while time.monotonic() < back_at:
            if sent < MOST:
                send(here, sent, 200)
                sent += 200
            assert number(lander, "waiting bytes") < 4 * BUFFER
            eventually(lambda: number(lander, "paused") == 2)
            failures = number(lander, "failures")
            eventually(lambda seen=failures: number(lander, "failures") > seen)  # type: ignore[misc]
        with serving(store, port):
            landed(here, lander, sent)
            away.__exit__(None, None, None)
    except BaseException as failure:
        away.__exit__(type(failure), failure, failure.__traceback__)
        raise
    is_right(here, store, sent)
    assert number(lander, "sessions") == 1


def test_an_error_is_told_until_it_is_overcome(make: MakeShore, store: EmbeddedStore) -> None:
    with serving(store) as server:
        port = server.server_address[1]
    here = make(at(port))
    with here.landing() as lander:
        eventually(lambda: lander.status()["last error"])
        assert lander.why_not_ready() == "it has not joined its group yet"
        with serving(store, port):
            eventually(lambda: lander.why_not_ready() is None)
            assert lander.status()["last error"] == ""


@dataclass
class Slow:
    """Some inserts take longer than anybody waits."""

    times: int = 2
    tokens: list[str] = field(default_factory=list)
    never: Event = field(default_factory=Event)

    def __call__(self, token: str) -> None:
        if token and "landed" not in token and len(self.tokens) < self.times:
            self.tokens.append(token)
            self.never.wait(3)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.usefixtures("impatient")
def test_slow(when: str, make: MakeShore, store: EmbeddedStore) -> None:
    """The answer comes too late: the insert was done, or is done when nobody waits for it any more."""
    slow = Slow()
    with serving(store) as server:
        setattr(server, when, slow)
        here = make(at(server.server_address[1]))
        with here.landing() as lander:
            send(here, 0, 300)
            landed(here, lander, 300)
            assert number(lander, "failures") >= slow.times
            eventually(lambda: len(slow.tokens) == slow.times)
    is_right(here, store, 300)


def test_slower_than_what_comes(make: MakeShore, store: EmbeddedStore) -> None:
    """What is read and not landed stays below what the settings say, however much stands on the topics."""

    def wait(token: str) -> None:
        Event().wait(0.05)

    with serving(store) as server:
        server.before = wait
        here = make(at(server.server_address[1]))
        send(here, 0, 5_000)
        with here.landing() as lander:
            landed(here, lander, 5_000)
            most = number(lander, "most waiting bytes")
    one = len(CODEC.encode(clicks(0, 1)[0])) + RECORD_BYTES + len("main/visitor-000")
    look, claim = 100 * one, 2 * 100 * one
    assert BUFFER < most < 2 * BUFFER + look + claim
    is_right(here, store, 5_000)


def test_refusing_one_block(make: MakeShore, store: EmbeddedStore) -> None:
    """It stops its own partition only, is tried again and never skipped."""
    refused: list[str] = []
    refusing = True

    def refuse(token: str) -> None:
        if refusing and "-0-0-" in token and not token.endswith("landed"):
            refused.append(token)
            raise QueryFailed(241, "Code: 241. DB::Exception: Memory limit exceeded")

    with serving(store) as server:
        server.before = refuse
        here = make(at(server.server_address[1]))
        with here.landing() as lander:
            send(here, 0, 300)
            eventually(lambda: refused)
            send(here, 300, 200)
            here.wait_until_recorded(lander, topics.CLICKSTREAM, 500, partition=1)
            eventually(lambda: len(refused) > 3)
            eventually(lambda: number(lander, "paused"))
            assert lander.landed_to()[f"{here.name(topics.CLICKSTREAM)}-0"] == 0
            assert (number(lander, "open"), number(lander, "halted")) == (1, 0)
            refusing = False
            landed(here, lander, 500)
    assert len(set(refused)) == 1
    is_right(here, store, 500)
