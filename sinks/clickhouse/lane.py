"""One partition on its way into ClickHouse."""

import time
from dataclasses import dataclass, field
from typing import Literal

from confluent_kafka import Message

from schemas.words import Millis
from sinks.clickhouse.blocks import Cut, Source
from sinks.clickhouse.claims import Claim
from sinks.clickhouse.config import LandingConfig

RECORD_BYTES = 320
"""A record takes up so much more than its bytes, as the client's object and Python's (measured: 260)."""

Phase = Literal["idle", "taking over", "inserting", "recording", "halted"]
"""idle: nothing is claimed that isn't landed. Whatever is not idle is claimed and not yet acknowledged;
halted: it never will be without help."""


@dataclass(slots=True, eq=False)
class Lane:
    """What is known of a partition: what was read and not yet claimed, and the one open claim.

    ``written``: when the first record taken last was written.
    ``position``: next offset that no claim covers. ``quiet``: a range of control records, read and counted,
    which the next claim will cover. ``claimed_at``: before the claim was made, on the steady clock.
    """

    source: Source
    config: LandingConfig
    position: int | None = None
    messages: list[Message] = field(default_factory=list)
    bytes: int = 0
    since: float = 0.0
    quiet: Cut | None = None
    quiet_since: float = 0.0
    phase: Phase = "idle"
    claim: Claim | None = None
    cut: Cut | None = None
    claimed_at: float = 0.0
    attempts: int = 0
    retry_at: float = 0.0
    paused: bool = False
    written: Millis | None = None

    def add(self, run: list[Message]) -> None:
        """Take records that were read."""
        if not self.messages:
            self.since = time.monotonic()
        self.messages += run
        self.bytes += sum(len(message) + len(message.key() or b"") for message in run)

    @property
    def place(self) -> tuple[str, int]:
        """Topic and partition."""
        return self.source.name, self.source.partition

    @property
    def is_full(self) -> bool:
        """As much as one claim should cover."""
        return len(self.messages) >= self.config.batch_rows or self.bytes >= self.config.batch_bytes

    def is_due(self, now: float) -> bool:
        """There is something to claim, and it has waited long enough."""
        if self.phase != "idle" or not self.messages:
            return False
        return self.is_full or now - self.since >= self.config.linger / 1000

    @property
    def waiting(self) -> int:
        """Bytes of memory that hold what was read and isn't claimed."""
        return self.bytes + RECORD_BYTES * len(self.messages)

    @property
    def claimed_bytes(self) -> int:
        """Bytes that wait to be inserted."""
        return sum(len(insert.data) for insert in self.cut.inserts) if self.cut else 0

    def take(self) -> list[Message]:
        """What was read since the last time."""
        messages, self.messages, self.bytes = self.messages, [], 0
        self.written = messages[0].timestamp()[1] if messages else None
        return messages

    @property
    def start(self) -> int:
        """Where the next range begins. A partition that was never landed begins at its first record."""
        if self.position is not None:
            return self.position
        first = self.messages[0].offset()
        assert first is not None
        return first

    def hush(self, cut: Cut, now: float) -> None:
        """Remember a range of control records only."""
        if self.quiet is None:
            self.quiet_since = now
        self.quiet = cut
        self.position = cut.claim.last + 1

    def is_quiet_long_enough(self, now: float) -> bool:
        """It is time to claim even a range of control records only."""
        return self.quiet is not None and now - self.quiet_since >= self.config.quiet_claim_every / 1000

    def claimed(self, cut: Cut, now: float) -> None:
        """The claim is committed: from here on the range must be landed, by us or by a successor."""
        self.claim, self.cut, self.phase = cut.claim, cut, "inserting"
        self.claimed_at = now
        self.quiet = None
        self.position = cut.claim.last + 1

    def failed(self, now: float) -> float:
        """An attempt failed and may be repeated, from the log; returns the seconds until the next."""
        if self.cut is not None:
            self.cut = Cut(self.cut.claim)
        self.attempts += 1
        longest: Millis = self.config.retry_at_most
        wait: float = min(self.config.retry_after * 2 ** min(self.attempts - 1, 10), longest) / 1000
        self.retry_at = now + wait
        return wait

    def done(self) -> None:
        """The claim is landed and recorded."""
        self.cut, self.phase, self.attempts = None, "idle", 0

    @property
    def oldest(self) -> Millis | None:
        """When the first record that isn't landed was written; None: there is none, or it isn't known yet."""
        messages = self.messages
        if self.phase != "idle":
            return self.written
        return messages[0].timestamp()[1] if messages else None

    @property
    def landed_to(self) -> int | None:
        """Everything before this offset is landed or needs no landing."""
        if self.phase == "idle":
            return self.position
        return self.claim.start if self.claim else None
