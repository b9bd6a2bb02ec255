"""Topics of one side and round, what is published to them, and what is seen coming out."""

import time
from typing import NamedTuple, Protocol

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.processes import PATIENCE
from benchmarks.traffic import Traffic
from schemas import admin, topics
from schemas.codec import Codec
from schemas.events import CartEvent
from schemas.outputs import AbandonmentSignal
from schemas.registry import FileRegistry
from schemas.topics import Topic
from streams.kernel.config import KernelConfig

CODEC = Codec(FileRegistry())


class Broker(Protocol):
    """A running broker: its address and its process."""

    @property
    def bootstrap(self) -> str: ...

    @property
    def pid(self) -> int: ...


def configuration(bootstrap: str, prefix: str, aborted_visible: bool = True) -> KernelConfig:
    """How a side of a round reaches the broker. Time is told by the published records alone."""
    return KernelConfig(
        kafka={"bootstrap.servers": bootstrap},
        prefix=prefix,
        deployment=prefix,
        aborted_visible=aborted_visible,
        heartbeats=False,
    )


class Place(NamedTuple):
    """Where one side works in one round: topics of its own on the one broker."""

    broker: Broker
    prefix: str
    partitions: int

    @property
    def config(self) -> KernelConfig:
        """How a kernel reaches it."""
        return configuration(self.broker.bootstrap, self.prefix)


class Records:
    """Traffic, encoded once: publishing costs the same for every side, and none pays for encoding."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self._encoded = [(_topic(event), _key(event), CODEC.encode(event)) for event in traffic.events]
        self._end = CODEC.encode(traffic.end)

    def publish(self, place: Place) -> None:
        """To the inputs of a place; then, everywhere, the time by which all is due."""
        config = place.config
        producer = Producer(config.producer({"queue.buffering.max.messages": 10_000_000}))
        for topic, key, value in self._encoded:
            producer.produce(topic.named(config.prefix), value, key)
        producer.flush(PATIENCE)
        for topic in topics.INPUTS:
            for partition in range(place.partitions):
                producer.produce(topic.named(config.prefix), self._end, partition=partition)
        producer.flush(PATIENCE)


def create_topics(place: Place) -> None:
    """Every topic of heedful, and what its kernels and landing keep."""
    wanted = admin.plans(place.prefix, place.prefix, place.partitions)
    admin.create(place.config.kafka, wanted, None)


class Signals:
    """The signals of one side, as a subscriber sees them."""

    def __init__(self, place: Place) -> None:
        self._consumer = Consumer(place.config.consumer("read_committed", {"group.id": "benchmark"}))
        name = topics.ABANDONMENT_SIGNALS.named(place.prefix)
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in range(place.partitions)])
        self.seen: list[tuple[str, str]] = []
        """Visitor and stage of each, in the order in which they came."""

    def wait_for(self, count: int) -> None:
        """Until so many were seen. Raises TimeoutError."""
        until = time.monotonic() + PATIENCE
        while len(self.seen) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.seen)} of {count} signals after {PATIENCE:.0f} s")
            self._take(0.05)

    def nothing_more(self, seconds: float) -> None:
        """Look on for a while, so that what is signalled twice is seen."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._take(0.05)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _take(self, seconds: float) -> None:
        for message in self._consumer.consume(1_000, seconds):
            if message.error() is None:
                signal = CODEC.decode(message.value())
                if isinstance(signal, AbandonmentSignal) and signal.kind == "abandoned":
                    self.seen.append((signal.visitor_id, signal.stage))


def _topic(event: object) -> Topic:
    return topics.CART if isinstance(event, CartEvent) else topics.CLICKSTREAM


def _key(event: object) -> str:
    return topics.key(event.shop_id, event.visitor_id)  # type: ignore[attr-defined]
