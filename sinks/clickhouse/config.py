"""What landing needs to know about where it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from schemas.access import ANSWER_WITHIN
from schemas.looking import LOOK_BYTES
from schemas.topics import Topic
from schemas.words import Millis

QUEUED_BYTES = 32 << 20
"""So much is fetched before it is asked for; what came with the last answer may go beyond it."""

FETCHED_BYTES = 8 << 20
"""One answer of a broker is not longer, but for a record that is."""

Settings: TypeAlias = dict[str, str | int | bool]
"""Settings of librdkafka."""


def nothing(point: str) -> None:
    """Reaching a point does nothing."""


@dataclass(frozen=True, slots=True)
class LandingConfig:
    """Where landing runs and how often it does what. Times in milliseconds.

    ``kafka``: librdkafka settings for reaching the broker; may hold secrets: no repr.
    ``instance``: tells several landing processes of one deployment apart; none may share it.
    ``linger``: how long rows wait for others at most; ``batch_rows``, ``batch_bytes``: a range is closed
    earlier when it has grown to these. ``buffer_bytes``: of all partitions together; above, reading stops.
    ``doubt_after``: an insert that begins so long after its claim looks first for rows of somebody else.
    ``quiet_claim_every``: how often a range of control records only is claimed.
    ``aborted_visible``: the broker shows aborted records to read_committed readers (the embedded one does).
    ``reached``: told of each step, so that tests can end the process there.
    """

    kafka: Mapping[str, str | int] = field(repr=False)
    prefix: str = "cx"
    deployment: str = "cx"
    instance: str = "0"
    linger: Millis = 1_000
    batch_rows: int = 50_000
    batch_bytes: int = 32 << 20
    buffer_bytes: int = 128 << 20
    quiet_claim_every: Millis = 60_000
    retry_after: Millis = 500
    retry_at_most: Millis = 30_000
    transaction_timeout: Millis = 10_000
    session_timeout: Millis = 6_000
    doubt_after: Millis = 30_000
    inserters: int = 2
    fetch_size: int = 10_000
    replication: int | None = None
    aborted_visible: bool = False
    reached: Callable[[str], None] = nothing

    def named(self, topic: Topic) -> str:
        """The name of a topic: inputs are shared with other deployments, all else belongs to this one."""
        return topic.named_for(self.prefix, self.deployment)

    def internal(self, *parts: str) -> str:
        """The name of a group, topic or transactional id that belongs to this deployment alone."""
        return ".".join(("heedful", self.deployment, *parts))

    @property
    def claims(self) -> str:
        """The compacted topic of claims."""
        return self.internal("landings")

    @property
    def memory_bound(self) -> int:
        """Bytes that records on their way may take up at most, but for partitions that ClickHouse refuses.

        Fetched (of one broker; others answer as much); read and not claimed, and what one look gives beyond
        that; claimed and not landed, and what one claim goes beyond that, as it was read and as it is sent.
        """
        fetched = QUEUED_BYTES + FETCHED_BYTES
        read = self.buffer_bytes + LOOK_BYTES + fetched
        return fetched + read + 2 * (self.buffer_bytes + self.batch_bytes)

    def consumer(self, settings: Settings) -> Settings:
        """librdkafka settings of a consumer that commits nothing by itself and skips nothing silently."""
        return {
            "socket.timeout.ms": ANSWER_WITHIN,
            **self.kafka,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 250,
            "fetch.queue.backoff.ms": 5,
            "queued.max.messages.kbytes": QUEUED_BYTES >> 10,
            "fetch.max.bytes": FETCHED_BYTES,
            **settings,
        }

    def producer(self) -> Settings:
        """librdkafka settings of the one transactional producer."""
        return {
            **self.kafka,
            "transactional.id": self.internal("landing", self.instance),
            "transaction.timeout.ms": self.transaction_timeout,
            "socket.timeout.ms": min(ANSWER_WITHIN, self.transaction_timeout),
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 0,
        }
