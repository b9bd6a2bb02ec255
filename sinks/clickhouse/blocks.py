"""From a range of records to what is claimed of it and what is inserted for it.

The same records always give the same claim and the same inserts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from confluent_kafka import Message

from schemas.batches import Bad, Batch, Block
from schemas.codec import Codec
from schemas.ids import derive
from schemas.outputs import DeadLetter
from schemas.topics import DEAD_LETTERS, Topic
from schemas.words import Millis
from sinks.clickhouse.claims import Claim
from sinks.clickhouse.people import NOBODY, People, people
from sinks.clickhouse.tables import CONTROL, READ_BY_KERNELS, TOMBSTONES, table_of, withheld

TOMBSTONE_COLUMNS = ("key", "written_at", "_topic", "_topic_id", "_partition", "_offset")
KEY_LIMIT = 1_024
VALUE_LIMIT = 65_536
STAGE = "decode"
APPLICATION = "landing"


class Source(NamedTuple):
    """A partition that is landed."""

    topic: Topic
    name: str
    topic_id: str
    partition: int


class Insert(NamedTuple):
    """One block for ClickHouse."""

    table: str
    columns: tuple[str, ...]
    data: bytes
    fmt: str
    token: str
    offsets: list[int]


@dataclass(frozen=True, slots=True)
class Cut:
    """A range, closed: its claim and inserts, the dead letters that are left to landing, and who is in it."""

    claim: Claim
    inserts: list[Insert] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    people: People = NOBODY

    @property
    def is_quiet(self) -> bool:
        """Nothing but control records in it."""
        return self.claim.records == self.claim.control

    def after(self, quiet: "Cut | None") -> "Cut":
        """This range together with a quiet one that stands before it."""
        if quiet is None:
            return self
        claim = msgspec.structs.replace(
            self.claim,
            start=quiet.claim.start,
            records=quiet.claim.records + self.claim.records,
            control=quiet.claim.control + self.claim.control,
        )
        return self.under(claim)

    def under(self, claim: Claim) -> "Cut":
        """These records as a part of a claim."""
        inserts = [
            insert._replace(token=claim.token(insert.token.rpartition("-")[2])) for insert in self.inserts
        ]
        return Cut(claim, inserts, self.letters, self.people)


def cut(codec: Codec, source: Source, start: int, messages: Sequence[Message], now: Millis) -> Cut:
    """Close the range of these records, which follow each other. Raises RegistryUnavailable."""
    by_offset = {_offset(message): message for message in messages}
    batch = codec.decode_batch(source.topic, [(at, message.value()) for at, message in by_offset.items()])
    blocks = batch.blocks_from(source.name, source.topic_id, source.partition)
    events = sorted(
        (block for block in blocks if block.model not in CONTROL), key=lambda block: block.schema_id
    )
    claim = Claim(
        topic=source.name,
        topic_id=source.topic_id,
        partition=source.partition,
        start=start,
        last=max(by_offset),
        blocks=tuple((block.schema_id, len(block.offsets)) for block in events),
        records=len(by_offset),
        control=sum(len(block.offsets) for block in blocks if block.model in CONTROL),
        bad=len(batch.bad),
        tombstones=len(batch.tombstones),
        claimed_at=now,
    )
    inserts = [_insert(claim, source.topic, block) for block in events]
    if batch.tombstones:
        inserts.append(_tombstones(claim, [by_offset[offset] for offset in batch.tombstones]))
    found = people(source.topic, batch, by_offset, f"{source.topic_id}-{source.partition}")
    return Cut(claim, inserts, _letters(source, batch, by_offset), found)


def counted(label: str, found: Cut) -> Counter[str]:
    """What a range holds, as landing counts it. ``label``: of its topic."""
    claim = found.claim
    kinds = {"control": claim.control, "bad": claim.bad, "tombstones": claim.tombstones}
    counts = Counter({"claims": 1, f"read {label}": claim.records, **kinds})
    counts.update(f"dead {letter.reason}" for letter in found.letters)
    return counts


def _insert(claim: Claim, topic: Topic, block: Block) -> Insert:
    token = claim.token(block.schema_id)
    columns = tuple(name for name in block.columns if name not in withheld(topic))
    return Insert(table_of(topic), columns, block.container, "Avro", token, block.offsets)


def _tombstones(claim: Claim, messages: list[Message]) -> Insert:
    rows = [
        {
            "key": (message.key() or b"").decode(errors="replace"),
            "written_at": message.timestamp()[1] / 1000,
            "_topic": claim.topic,
            "_topic_id": claim.topic_id,
            "_partition": claim.partition,
            "_offset": message.offset(),
        }
        for message in messages
    ]
    data = b"\n".join(map(msgspec.json.encode, rows))
    token = claim.token("tombstones")
    offsets = [_offset(message) for message in messages]
    return Insert(TOMBSTONES, TOMBSTONE_COLUMNS, data, "JSONEachRow", token, offsets)


def _letters(source: Source, batch: Batch, messages: dict[int, Message]) -> list[DeadLetter]:
    """A kernel that reads a topic writes its letters; a bad dead letter is only counted."""
    if source.topic.label in READ_BY_KERNELS or source.topic == DEAD_LETTERS:
        return []
    return [_letter(source, bad, messages[bad.offset]) for bad in batch.bad]


def _letter(source: Source, bad: Bad, message: Message) -> DeadLetter:
    key, value = message.key(), message.value()
    return DeadLetter(
        event_id=derive(source.name, source.partition, bad.offset, STAGE),
        topic=source.name,
        partition=source.partition,
        offset=bad.offset,
        stage=STAGE,
        reason=bad.reason,
        detail=bad.detail,
        key=None if key is None else key[:KEY_LIMIT],
        value=None if value is None else value[:VALUE_LIMIT],
        value_bytes=len(value or b""),
        occurred_at=message.timestamp()[1],
        application=APPLICATION,
    )


def _offset(message: Message) -> int:
    offset = message.offset()
    assert offset is not None
    return offset
