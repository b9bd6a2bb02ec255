"""Which claim stands, and what a range is claimed to hold."""

from collections.abc import Sequence

import pytest
from confluent_kafka import Message

from schemas import topics
from schemas.control import Heartbeat
from schemas.topics import Topic
from schemas.words import Record
from sinks.clickhouse.blocks import Cut, Source, cut
from sinks.clickhouse.claims import Claim, last_claim
from sinks.errors import Refused
from tests.sinks.harness import CODEC, START, click, clicks

BEAT = Heartbeat(received_at=START)


def claim(start: int, last: int, topic_id: str = "id") -> Claim:
    return Claim(
        topic="cx.cart",
        topic_id=topic_id,
        partition=0,
        start=start,
        last=last,
        blocks=((7, 1),),
        records=1,
        control=0,
        bad=0,
        tombstones=0,
        claimed_at=START,
    )


def messages(first: int, *values: Record | bytes | None, topic: str = "cx.clickstream") -> list[Message]:
    return [
        Message(
            topic=topic,
            partition=0,
            offset=first + index,
            key=b"main/k",
            value=CODEC.encode(value) if isinstance(value, Record) else value,
            timestamp=(1, START),
        )
        for index, value in enumerate(values)
    ]


def closed(
    start: int, records: Sequence[Message], topic: Topic = topics.CLICKSTREAM, now: int = START
) -> Cut:
    return cut(CODEC, Source(topic, topic.name, "id", 0), start, records, now)


def test_the_claim_at_the_committed_offset_stands() -> None:
    assert last_claim([claim(0, 4), claim(5, 9)], "id", 5, aborted_visible=False) == claim(5, 9)


def test_nothing_was_landed_of_a_new_topic_or_one_created_anew() -> None:
    assert last_claim([], "id", None, aborted_visible=False) is None
    assert last_claim([claim(0, 4, "other")], "id", None, aborted_visible=False) is None


def test_expired_offsets_are_known_from_the_claim() -> None:
    assert last_claim([claim(0, 4), claim(5, 9)], "id", None, aborted_visible=False) == claim(5, 9)


def test_where_the_broker_shows_what_was_aborted_the_offset_decides() -> None:
    claims = [claim(0, 4), claim(5, 9)]
    assert last_claim(claims, "id", 0, aborted_visible=True) == claim(0, 4)
    assert last_claim(claims, "id", None, aborted_visible=True) is None


@pytest.mark.parametrize("claims", [[], [claim(0, 4)]], ids=["no claim", "another claim"])
def test_an_offset_without_its_claim_is_refused(claims: list[Claim]) -> None:
    with pytest.raises(Refused, match="offsets were reset"):
        last_claim(claims, "id", 5, aborted_visible=False)


def test_the_same_records_give_the_same_claim_and_inserts() -> None:
    records = messages(10, *clicks(0, 30), b"garbage", BEAT)
    first, second = closed(8, records), closed(8, records, now=START + 1)
    assert first.claim.same_records(second.claim)
    assert first.inserts == second.inserts
    assert (first.claim.start, first.claim.last, first.claim.records) == (8, 41, 32)
    assert (first.claim.rows, first.claim.bad, first.claim.control) == (30, 1, 1)


def test_a_record_less_is_not_the_same_claim() -> None:
    records = messages(10, *clicks(0, 30))
    assert not closed(10, records).claim.same_records(closed(10, records[1:]).claim)


def test_a_token_names_topic_id_partition_range_and_schema() -> None:
    (insert,) = closed(8, messages(10, click(1))).inserts
    schema_id = CODEC.registry.id_of("cx.clickstream-value")
    assert insert.token == f"id-0-8-10-{schema_id}"


def test_a_range_after_a_quiet_one_is_claimed_from_where_that_began() -> None:
    quiet = closed(0, messages(0, BEAT, BEAT))
    assert quiet.is_quiet
    both = closed(2, messages(2, click(1))).after(quiet)
    whole = closed(0, messages(0, BEAT, BEAT, click(1)))
    assert both.claim == whole.claim
    assert both.inserts == whole.inserts


def test_tombstones_are_claimed_and_inserted() -> None:
    found = closed(0, messages(0, None, None), topics.CONTACTS)
    assert (found.claim.tombstones, found.claim.rows, found.is_quiet) == (2, 0, False)
    (insert,) = found.inserts
    assert (insert.table, insert.token, insert.offsets) == ("raw_tombstones", "id-0-0-1-tombstones", [0, 1])
