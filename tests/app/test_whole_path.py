"""One cart, left: from the event to the edges and into ClickHouse, through all the roles as processes."""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import CART, key
from streams.landing import reading_url
from streams.preparing import prepare
from streams.settings import Settings
from streams.supervisor import Supervisor
from tests.app.test_worker import seen
from tests.builders import START, added
from tests.waiting import eventually

SPEED = 1_200
"""An hour of silence is over in three seconds."""


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Settings:
    kind, fixture = request.param
    origin = time.time_ns() // 1_000_000
    return Settings().but(
        prefix=prefix,
        kafka={"kind": kind, "bootstrap": request.getfixturevalue(fixture).bootstrap},
        clock={"kind": "simulated", "start": START, "origin": origin, "speed": SPEED},
        partitions=2,
        data_dir=tmp_path,
    )


@contextmanager
def at_work(supervisor: Supervisor) -> Iterator[None]:
    """All roles, started once: here one that dies shall be noticed."""
    supervisor.tend()
    try:
        yield
    finally:
        supervisor.stop()


def rows(settings: Settings, sql: str) -> list[Any]:
    url = reading_url(settings)
    if not url:
        return []
    asked = urllib.parse.urlencode({"database": "heedful", "default_format": "JSONEachRow", "query": sql})
    try:
        with urllib.request.urlopen(f"{url}/?{asked}", timeout=30) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]
    except OSError:
        return []


def test_a_cart_that_is_left_is_signalled_followed_and_landed(settings: Settings) -> None:
    prepare(settings)
    event = added(1)
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    value = Codec(FileRegistry()).encode(event)
    producer.produce(CART.named(settings.prefix), key=key("main", event.visitor_id), value=value)
    assert producer.flush(10) == 0
    with at_work(Supervisor(settings)):
        assert eventually(lambda: seen(settings)) == {"signals.abandonment": {"abandoned": 1}}
        [row] = eventually(lambda: rows(settings, "SELECT * FROM v_abandonment"))
    assert row["stage"] == "cart"
    assert row["visitor_id"] == event.visitor_id
