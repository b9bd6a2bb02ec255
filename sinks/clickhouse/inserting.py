"""What is done to ClickHouse for a claim; each may be done again after any failure."""

from collections.abc import Sequence

from schemas.codec import Codec
from sinks.clickhouse.blocks import Cut, Insert, Source, cut
from sinks.clickhouse.claims import LANDINGS_COLUMNS, Claim, read_up_to, rows_of_claims
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.store import Store
from sinks.clickhouse.tables import LANDINGS
from sinks.errors import Refused


def insert(store: Store, inserts: Sequence[Insert]) -> None:
    """Append the blocks of a claim."""
    for block in inserts:
        store.insert(block.table, block.columns, block.data, block.fmt, block.token)


def record(store: Store, claims: Sequence[Claim]) -> None:
    """Write down that these claims are landed."""
    token = "+".join(claim.token("landed") for claim in claims)
    store.insert(LANDINGS, LANDINGS_COLUMNS, rows_of_claims(claims), "JSONEachRow", token)


def take_over(store: Store, config: LandingConfig, codec: Codec, source: Source, claim: Claim) -> bool:
    """Finish what a predecessor claimed, if it didn't itself; says whether there was anything to do.

    Raises Refused if the range doesn't hold the records any more that were claimed.
    """
    if _is_recorded(store, claim):
        return False
    again = _read_again(config, codec, source, claim)
    insert(store, [block for block in again.inserts if not _is_there(store, block, claim)])
    record(store, [claim])
    return True


def _is_recorded(store: Store, claim: Claim) -> bool:
    found = store.query(
        f"SELECT count() AS found FROM {LANDINGS} WHERE topic = {{topic:String}} AND "
        "topic_id = {topic_id:String} AND partition = {partition:Int32} AND start = {start:Int64}",
        {
            "topic": claim.topic,
            "topic_id": claim.topic_id,
            "partition": str(claim.partition),
            "start": str(claim.start),
        },
    )
    return bool(found[0]["found"])


def _is_there(store: Store, block: Insert, claim: Claim) -> bool:
    """Asked besides using the token: after 10,000 other blocks ClickHouse has forgotten it."""
    found = store.query(
        f"SELECT _offset FROM {block.table} WHERE _topic = {{topic:String}} AND "
        "_topic_id = {topic_id:String} AND _partition = {partition:Int32} AND "
        "_offset BETWEEN {start:Int64} AND {last:Int64}",
        {
            "topic": claim.topic,
            "topic_id": claim.topic_id,
            "partition": str(claim.partition),
            "start": str(claim.start),
            "last": str(claim.last),
        },
    )
    return {row["_offset"] for row in found}.issuperset(block.offsets)


def _read_again(config: LandingConfig, codec: Codec, source: Source, claim: Claim) -> Cut:
    messages = list(read_up_to(config, source.name, source.partition, claim.start, claim.last))
    again = cut(codec, source, claim.start, messages, claim.claimed_at) if messages else None
    if again is None or not again.claim.same_records(claim):
        raise Refused(
            f"Landing of {claim.topic}-{claim.partition}: offsets {claim.start} to {claim.last} held "
            f"{claim.records} records in blocks {claim.blocks} when they were claimed, and now "
            f"{again.claim if again else 'none'}. Records were deleted or compacted before they were landed, "
            "or the schemas changed. The rows of this range are in doubt; nothing behind it is landed."
        )
    return again
