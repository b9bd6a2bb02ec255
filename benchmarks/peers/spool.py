"""Traffic, encoded once, on disk; published to the inputs of one side of one round."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from confluent_kafka import Producer

from benchmarks.broker import CODEC, Place
from benchmarks.peers.traffic import Crowd, Event
from schemas import topics
from schemas.control import Heartbeat
from schemas.events import CartEvent, SupportEvent
from schemas.topics import Topic

CHUNK = 20_000
SILENT = (topics.ORDERS, topics.PROFILE_UPDATES, topics.FEEDBACK)
"""Inputs of heedful that carry nothing here but the time, which it has to be told."""
LONGEST = 900_000
"""Milliseconds that a broker lets a transaction take, unless told otherwise."""

Encoded: TypeAlias = tuple[str, str, bytes]
"""Label of the topic, key, value."""


class Spool:
    """The events of a crowd, encoded, in a file."""

    def __init__(self, crowd: Crowd, path: Path, progress: Callable[[int], None]) -> None:
        self.crowd = crowd
        self._path = path
        encoded, written = (_encoded(event) for event in crowd.events()), 0
        with path.open("wb") as file:
            while chunk := list(islice(encoded, CHUNK)):
                pickle.dump(chunk, file, pickle.HIGHEST_PROTOCOL)
                written += len(chunk)
                progress(written)

    def publish(self, place: Place) -> None:
        """To the inputs of a place; then, everywhere, the time by which all is due."""
        self._produce(_producer(place, {}), place)

    def hold(self, place: Place) -> Callable[[], None]:
        """The same within a transaction. Call what it returns to let the events be seen, all at once."""
        settings: dict[str, str | int] = {
            "transactional.id": f"{place.prefix}.traffic",
            "transaction.timeout.ms": LONGEST,
        }
        producer = _producer(place, settings)
        producer.init_transactions()
        producer.begin_transaction()
        self._produce(producer, place)
        return producer.commit_transaction

    def _produce(self, producer: Producer, place: Place) -> None:
        for label, key, value in self._read():
            _patiently(producer, f"{place.prefix}.{label}", value, key=key)
        for topic, heartbeat in self._times():
            value = CODEC.encode(heartbeat)
            for partition in range(place.partitions):
                _patiently(producer, topic.named(place.prefix), value, partition=partition)
        if left := producer.flush():
            raise TimeoutError(f"{left} records could not be published")

    def _times(self) -> Iterator[tuple[Topic, Heartbeat]]:
        yield from ((topic, heartbeat) for heartbeat in self.crowd.heartbeats() for topic in SILENT)
        yield from ((topic, Heartbeat(received_at=self.crowd.end)) for topic in topics.INPUTS)

    def _read(self) -> Iterator[Encoded]:
        with self._path.open("rb") as file:
            while True:
                try:
                    chunk: Iterable[Encoded] = pickle.load(file)
                except EOFError:
                    return
                yield from chunk


def _encoded(event: Event) -> Encoded:
    value = CODEC.encode(event)
    if isinstance(event, SupportEvent):
        return topics.SUPPORT.label, topics.key(event.shop_id, event.profile_id), value
    topic = topics.CART if isinstance(event, CartEvent) else topics.CLICKSTREAM
    return topic.label, topics.key(event.shop_id, event.visitor_id), value


def _producer(place: Place, settings: dict[str, str | int]) -> Producer:
    return Producer(place.config.producer({"linger.ms": 20, "log_level": 3, **settings}))


def _patiently(producer: Producer, topic: str, value: bytes, **where: str | int) -> None:
    while True:
        try:
            producer.produce(topic, value, **where)
        except BufferError:
            producer.poll(0.1)
        else:
            return
