"""The one transactional producer of a landing process: claims, letters and offsets in one transaction."""

import logging
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.codec import Codec
from schemas.hanging import HANGS_AFTER, never_longer
from schemas.topics import DEAD_LETTERS
from sinks.clickhouse.blocks import Cut
from sinks.clickhouse.claims import encode
from sinks.clickhouse.config import LandingConfig
from sinks.errors import Unavailable

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that one call to the transaction coordinator may take."""

ABORT_PATIENCE = 2.0
"""Seconds for an abort; one that was fenced never gets its answer."""


class Ledger:
    """Where claims are written. After a KafkaException it is of no more use: ``close`` it."""

    def __init__(self, config: LandingConfig, codec: Codec) -> None:
        """Ends and fences what an instance of the same name left behind."""
        self._config = config
        self._codec = codec
        self._failed = False
        self._producer = Producer(config.producer())
        self._producer.init_transactions(PATIENCE)

    def commit(self, cuts: Sequence[Cut], consumer: Consumer) -> None:
        """Claim these ranges; everything before them is landed. A zombie of the group is refused."""
        reached = self._config.reached
        reached("claim.begin")
        self._producer.begin_transaction()
        try:
            self._write(cuts)
            reached("claim.written")
            offsets = [TopicPartition(c.claim.topic, c.claim.partition, c.claim.start) for c in cuts]
            membership = consumer.consumer_group_metadata()
            with never_longer(HANGS_AFTER):
                self._producer.send_offsets_to_transaction(offsets, membership, PATIENCE)
            reached("claim.offsets")
            self._commit()
            reached("claim.done")
        except BaseException:
            self._failed = True
            self._abort()
            raise

    def close(self) -> None:
        """End the producer. One that failed is dropped: closing a producer that was fenced waits for ever."""
        if self._failed:
            self._producer.purge()
        else:
            self._producer.close()

    def _write(self, cuts: Sequence[Cut]) -> None:
        letters = self._config.named(DEAD_LETTERS)
        for cut in cuts:
            self._produce(self._config.claims, cut.claim.key, encode(cut.claim))
            for letter in cut.letters:
                key = f"{letter.topic}/{letter.partition}/{letter.offset}".encode()
                self._produce(letters, key, self._codec.encode(letter))

    def _produce(self, topic: str, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(topic, value=value, key=key)
                return
            except BufferError:
                self._producer.poll(0.05)

    def _commit(self) -> None:
        try:
            self._producer.commit_transaction(PATIENCE)
        except KafkaException as failure:
            if not failure.args[0].retriable():
                raise
            self._producer.commit_transaction(PATIENCE)

    def _abort(self) -> None:
        try:
            self._producer.abort_transaction(ABORT_PATIENCE)
        except KafkaException as failure:
            # Fenced or unreachable: whoever initialises this id next ends the transaction.
            log.info("landing: a claim ends without its transaction: %s", failure)


def create_claims(config: LandingConfig) -> None:
    """Create the topic of claims, unless it is there."""
    admin = AdminClient(dict(config.kafka))
    try:
        if config.claims in admin.list_topics(timeout=PATIENCE).topics:
            return
        new = NewTopic(
            config.claims,
            num_partitions=1,
            replication_factor=config.replication or -1,
            config={"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "segment.ms": "600000"},
        )
        admin.create_topics([new])[config.claims].result(PATIENCE)
    except KafkaException as failure:
        if failure.args[0].name() != "TOPIC_ALREADY_EXISTS":
            raise Unavailable(f"The topic {config.claims} can't be created: {failure}") from failure
