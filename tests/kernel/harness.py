"""Kernels in threads on a real broker, for tests."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas import topics
from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import Topic
from schemas.words import Record
from streams.clock import WallClock
from streams.kernel.config import KernelConfig, Settings
from streams.kernel.loop import Kernel
from streams.kernel.processor import Processor

PATIENCE = 150.0
"""Seconds; far more than anything takes on a machine that isn't busy with something else."""
UNCOORDINATED = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
"""What a broker says while it makes up its mind who coordinates a group."""
CODEC = Codec(FileRegistry())


@dataclass
class Bench:
    """A deployment of its own on a running broker."""

    config: KernelConfig
    partitions: int
    _: KW_ONLY
    moment: int = 0
    """How far a test has let time go on."""
    copies: int = 1

    @cached_property
    def producer(self) -> Producer:
        """Plain, without transactions."""
        return Producer(self.config.producer())

    def create(self, *names: str, **settings: str) -> None:
        """Create topics with this bench's partitions. ``settings``: Kafka's, with underscores for dots."""
        chosen = {name.replace("_", "."): value for name, value in settings.items()}
        admin = AdminClient({"bootstrap.servers": self.config.kafka["bootstrap.servers"]})
        new = [NewTopic(name, self.partitions, self.copies, config=chosen) for name in names]
        for future in admin.create_topics(new).values():
            future.result(PATIENCE)

    def send(self, topic: Topic, *records: Record, partition: int | None = None) -> None:
        """Publish records, each under its key, or all into one partition."""
        for record in records:
            self.queue(topic, record, partition)
        self.flush()

    def queue(
        self,
        topic: Topic,
        record: Record,
        partition: int | None = None,
        noted: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:
        """Publish a record some time before the next flush. ``noted``: told where it came to stand."""
        self.producer.produce(
            self.config.named(topic),
            key=_key(topic, record),
            value=CODEC.encode(record),
            partition=-1 if partition is None else partition,
            on_delivery=noted,
        )

    def flush(self) -> None:
        """Wait until the broker has everything."""
        assert self.producer.flush(PATIENCE) == 0

    def read(self, topic: Topic, isolation: str = "read_committed") -> list[Any]:
        """Every event now in a topic, control records left out."""
        return [r for r in self.records(self.config.named(topic), isolation) if _is_event(r)]

    def records(self, name: str, isolation: str = "read_committed") -> list[Any]:
        """Every record now in a topic, decoded."""
        return [CODEC.decode(value) for _, value in self.raw(name, isolation) if value is not None]

    def raw(self, name: str, isolation: str = "read_committed") -> list[tuple[bytes | None, bytes | None]]:
        """Key and value of every record now in a topic."""
        return [(message.key(), message.value()) for message in self.messages(name, isolation)]

    def ends(self, name: str) -> dict[int, int]:
        """By partition that holds any, the offset behind its last committed record."""
        return {at(m.partition()): at(m.offset()) + 1 for m in self.messages(name, "read_committed")}

    def messages(self, name: str, isolation: str) -> list[Message]:
        """Every record now in a topic, each partition in its order."""
        settings: Settings = {"group.id": "test", "enable.partition.eof": True}
        consumer = Consumer(self.config.consumer(isolation, settings))
        consumer.assign([TopicPartition(name, p, 0) for p in range(self.partitions)])
        found: list[Message] = []
        ended: set[int | None] = set()
        until = time.monotonic() + PATIENCE
        while len(ended) < self.partitions:
            assert time.monotonic() < until, f"the end of {name} was not reached"
            for message in consumer.consume(1_000, 0.1):
                error = message.error()
                if error is None:
                    found.append(message)
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    ended.add(message.partition())
        consumer.close()
        return found

    def committed(self, group: str, name: str) -> dict[int, int]:
        """By partition that has one, the offset that a group has committed. Waits for its coordinator."""
        asked, end = [TopicPartition(name, p) for p in range(self.partitions)], time.monotonic() + PATIENCE
        while True:
            with closing(Consumer(self.config.consumer("read_committed", {"group.id": group}))) as consumer:
                try:
                    found = consumer.committed(asked, timeout=PATIENCE)
                    return {at.partition: at.offset for at in found if at.offset >= 0}
                except KafkaException as failure:
                    if failure.args[0].code() not in UNCOORDINATED or time.monotonic() > end:
                        raise

    def kernel(self, processor: Processor[Any], announces: Topic | None = None) -> Kernel:
        """A kernel that isn't running yet."""
        return Kernel(processor, self.config, CODEC, WallClock(), announces)

    @contextmanager
    def running(self, processor: Processor[Any], announces: Topic | None = None) -> Iterator[Kernel]:
        """A kernel at work while the block runs; it ends with a commit."""
        kernel = self.kernel(processor, announces)
        with self.working(kernel):
            yield kernel

    @contextmanager
    def working(self, kernel: Kernel) -> Iterator[None]:
        """The same, with a kernel of one's own."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                kernel.run(stop)
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()
        if failures:
            raise failures[0]


def bench(
    bootstrap: str, prefix: str, partitions: int, embedded: bool, changelog: bool = True, **settings: Any
) -> Bench:
    """A bench with all topics, and the changelog of the test processor."""
    config = KernelConfig(
        kafka={"bootstrap.servers": bootstrap},
        prefix=prefix,
        aborted_visible=embedded,
        deployment=prefix,
        **{"lateness": 0, "heartbeats": False, "session_timeout": 2_000, **settings},
    )
    made = Bench(config, partitions)
    made.create(*(topic.named(prefix) for topic in topics.TOPICS))
    if changelog:
        made.create(config.internal("noting", "changelog"))
    return made


MakeBench: TypeAlias = Callable[..., Bench]
"""Called with the number of partitions, and settings of the kernel."""


def until(condition: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Wait for a condition of another thread or process; fail with ``what`` if it does not come true."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"waited {within:.0f} s in vain: {what}"
        threading.Event().wait(0.02)


def at(place: int | None) -> int:
    """An offset or partition that a consumed record surely has."""
    assert place is not None
    return place


def _key(topic: Topic, record: Any) -> str | None:
    identity = getattr(record, f"{topic.key}_id", None)
    return None if identity is None else topics.key(record.shop_id, identity)


def _is_event(record: Record) -> bool:
    return type(record) not in topics.CONTROL.values()
