"""What a kernel calls durable can be seen by others at that moment, without waiting."""

import pytest

from schemas import topics
from schemas.control import Heartbeat
from streams.broker import EmbeddedBroker
from tests.kernel.counting import Noting, click
from tests.kernel.harness import bench, until

START = 1_700_000_000_000


@pytest.mark.broker
def test_what_follows_from_what_is_durable_is_visible(broker: EmbeddedBroker, prefix: str) -> None:
    here = bench(broker.bootstrap, prefix, 1, True, lateness=0)
    here.send(topics.CLICKSTREAM, click("a", START))
    for topic in (topics.CLICKSTREAM, topics.CART):
        here.send(topic, Heartbeat(received_at=START + 1_000), partition=0)
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("durable", 0) >= START + 1_000, "the clock")
        assert [said.visitors for said in here.read(topics.PROFILES)] == [("a",)]
        assert kernel.status()["durable to"]["clickstream-0"] >= 2
        assert kernel.status()["durable to"]["cart-0"] >= 1
