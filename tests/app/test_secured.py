"""The whole path against a broker that asks for passwords and certificates and allows no more than needed."""

import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import CART, key
from streams.preparing import prepare
from streams.settings import Settings
from streams.supervisor import Supervisor
from tests.app.test_whole_path import SPEED, at_work, rows
from tests.app.test_worker import seen
from tests.builders import START, added
from tests.secured_kafka import KEY_PASSWORD, PASSWORD, USER, SecuredKafka, rights
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("security", ["sasl_ssl", "ssl"])
def test_a_cart_that_is_left_is_signalled_and_landed(
    security: str, secured: SecuredKafka, prefix: str, tmp_path: Path
) -> None:
    """librdkafka's clients and those of Faust prove who they are; no log has a password."""
    secured.allow(USER, *rights(prefix))
    origin = time.time_ns() // 1_000_000
    settings = Settings().but(
        prefix=prefix,
        partitions=1,
        replication=1,
        data_dir=tmp_path,
        kafka=secured.settings(security),
        clock={"kind": "simulated", "start": START, "origin": origin, "speed": SPEED},
    )
    prepare(settings)
    event = added(1)
    producer = Producer(settings.kafka.librdkafka())
    value = Codec(FileRegistry()).encode(event)
    producer.produce(CART.named(prefix), key=key("main", event.visitor_id), value=value)
    assert producer.flush(20) == 0
    with at_work(Supervisor(settings)):
        signalled = eventually(lambda: seen(settings), 150)
        [row] = eventually(lambda: rows(settings, "SELECT stage FROM v_abandonment"), 150)
    assert signalled == {"signals.abandonment": {"abandoned": 1}}
    assert row["stage"] == "cart"
    logs = b"".join(file.read_bytes() for file in (tmp_path / "logs").iterdir())
    assert b"visits" in logs
    assert not any(secret.encode() in logs for secret in (PASSWORD, KEY_PASSWORD))
