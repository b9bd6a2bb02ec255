"""Keeps who waits in memory: the compacted topic of contacts, read from its beginning and then followed.

Every edges process has the whole of it, so it has no group and commits nothing.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client.metrics_core import Metric

from schemas.codec import Codec
from schemas.errors import BadRecord
from schemas.outputs import ContactState
from schemas.topics import CONTACTS
from schemas.words import Millis
from streams.clock import Clock
from streams.edges.waiting import Asked, Waiting
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig, Settings
from streams.threaded import Status

PATIENCE = 15.0
"""Seconds within which a broker has to say which partitions there are."""

BATCH = 500
TURN = 0.2
"""Seconds after which a silent topic lets go, to see whether to stop."""

FETCHING: Settings = {"fetch.wait.max.ms": 200, "queued.max.messages.kbytes": 16_384}
"""People look at the queue: nobody is in a hurry of milliseconds, and memory is for contacts."""


class Queue:
    """A loop for a thread of its own; any thread may ask."""

    def __init__(
        self, config: KernelConfig, codec: Codec, clock: Clock, waiting: Waiting | None = None
    ) -> None:
        """Connects to nothing yet. ``clock``: by which it is told how long somebody waits."""
        self._config = config
        self._codec = codec
        self._clock = clock
        self._waiting = Waiting() if waiting is None else waiting
        self._unread: set[int] | None = None
        self._bad = 0

    @property
    def caught_up(self) -> bool:
        """Whether it has read to the end of every partition once, and so knows everyone who waits."""
        return self._unread == set()

    def run(self, stop: threading.Event) -> None:
        """Follow the topic until ``stop`` is set. Raises Unavailable."""
        with self._consumer() as consumer:
            name = self._config.named(CONTACTS)
            partitions = partitions_of(consumer, name)
            consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in partitions])
            self._unread = set(partitions)
            while not stop.is_set():
                for message in consumer.consume(BATCH, TURN):
                    self._take(message)

    def status(self) -> Status:
        """How many wait, and whether that is all."""
        return {
            "waiting": len(self._waiting),
            "caught_up": self.caught_up,
            "left_out": self._waiting.left_out,
            "bad": self._bad,
        }

    def why_not_ready(self) -> str | None:
        """What it has still to do before it knows everyone who waits; None: it does."""
        return None if self.caught_up else "the topic of contacts is not read to its end yet"

    def collect(self) -> Iterable[Metric]:
        """Its status says it all."""
        return ()

    def counts(self, within: Millis) -> dict[str, int]:
        """How many wait, and how many are or soon will be late. ``within``: what soon is."""
        now = self._clock.now()
        return self._waiting.counts(now, now + within)

    def next_due(self, limit: int) -> list[dict[str, Any]]:
        """Who is due next, as JSON."""
        return self._waiting.next_due(limit, self._clock.now())

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Who waits, as JSON."""
        return {"caught_up": self.caught_up, **self._waiting.answer(asked, self._clock.now())}

    def _take(self, message: Message) -> None:
        trouble = message.error()
        if trouble is None:
            self._keep(message)
        elif trouble.code() == KafkaError._PARTITION_EOF:
            assert self._unread is not None
            self._unread.discard(message.partition() or 0)
        else:
            raise Unavailable(f"{message.topic()} can't be read: {trouble}")

    def _keep(self, message: Message) -> None:
        """A record that can't be read is only counted: landing dead-letters it."""
        key, value = message.key(), message.value()
        try:
            state = None if value is None else self._codec.decode(value, CONTACTS)
        except BadRecord:
            self._bad += 1
            return
        self._waiting.take(_bytes(key), cast(ContactState | None, state))

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        settings: Settings = {
            "group.id": self._config.internal("queue"),
            "enable.partition.eof": True,
            **FETCHING,
        }
        consumer = Consumer(self._config.consumer("read_committed", settings))
        try:
            yield consumer
        finally:
            consumer.close()


def partitions_of(consumer: Consumer, name: str) -> list[int]:
    """The partitions of a topic. Raises Unavailable if there is none."""
    try:
        found = consumer.list_topics(name, timeout=PATIENCE).topics[name]
    except KafkaException as error:
        raise Unavailable(f"the partitions of {name} can't be read: {error.args[0].str()}") from error
    if found.error is not None or not found.partitions:
        raise Unavailable(f"there is no topic {name}; `heedful topics create` creates it")
    return list(found.partitions)


def _bytes(key: str | bytes | None) -> bytes:
    return key.encode() if isinstance(key, str) else key or b""
