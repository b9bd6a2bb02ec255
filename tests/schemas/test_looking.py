"""One look takes so many records, and about so many bytes, however much there is."""

from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from schemas.looking import HELPING, LOOK_BYTES, look
from schemas.rebalancing import Rebalancing
from streams.broker import EmbeddedBroker

pytestmark = pytest.mark.broker

LARGE = 200_000
"""Bytes: what a helping of such records weighs is more than a look."""


@pytest.mark.parametrize(
    ("size", "count", "most", "looks"),
    [
        pytest.param(10, 100, 40, [40, 40, 20], id="so many records"),
        pytest.param(10, 40, 40, [40], id="exactly"),
        pytest.param(LARGE, 3 * HELPING + 1, 1_000, [HELPING, HELPING, HELPING, 1], id="so many bytes"),
    ],
)
def test_looks(
    size: int, count: int, most: int, looks: list[int], broker: EmbeddedBroker, prefix: str
) -> None:
    assert LARGE * HELPING > LOOK_BYTES
    written = [b"%03d" % number + b"x" * size for number in range(count)]
    publish(broker, prefix, written)
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": prefix})
    consumer.assign([TopicPartition(prefix, 0, 0)])
    found = [look(consumer, Rebalancing(), most, 10.0) for _ in looks[:-1]] + [
        look(consumer, Rebalancing(), looks[-1], 10.0)
    ]
    consumer.close()
    assert [len(messages) for messages in found] == looks
    assert [message.value() for messages in found for message in messages] == written


def test_nothing_is_waited_for_for_so_long_only(broker: EmbeddedBroker, prefix: str) -> None:
    publish(broker, prefix, [])
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": prefix})
    consumer.assign([TopicPartition(prefix, 0, 0)])
    assert look(consumer, Rebalancing(), 10, 0.01) == []
    consumer.close()


class Moved(Consumer):
    """Behind its first full helping the group takes the partition, and gives it again."""

    def __init__(self, settings: dict[str, Any], name: str) -> None:
        super().__init__(settings)
        self.rebalancing, self._name, self._taken = Rebalancing(), name, 0
        self.join()

    def join(self) -> None:
        noted = self.rebalancing.keeping(lambda *_: None)
        self.subscribe([self._name], on_assign=noted, on_revoke=noted, on_lost=noted)

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        found = super().consume(num_messages, timeout)
        self._taken += len(found)
        if self._taken == HELPING:
            self.unsubscribe()
            self.join()
        return found


def test_what_was_taken_before_a_rebalance_is_left_out(broker: EmbeddedBroker, prefix: str) -> None:
    """It comes again, from where the partition is to be read since: else it would be read twice."""
    written = [b"%03d" % number for number in range(3 * HELPING)]
    publish(broker, prefix, written)
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": prefix, "auto.offset.reset": "earliest"}
    soon = {"session.timeout.ms": 2_000, "heartbeat.interval.ms": 200}
    consumer = Moved({**settings, **soon, "enable.auto.commit": False}, prefix)
    found = look(consumer, consumer.rebalancing, len(written), 60.0)
    consumer.close()
    assert consumer.rebalancing.count > 1
    assert [message.value() for message in found] == written


def publish(broker: EmbeddedBroker, name: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 0})
    for value in values:
        producer.produce(name, value, partition=0)
    assert producer.flush(10) == 0
