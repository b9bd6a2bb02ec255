"""What a kernel needs to know about where it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from confluent_kafka import Consumer, Producer

from schemas.access import ANSWER_WITHIN
from schemas.topics import Topic
from schemas.words import Millis
from streams.failpoints import Reached, nothing

KIB, MIB = 2**10, 2**20

Settings: TypeAlias = dict[str, str | int | bool]
"""Settings of librdkafka."""

FETCH_BYTES = 8 * MIB
"""One answer of a broker is not longer, but for a record that is."""

GATHERED: Settings = {"fetch.min.bytes": 64 * KIB}
"""Of a consumer most of whose records mean nothing: the broker gathers them, though never for long, and so
answers fifty times a second and not for every record.
"""

PRODUCED_BYTES = 32 * MIB
"""So much that a task has written waits for the broker; what is more waits to be written."""

NEW_PARTITIONS_WITHIN: Millis = 60_000
"""A consumer notices that partitions were added; until then it would read nothing of them."""

HEARTBEAT_AT_MOST: Millis = 3_000
"""Between two words to the group's coordinator, which are answered with what the group is about to do."""


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """Where a kernel runs and how often it does what. Times in milliseconds.

    ``kafka``: librdkafka settings for reaching the broker (servers, security); may hold secrets: no repr.
    ``aborted_visible``: the broker shows aborted records to read_committed readers (the embedded one does).
    ``instance``: names this worker among those of its deployment; none may share it. Stopped and started anew
    within ``session_timeout``, it takes its tasks back, and no other worker is disturbed. Without it, whoever
    stops hands its tasks to the others at once.
    ``heartbeats``: exactly one deployment per topic writes them into silent inputs.
    ``stuck_after``: clocks move every second at least; a task that doesn't get on for so long is stuck.
    ``waiting_limit``: bytes of records of one task that wait because another input holds its clock back;
    ``queue_limit``: of all records of a worker that were fetched and not processed.
    ``standbys``: how many other workers follow each task's changelog, so as to take over quickly.
    ``reached``: told of each step, so that tests can end the process there.
    ``make_producer``, ``make_consumer``: the clients of the broker; tests put a simulated log there.
    """

    kafka: Mapping[str, str | int] = field(repr=False)
    prefix: str = "cx"
    deployment: str = "cx"
    instance: str | None = None
    lateness: Millis = 10_000
    future_tolerance: Millis = 300_000
    commit_every: Millis = 100
    idle_commit_every: Millis = 30_000
    clock_every: Millis = 250
    heartbeat_after: Millis = 250
    transaction_timeout: Millis = 10_000
    session_timeout: Millis = 6_000
    fetch_size: int = 10_000
    waiting_limit: int = 4 * MIB
    queue_limit: int = 32 * MIB
    poll_wait: Millis = 10
    aborted_visible: bool = False
    heartbeats: bool = True
    stuck_after: Millis = 60_000
    standbys: int = 0
    reached: Reached = nothing
    make_producer: Callable[[Settings], Producer] = Producer
    make_consumer: Callable[[Settings], Consumer] = Consumer

    @property
    def feeds_inputs(self) -> bool:
        """Whether it may write into topics that it shares. One that only looks on leaves it to the other."""
        return self.heartbeats or self.deployment == self.prefix

    def named(self, topic: Topic) -> str:
        """The name of a topic: inputs are shared with other deployments, all else belongs to this one."""
        return topic.named_for(self.prefix, self.deployment)

    def internal(self, *parts: str) -> str:
        """The name of a group, topic or transactional id that belongs to this deployment alone."""
        return ".".join(("heedful", self.deployment, *parts))

    def consumer(self, isolation: str, settings: Settings) -> Settings:
        """librdkafka settings of a consumer that commits nothing by itself and notices the end quickly."""
        return {
            "socket.timeout.ms": ANSWER_WITHIN,
            "topic.metadata.refresh.interval.ms": NEW_PARTITIONS_WITHIN,
            **self.kafka,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
            "fetch.queue.backoff.ms": 5,
            "queued.max.messages.kbytes": max(1, self.queue_limit // KIB),
            "fetch.max.bytes": FETCH_BYTES,
            **settings,
        }

    def membership(self, kernel: str) -> Settings:
        """librdkafka settings of a consumer that is a member of the kernel's group."""
        static: Settings = {"group.instance.id": self.instance} if self.instance else {}
        return {
            "group.id": self.internal(kernel),
            "partition.assignment.strategy": "range",
            "session.timeout.ms": self.session_timeout,
            "heartbeat.interval.ms": min(self.session_timeout // 4, HEARTBEAT_AT_MOST),
            **static,
        }

    def producer(self, settings: Settings | None = None) -> Settings:
        """librdkafka settings of an idempotent producer whose keys land where Java's would."""
        return {
            "socket.timeout.ms": ANSWER_WITHIN,
            **self.kafka,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 2,
            "queue.buffering.max.kbytes": PRODUCED_BYTES // KIB,
            **(settings or {}),
        }
