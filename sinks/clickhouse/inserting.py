"""What is done to ClickHouse for a claim; each may be done again after any failure."""

from collections.abc import Sequence

from confluent_kafka import Message

from schemas.codec import Codec
from sinks.clickhouse.blocks import Cut, Source, cut
from sinks.clickhouse.claims import LANDINGS_COLUMNS, Claim, read_up_to, rows_of_claims
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.erasing import Eraser
from sinks.clickhouse.store import Store
from sinks.clickhouse.tables import ERASED_ROWS, LANDINGS, TOMBSTONES, table_of
from sinks.clickhouse.whole import whole
from sinks.errors import Refused

PLACE = "topic = {topic:String} AND topic_id = {topic_id:String} AND partition = {partition:Int32}"
WITHIN = "BETWEEN {start:Int64} AND {last:Int64}"
PLACE_OF_ROW = (
    "_topic = {topic:String} AND _topic_id = {topic_id:String} AND _partition = {partition:Int32} "
    f"AND _offset {WITHIN}"
)


class Inserting:
    """Into one store. Its methods are called from several threads, for several partitions."""

    def __init__(self, config: LandingConfig, codec: Codec, store: Store) -> None:
        self._config = config
        self._codec = codec
        self._store = store
        self._eraser = Eraser(store, config.reached)

    def insert(self, source: Source, found: Cut) -> None:
        """Append the blocks of a claim, of which nothing is there yet, and obey erasures."""
        self._append(found)
        self._eraser.obey(found.people, table_of(source.topic))

    def complete(self, source: Source, claim: Claim) -> None:
        """Append what isn't there of a claim that may have been inserted, in whole or in part, by whomever.

        The rows are looked for, besides using the tokens: after 10,000 other blocks ClickHouse has forgotten
        a token. Raises Refused if the range doesn't hold the records any more that were claimed.
        """
        if self._is_recorded(claim):
            return
        messages, again = self._read_again(source, claim)
        there = self._offsets_there(source, claim)
        missing = [message for message in messages if message.offset() not in there]
        if missing:
            self._append(cut(self._codec, source, claim.start, missing, claim.claimed_at).under(claim))
        self._eraser.obey(again.people)

    def record(self, claims: Sequence[Claim]) -> None:
        """Write down that these claims are landed."""
        self._config.reached("record.begin")
        token = "+".join(claim.token("landed") for claim in claims)
        self._store.insert(LANDINGS, LANDINGS_COLUMNS, rows_of_claims(claims), "JSONEachRow", token)
        self._config.reached("record.done")

    def take_over(self, source: Source, claim: Claim) -> bool:
        """Finish what a predecessor claimed, if it didn't itself; says whether there was anything to do.

        Raises Refused if the range doesn't hold the records any more that were claimed.
        """
        if self._is_recorded(claim):
            return False
        self._config.reached("takeover.begin")
        self.complete(source, claim)
        self.record([claim])
        return True

    def _append(self, found: Cut) -> None:
        for block in found.inserts:
            self._store.insert(block.table, block.columns, block.data, block.fmt, block.token)
            self._config.reached("insert.block")

    def _is_recorded(self, claim: Claim) -> bool:
        found = self._store.query(
            f"SELECT count() AS found FROM {LANDINGS} WHERE {PLACE} AND start = {{start:Int64}}",
            _place(claim),
        )
        return bool(found[0]["found"])

    def _offsets_there(self, source: Source, claim: Claim) -> set[int]:
        """Offsets of the range that have a row, or had one that was erased."""
        tables = (table_of(source.topic), TOMBSTONES) if claim.tombstones else (table_of(source.topic),)
        asked = [
            f"SELECT offset FROM {ERASED_ROWS} WHERE {PLACE} AND offset {WITHIN}",
            *(f"SELECT _offset AS offset FROM {table} WHERE {PLACE_OF_ROW}" for table in tables),
        ]
        return {row["offset"] for sql in asked for row in self._store.query(sql, _place(claim))}

    def _read_again(self, source: Source, claim: Claim) -> tuple[list[Message], Cut]:
        read = read_up_to(self._config, source.name, source.partition, claim.start, claim.last)
        messages = whole(self._config, source, claim.start, list(read))
        again = cut(self._codec, source, claim.start, messages, claim.claimed_at) if messages else None
        if again is None or not again.claim.same_records(claim):
            raise Refused(
                f"Landing of {claim.topic}-{claim.partition}: offsets {claim.start} to {claim.last} held "
                f"{claim.records} records in blocks {claim.blocks} when they were claimed, and now "
                f"{again.claim if again else 'none'}. Records were deleted or compacted before they were "
                "landed, or the schemas changed. The rows of this range are in doubt; nothing behind it is "
                "landed."
            )
        return messages, again


def _place(claim: Claim) -> dict[str, str]:
    names = ("topic", "topic_id", "partition", "start", "last")
    return {name: str(getattr(claim, name)) for name in names}
