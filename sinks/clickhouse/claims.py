"""Claims: which range of offsets is being landed, written down before it is inserted.

The last claim of a partition is all that a successor needs to know: it inserts that range again, under the
same tokens, and goes on behind it.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.words import Millis
from sinks.clickhouse.config import LandingConfig, Settings
from sinks.errors import Refused, Unavailable

At: TypeAlias = tuple[str, int]
"""A topic's name and a partition."""

PATIENCE = 60.0
"""Seconds without a single record after which reading up to an end gives up."""
FETCH = 10_000
POLL = 0.02


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A range of offsets of one partition, both ends included, and what became of its records.

    ``blocks``: rows by the id of the schema they were written with, in the order of ids.
    """

    topic: str
    topic_id: str
    partition: int
    start: int
    last: int
    blocks: tuple[tuple[int, int], ...]
    records: int
    control: int
    bad: int
    tombstones: int
    claimed_at: Millis

    @property
    def at(self) -> At:
        """Where the range lies."""
        return self.topic, self.partition

    @property
    def key(self) -> bytes:
        """The key of its record."""
        return f"{self.topic}-{self.partition}".encode()

    @property
    def rows(self) -> int:
        """Rows of all blocks."""
        return sum(rows for _, rows in self.blocks)

    def token(self, part: int | str) -> str:
        """Names a block of it for ClickHouse: the same rows always have the same token, others never."""
        return f"{self.topic_id}-{self.partition}-{self.start}-{self.last}-{part}"

    def same_records(self, other: "Claim") -> bool:
        """Whether both tell of the same records, whenever they were claimed."""
        return msgspec.structs.replace(other, claimed_at=self.claimed_at) == self


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Claim)


def encode(claim: Claim) -> bytes:
    """The value of a claim's record."""
    return _encoder.encode(claim)


def read_claims(config: LandingConfig) -> dict[At, list[Claim]]:
    """Every claim there is to read, by partition, oldest first."""
    found: dict[At, list[Claim]] = defaultdict(list)
    for message in read_up_to(config, config.claims, 0, OFFSET_BEGINNING, None):
        value = message.value()
        if value is not None:
            claim = _decoder.decode(value)
            found[claim.at].append(claim)
    return found


def last_claim(
    claims: Sequence[Claim], topic_id: str, committed: int | None, aborted_visible: bool
) -> Claim | None:
    """The claim that stands, or None if this topic was never landed.

    A claim and the committed offset are one transaction: the offset is where the claimed range begins.
    Raises Refused where they don't belong together.
    """
    of_topic = [claim for claim in claims if claim.topic_id == topic_id]
    if aborted_visible:
        of_topic = [claim for claim in of_topic if claim.start == committed]
    elif committed is None and of_topic:
        # Offsets of a group that has been away for long expire; the claim says as much as they did.
        committed = of_topic[-1].start
    if not of_topic and committed is None:
        return None
    if not of_topic or of_topic[-1].start != committed:
        raise Refused(
            f"Landing: the committed offset is {committed}, but the last claim is "
            f"{of_topic[-1] if of_topic else 'missing'}: offsets were reset, or the topic of claims was "
            "deleted. Going on would land rows twice or lose them. Put the offsets back, or land under "
            "another deployment name into another database."
        )
    return of_topic[-1]


def read_up_to(
    config: LandingConfig, topic: str, partition: int, start: int, last: int | None
) -> Iterator[Message]:
    """Committed records of a partition from ``start``, up to ``last`` or what is now the end."""
    settings: Settings = {"group.id": config.internal("landing", "reader"), "enable.partition.eof": True}
    consumer = Consumer(config.consumer(settings))
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        for message in _arriving(consumer, f"{topic}-{partition}"):
            offset: int = message.offset()  # type: ignore[assignment]
            if last is None or offset <= last:
                yield message
            if last is not None and offset >= last:
                return
    finally:
        consumer.close()


def _arriving(consumer: Consumer, place: str) -> Iterator[Message]:
    """Messages until the end of the partition. ``consume`` waits until it has as many as it was asked for."""
    heard = time.monotonic()
    while time.monotonic() - heard < PATIENCE:
        for message in consumer.consume(FETCH, POLL):
            heard = time.monotonic()
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                return
            else:
                raise KafkaException(error)
    raise Unavailable(f"The broker gave nothing of {place} for {PATIENCE:.0f} s.")


def rows_of_claims(claims: Sequence[Claim]) -> bytes:
    """Rows of the table ``landings``, as JSONEachRow."""
    return b"\n".join(_encoder.encode(_row(claim)) for claim in claims)


def _row(claim: Claim) -> Mapping[str, object]:
    plain: dict[str, object] = msgspec.structs.asdict(claim)
    blocks = [{"schema_id": schema_id, "rows": rows} for schema_id, rows in claim.blocks]
    return {**plain, "blocks": blocks, "rows": claim.rows, "claimed_at": claim.claimed_at / 1000}


LANDINGS_COLUMNS = (*Claim.__struct_fields__, "rows")
