"""One look takes so many records, and about so many bytes, however much there is."""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.looking import HELPING, LOOK_BYTES, look
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
    found = [look(consumer, most, 10.0) for _ in looks[:-1]] + [look(consumer, looks[-1], 10.0)]
    consumer.close()
    assert [len(messages) for messages in found] == looks
    assert [message.value() for messages in found for message in messages] == written


def test_nothing_is_waited_for_for_so_long_only(broker: EmbeddedBroker, prefix: str) -> None:
    publish(broker, prefix, [])
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": prefix})
    consumer.assign([TopicPartition(prefix, 0, 0)])
    assert look(consumer, 10, 0.01) == []
    consumer.close()


def publish(broker: EmbeddedBroker, name: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 0})
    for value in values:
        producer.produce(name, value, partition=0)
    assert producer.flush(10) == 0
