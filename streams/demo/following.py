"""Reading topics as they grow, as any subscriber would."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.words import Millis, Record
from streams.kernel.config import KernelConfig

Take: TypeAlias = Callable[[Topic, Message, Record | None, float], None]
"""Gets each record that can be read, None for a tombstone; and when it was seen, of ``time.monotonic``."""


def follow(
    kafka: KernelConfig,
    codec: Codec,
    topics: Iterable[Topic],
    take: Take,
    stop: threading.Event,
    patience: Millis = 20,
) -> None:
    """Hand over all committed records from the beginning on, until ``stop`` is set.

    ``patience``: how long a fetch may wait for something new. Every fetch costs the broker, so who is not in
    a hurry is patient.
    """
    names = {kafka.named(topic): topic for topic in topics}
    settings = kafka.consumer("read_committed", {"group.id": "unused", "fetch.wait.max.ms": patience})
    consumer = Consumer(settings)
    try:
        consumer.assign(_beginnings(consumer, names))
        while not stop.is_set():
            messages = consumer.consume(2_000, 0.01)
            seen = time.monotonic()
            for message in messages:
                _hand_over(codec, names[message.topic() or ""], message, take, seen)
    finally:
        consumer.close()


def _hand_over(codec: Codec, topic: Topic, message: Message, take: Take, seen: float) -> None:
    if message.error():
        raise KafkaException(message.error())
    value = message.value()
    try:
        record = None if value is None else codec.decode(value, topic)
    except BadRecord:
        return
    take(topic, message, record, seen)


def _beginnings(consumer: Consumer, names: Iterable[str]) -> list[TopicPartition]:
    known = {name: consumer.list_topics(name, timeout=10).topics[name].partitions for name in names}
    return [
        TopicPartition(name, partition, 0) for name, partitions in known.items() for partition in partitions
    ]
