"""One transactional producer per task: outputs, changelog and input offsets become visible together."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from schemas.access import ANSWER_WITHIN
from schemas.codec import OWN_BYTES
from schemas.hanging import HANGS_AFTER
from schemas.words import Millis
from streams.kernel.config import KernelConfig

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that one call to the transaction coordinator may take."""

GATHERED_FOR: Millis = 50
"""So long records wait for others of their partition; a commit sends at once what still waits. Outputs come
about one by one: sent every few milliseconds they cost the broker half as much again.
"""

ABORT_PATIENCE = 2.0
"""Seconds for an abort; one that was fenced never gets its answer."""


class Transaction:
    """The transactions of one task, one after the other.

    Initialising ends a predecessor's dangling transaction at once, and fences it: whatever it does from then
    on is refused by the broker. After any KafkaException this object is of no more use; ``abort`` it.
    """

    def __init__(self, config: KernelConfig, transactional_id: str) -> None:
        self._producer = config.make_producer(
            config.producer(
                {
                    "transactional.id": transactional_id,
                    "transaction.timeout.ms": config.transaction_timeout,
                    "socket.timeout.ms": min(ANSWER_WITHIN, config.transaction_timeout),
                    "message.max.bytes": OWN_BYTES,
                    "linger.ms": GATHERED_FOR,
                }
            )
        )
        self._sending_since: float | None = None
        self._reached = config.reached
        self._producer.init_transactions(PATIENCE)
        self._reached("restore.initialised")
        self.open = False

    def produce(self, topic: str, key: bytes, value: bytes | None, partition: int = -1) -> None:
        """Add a record; begins the transaction if none is open. Without a partition the key decides."""
        if not self.open:
            self._producer.begin_transaction()
            self.open = True
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, partition=partition)
                return
            except BufferError:
                self._producer.poll(0.05)

    def commit(self, positions: Mapping[tuple[str, int], int], membership: Any) -> None:
        """Commit, with the next offset of every input and the group's metadata: a zombie is refused."""
        offsets = [TopicPartition(topic, partition, at) for (topic, partition), at in positions.items()]
        self._sending_since = time.monotonic()
        try:
            self._producer.send_offsets_to_transaction(offsets, membership, PATIENCE)
        finally:
            self._sending_since = None
        self._reached("commit.offsets")
        self._commit()
        self._reached("commit.done")
        self.open = False

    @property
    def hangs(self) -> bool:
        """Whether a commit is under way that the client will never come back from. Any thread may ask."""
        since = self._sending_since
        return since is not None and time.monotonic() - since > HANGS_AFTER

    def sweep(self, topic: str, key: bytes, value: bytes, partition: int) -> None:
        """One record, written and aborted at once.

        The embedded broker keeps a committed transaction pending while an older one that overlaps with it is
        open, and looks at it again only when another one that overlaps with it ends: this one.
        """
        self.produce(topic, key, value, partition)
        self._producer.flush(PATIENCE)
        self._producer.abort_transaction(PATIENCE)
        self.open = False

    def abort(self) -> None:
        """Give up what is open. What can't be aborted from here is ended by who initialises the id next.

        The producer is dropped, not closed: closing one that was fenced waits for ever.
        """
        if self.open:
            self.open = False
            self._attempt_abort()
        self._producer.purge()

    def close(self) -> None:
        """End the producer. Nothing may be open."""
        self._producer.close()

    def _commit(self) -> None:
        try:
            self._producer.commit_transaction(PATIENCE)
        except KafkaException as failure:
            if not _retriable(failure):
                raise
            self._producer.commit_transaction(PATIENCE)

    def _attempt_abort(self) -> None:
        try:
            self._producer.abort_transaction(ABORT_PATIENCE)
        except KafkaException as failure:
            log.info("a producer ends without its transaction: %s", failure)


def _retriable(failure: KafkaException) -> bool:
    error: Any = failure.args[0]
    return bool(error.retriable())
