"""Keeps in memory what the live page shows of this moment: facts, profiles, signals and decisions, followed.

Every edges process reads all of it for itself, so it has no group and commits nothing. It begins no further
back than the carts at risk need, where the broker can find a moment; else at the beginning.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client.metrics_core import Metric

from schemas.codec import Codec
from schemas.control import Clock as TaskClock
from schemas.errors import BadRecord
from schemas.facts import Fact
from schemas.outputs import ProfileState
from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, DECISIONS, FACTS, PROFILES, Topic
from schemas.words import Millis, Record
from streams.clock import Clock
from streams.edges.happened import Happened
from streams.edges.queue import BATCH, FETCHING, PATIENCE, TURN, partitions_of
from streams.edges.risk import AtRisk
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig, Settings
from streams.threaded import Status

FOLLOWED = (FACTS, PROFILES, ABANDONMENT_SIGNALS, CONTACT_SIGNALS, DECISIONS)

KERNELS = ("visits", "care")

FORGETS_EVERY = 10.0
"""Seconds between two looks for what can be forgotten."""


class TaskClocks:
    """How far each task of each kernel has come, as it says in cx.facts, and when it last said so."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._heard: dict[str, float] = dict.fromkeys(KERNELS, self._began)
        self._clocks: dict[str, dict[int, Millis]] = {}

    def take(self, said: TaskClock) -> None:
        """A task's clock; what an earlier owner of the task said doesn't set it back."""
        tasks = self._clocks.setdefault(said.kernel, {})
        tasks[said.task] = max(said.clock, tasks.get(said.task, 0))
        self._heard[said.kernel] = time.monotonic()

    def least(self, kernel: str) -> Millis:
        """The clock that all tasks heard of have reached; 0: none was."""
        return min(self._clocks.get(kernel, {}).values(), default=0)

    def silent(self) -> dict[str, float]:
        """Seconds since each kernel was heard of."""
        now = time.monotonic()
        return {kernel: now - heard for kernel, heard in self._heard.items()}


class Feed:
    """A loop for a thread of its own; any thread may look at ``at_risk`` and ``happened``."""

    def __init__(
        self,
        config: KernelConfig,
        codec: Codec,
        clock: Clock,
        at_risk: AtRisk,
        happened: Happened,
        *,
        dated: bool,
    ) -> None:
        """Connects to nothing yet. ``dated``: record timestamps are of this clock and can be looked up."""
        self.at_risk = at_risk
        self.happened = happened
        self._config = config
        self._codec = codec
        self._clock = clock
        self._dated = dated
        self._names = {config.named(topic): topic for topic in FOLLOWED}
        self._unread: set[tuple[str, int]] | None = None
        self._clocks = TaskClocks()
        self._bad = 0

    @property
    def caught_up(self) -> bool:
        """Whether it has read to the end of every partition once."""
        return self._unread == set()

    @property
    def reached(self) -> Millis:
        """How far care has come: a cart that is due before it was signalled, or will never be."""
        return self._clocks.least("care") or self._clock.now() - self.at_risk.lateness

    def silent(self) -> dict[str, float]:
        """Seconds since each kernel was last heard of: they write their clocks, come what may."""
        return self._clocks.silent()

    def behind(self) -> dict[str, Millis]:
        """How far each kernel is behind the time of people; of whom it isn't known yet, nothing."""
        now, known = self._clock.now(), KERNELS if self.caught_up else ()
        return {kernel: now - at for kernel in known if (at := self._clocks.least(kernel))}

    def run(self, stop: threading.Event) -> None:
        """Follow the topics until ``stop`` is set. Raises Unavailable."""
        with self._consumer() as consumer:
            begins = self._begins(consumer)
            self._unread = {(begin.topic, begin.partition) for begin in begins}
            consumer.assign(begins)
            tidied = time.monotonic()
            while not stop.is_set():
                for message in consumer.consume(BATCH, TURN):
                    self._take(message)
                if time.monotonic() - tidied > FORGETS_EVERY:
                    self.at_risk.forget(self.reached)
                    tidied = time.monotonic()

    def why_not_ready(self) -> str | None:
        """What it has still to read before it knows this moment; None: nothing."""
        return None if self.caught_up else "facts and signals are not read to their ends yet"

    def collect(self) -> Iterable[Metric]:
        """Its status says it all."""
        return ()

    def status(self) -> Status:
        """How much is kept, and whether it is all."""
        return {
            "carts": len(self.at_risk),
            "happened": len(self.happened),
            "caught_up": self.caught_up,
            "left_out": self.at_risk.left_out,
            "silent_s": {kernel: round(seconds, 1) for kernel, seconds in self.silent().items()},
            "bad": self._bad,
        }

    def _take(self, message: Message) -> None:
        trouble = message.error()
        if trouble is None:
            self._keep(message, self._names[message.topic() or ""])
        elif trouble.code() == KafkaError._PARTITION_EOF:
            assert self._unread is not None
            self._unread.discard((message.topic() or "", message.partition() or 0))
        else:
            raise Unavailable(f"{message.topic()} can't be read: {trouble}")

    def _keep(self, message: Message, topic: Topic) -> None:
        """A record that can't be read is only counted: landing dead-letters it."""
        value = message.value()
        try:
            record = None if value is None else self._codec.decode(value, topic)
        except BadRecord:
            self._bad += 1
            return
        self._show(topic, message, record)

    def _show(self, topic: Topic, message: Message, record: Record | None) -> None:
        if topic is FACTS:
            if isinstance(record, Fact):
                self.at_risk.tell(record)
            elif isinstance(record, TaskClock):
                self._clocks.take(record)
        elif topic is PROFILES:
            assert record is None or isinstance(record, ProfileState)
            key: Any = message.key() or b""
            self.at_risk.profile(key, record)
        elif record is not None:
            self.happened.take(record)

    def _begins(self, consumer: Consumer) -> list[TopicPartition]:
        """Where to begin: behind the first record that is young enough."""
        everywhere = [
            TopicPartition(name, partition, OFFSET_BEGINNING)
            for name in self._names
            for partition in partitions_of(consumer, name)
        ]
        if not self._dated:
            return everywhere
        moment = self._clock.now() - self.at_risk.reach
        dated = [TopicPartition(at.topic, at.partition, moment) for at in everywhere]
        try:
            return list(consumer.offsets_for_times(dated, PATIENCE))
        except KafkaException as error:
            raise Unavailable(f"offsets can't be looked up: {error.args[0].str()}") from error

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        settings: Settings = {
            "group.id": self._config.internal("live"),
            "enable.partition.eof": True,
            **FETCHING,
        }
        consumer = Consumer(self._config.consumer("read_committed", settings))
        try:
            yield consumer
        finally:
            consumer.close()
