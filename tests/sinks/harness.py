"""Landers in threads, on a real broker and a real engine."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas import topics
from schemas.codec import Codec
from schemas.events import Click
from schemas.registry import FileRegistry
from schemas.topics import Topic
from schemas.words import Record
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.store import Row, Store
from sinks.errors import Unavailable
from tests.waiting import eventually

PATIENCE = 120.0
CODEC = Codec(FileRegistry())
START = 1_700_000_000_000


def clicks(first: int, count: int) -> list[Click]:
    """Clicks that differ in number."""
    return [click(number) for number in range(first, first + count)]


def click(number: int) -> Click:
    """A click whose number is in its id and its time."""
    at = START + number
    return Click(event_id=f"click-{number}", occurred_at=at, received_at=at, visitor_id=f"v{number % 50}")


class Faltering:
    """A store in which something fails: inserts don't arrive, or arrive and aren't acknowledged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.database = store.database
        self.refuses: set[str] = set()
        self.forgets_to_answer: set[str] = set()
        self.tokens: list[str] = []

    def query(self, sql: str, parameters: Any = None) -> list[Row]:
        return self._store.query(sql, parameters)

    def command(self, sql: str) -> None:
        self._store.command(sql)

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        if table in self.refuses:
            raise Unavailable(f"{table} refuses")
        self._store.insert(table, columns, data, fmt, token)
        self.tokens.append(token)
        if table in self.forgets_to_answer:
            raise Unavailable(f"{table} doesn't answer")

    def close(self) -> None:
        self._store.close()


@dataclass
class Shore:
    """A deployment of its own on a running broker, all topics created, with the store that it lands in."""

    config: LandingConfig
    partitions: int
    store: Store

    def name(self, topic: Topic) -> str:
        return topic.named(self.config.prefix)

    def send(self, topic: Topic, *records: Record | bytes | None, partition: int = 0, key: str = "k") -> None:
        """Publish records, or raw values, into a partition."""
        producer = Producer({**self.config.kafka, "compression.type": "lz4"})
        for record in records:
            value = CODEC.encode(record) if isinstance(record, Record) else record
            producer.produce(self.name(topic), key=key, value=value, partition=partition)
        assert producer.flush(PATIENCE) == 0

    def read(self, name: str) -> list[bytes]:
        """Committed values in partition 0 of a topic."""
        return [message.value() or b"" for message in self.messages(name)]

    def messages(self, name: str) -> list[Message]:
        """Committed records in partition 0 of a topic."""
        settings = self.config.consumer({"group.id": "test", "enable.partition.eof": True})
        consumer = Consumer(settings)
        consumer.assign([TopicPartition(name, 0, 0)])
        found: list[Message] = []
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for message in consumer.consume(1_000, 0.05):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    consumer.close()
                    return found
        raise AssertionError(f"the end of {name} was not reached")

    @contextmanager
    def landing(self, store: Store | None = None, instance: str = "0") -> Iterator[Lander]:
        """A lander at work while the block runs."""
        lander = Lander(replace(self.config, instance=instance), CODEC, store or self.store)
        stop = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                lander.run(stop)
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield lander
        finally:
            stop.set()
            thread.join(PATIENCE)
        if failures:
            raise failures[0]
        assert not thread.is_alive()

    def landed(self, table: str = "raw_clickstream") -> tuple[int, int]:
        """Rows, and distinct places that they come from."""
        places = "uniqExact(_topic, _topic_id, _partition, _offset)"
        row = self.store.query(f"SELECT count() AS rows, {places} AS places FROM {table}")[0]
        return row["rows"], row["places"]

    def wait_for(self, count: int, table: str = "raw_clickstream") -> None:
        """Until so many rows are there, or more."""
        eventually(lambda: self.landed(table)[0] >= count, PATIENCE)

    def wait_until_recorded(self, lander: Lander, topic: Topic, offset: int, partition: int = 0) -> None:
        """Until all before an offset is landed and recorded."""
        place = f"{self.name(topic)}-{partition}"
        eventually(lambda: lander.landed_to().get(place, 0) >= offset, PATIENCE)


def shore(
    store: Store, bootstrap: str, prefix: str, partitions: int, embedded: bool, **settings: Any
) -> Shore:
    """Create the topics."""
    kafka = {"bootstrap.servers": bootstrap}
    config = LandingConfig(
        kafka=kafka,
        prefix=prefix,
        deployment=prefix,
        aborted_visible=embedded,
        replication=1,
        **{"linger": 50, "retry_after": 50, "session_timeout": 2_000 if embedded else 6_000, **settings},
    )
    new = [NewTopic(topic.named(prefix), partitions, 1) for topic in topics.TOPICS]
    admin = AdminClient(dict(kafka))
    for future in admin.create_topics(new).values():
        future.result(PATIENCE)
    return Shore(config, partitions, store)
