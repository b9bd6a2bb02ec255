"""Landing on real brokers and a real engine: every row once, whatever happens in between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Message

from schemas import topics
from schemas.codec import Writing
from schemas.control import Heartbeat
from schemas.outputs import DeadLetter
from schemas.published import versions
from schemas.registry import content_id
from sinks.clickhouse.audit import audit
from sinks.clickhouse.blocks import Cut, cut
from sinks.clickhouse.claims import Claim
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lane import Lane
from sinks.clickhouse.ledger import Ledger, create_claims
from sinks.clickhouse.store import Row
from sinks.clickhouse.topology import look
from sinks.errors import FixTarget, Unavailable
from tests.builders import asked
from tests.sinks.harness import CODEC, START, Faltering, Shore, click, clicks, shore
from tests.waiting import eventually

pytestmark = pytest.mark.broker

MakeShore = Callable[..., Shore]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def make(request: pytest.FixtureRequest, prefix: str, store: EmbeddedStore) -> MakeShore:
    """Makes a deployment on either broker."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    return lambda partitions=1, **settings: shore(
        store, running.bootstrap, prefix, partitions, embedded, **settings
    )


def claims_of(here: Shore) -> list[Claim]:
    return [msgspec.json.decode(value, type=Claim) for value in here.read(here.config.claims)]


def well(here: Shore) -> bool:
    """The audit finds nothing."""
    return not audit(here.store.query).findings


def test_every_row_once_with_where_it_comes_from(make: MakeShore) -> None:
    here = make(partitions=2)
    here.send(topics.CLICKSTREAM, *clicks(0, 300))
    here.send(topics.CLICKSTREAM, *clicks(300, 200), partition=1)
    with here.landing() as lander:
        here.wait_for(500)
        here.send(topics.CLICKSTREAM, *clicks(500, 1))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 301)
    assert here.landed() == (501, 501)
    row = here.store.query("SELECT * FROM raw_clickstream WHERE event_id = 'click-500'")[0]
    assert (row["_topic"], row["_partition"], row["_offset"]) == (here.name(topics.CLICKSTREAM), 0, 300)
    assert row["occurred_at"] == "2023-11-14 22:13:20.500"
    assert well(here)


def test_a_predecessors_rows_are_not_inserted_again(make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    with here.landing():
        here.wait_for(100)
    here.send(topics.CLICKSTREAM, *clicks(100, 100))
    with here.landing() as second:
        here.wait_for(200)
    assert second.status().get("taken over", 0) == 0
    assert here.landed() == (200, 200)
    assert well(here)


def test_what_was_claimed_and_not_inserted_is_inserted_by_the_successor(make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    faltering = Faltering(here.store)
    faltering.refuses = {"raw_clickstream"}
    with here.landing(faltering) as first:
        eventually(lambda: first.status()["open"])
    assert here.landed() == (0, 0)
    here.send(topics.CLICKSTREAM, *clicks(100, 50))
    with here.landing() as second:
        here.wait_for(150)
        here.wait_until_recorded(second, topics.CLICKSTREAM, 150)
    assert second.status()["taken over"] == 1
    assert here.landed() == (150, 150)
    assert well(here)


def test_what_was_inserted_and_not_recorded_is_not_doubled_by_the_successor(make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    faltering = Faltering(here.store)
    faltering.refuses = {"landings"}
    with here.landing(faltering):
        here.wait_for(100)
    with here.landing() as second:
        here.wait_until_recorded(second, topics.CLICKSTREAM, 100)
    assert here.landed() == (100, 100)
    assert well(here)


def test_a_token_that_clickhouse_forgot_doesnt_double_rows(make: MakeShore) -> None:
    """After 10,000 other blocks in a table a token means nothing any more: the rows are looked for."""
    here = make()
    here.store.command("ALTER TABLE raw_clickstream MODIFY SETTING non_replicated_deduplication_window = 0")
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    faltering = Faltering(here.store)
    faltering.refuses = {"landings"}
    with here.landing(faltering):
        here.wait_for(100)
    with here.landing() as second:
        here.wait_until_recorded(second, topics.CLICKSTREAM, 100)
    assert here.landed() == (100, 100)


def test_of_a_block_that_is_there_in_part_only_the_rest_is_inserted(make: MakeShore) -> None:
    """A block with several months is several parts; a crash may have left some of them."""
    here = make()
    here.store.command("ALTER TABLE raw_clickstream MODIFY SETTING non_replicated_deduplication_window = 0")
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    faltering = Faltering(here.store)
    faltering.refuses = {"landings"}
    with here.landing(faltering):
        here.wait_for(100)
    here.store.command("ALTER TABLE raw_clickstream DELETE WHERE _offset % 3 = 0 SETTINGS mutations_sync = 1")
    with here.landing() as second:
        here.wait_until_recorded(second, topics.CLICKSTREAM, 100)
    assert here.landed() == (100, 100)
    assert well(here)


@pytest.mark.parametrize("others", [1, 9], ids=["inside the window", "outside the window"])
def test_an_insert_that_is_repeated_long_after(others: int, make: MakeShore) -> None:
    """The window of tokens, which is made small here, passes by in another partition."""
    here = make(partitions=2)
    here.store.command("ALTER TABLE raw_clickstream MODIFY SETTING non_replicated_deduplication_window = 3")
    unanswered = Unanswered(here.store)
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    with here.landing(unanswered) as lander:
        here.wait_for(100)
        for number in range(others):
            here.send(topics.CLICKSTREAM, click(1_000 + number), partition=1)
            here.wait_until_recorded(lander, topics.CLICKSTREAM, number + 1, partition=1)
        assert lander.landed_to()[f"{here.name(topics.CLICKSTREAM)}-0"] == 0
        unanswered.answers = True
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 100)
    assert here.landed() == (100 + others, 100 + others)
    assert well(here)


class Unanswered(Faltering):
    """Inserts what comes from partition 0, but does not say so; nor is it to be asked about it."""

    answers = False

    def query(self, sql: str, parameters: Any = None) -> list[Row]:
        if not self.answers and parameters and parameters.get("partition") == "0":
            raise Unavailable("no answer")
        return super().query(sql, parameters)

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        super().insert(table, columns, data, fmt, token)
        if not self.answers and "-0-0-99-" in token:
            raise Unavailable("no answer")


def test_an_insert_without_an_answer_is_repeated_under_its_token(make: MakeShore) -> None:
    here = make()
    faltering = Faltering(here.store)
    faltering.forgets_to_answer = {"raw_clickstream", "landings"}
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    with here.landing(faltering) as lander:
        eventually(lambda: len(faltering.tokens) >= 2)
        faltering.forgets_to_answer = set()
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 100)
    assert len(faltering.tokens) > len(set(faltering.tokens))
    assert here.landed() == (100, 100)
    assert well(here)


def test_a_table_that_refuses_stops_its_partitions_only(make: MakeShore) -> None:
    here = make(batch_rows=10)
    faltering = Faltering(here.store)
    faltering.refuses = {"raw_clickstream"}
    with here.landing(faltering) as lander:
        here.send(topics.CLICKSTREAM, *clicks(0, 500))
        eventually(lambda: lander.status()["open"])
        letters = [DeadLetter(**{**letter(), "event_id": f"letter-{n}"}) for n in range(20)]
        here.send(topics.DEAD_LETTERS, *letters)
        here.wait_for(20, "raw_dead_letters")
        assert here.landed() == (0, 0)
        faltering.refuses = set()
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 500)
    assert here.landed() == (500, 500)
    assert well(here)


def letter() -> dict[str, object]:
    return {
        "topic": "t",
        "partition": 0,
        "offset": 1,
        "stage": "decode",
        "reason": "not_avro",
        "detail": "d",
        "value_bytes": 0,
        "occurred_at": START,
        "application": "test",
    }


def test_garbage_is_left_out_and_what_no_kernel_reads_gets_its_letter(make: MakeShore) -> None:
    here = make()
    crafted = CODEC.encode(click(1)) + CODEC.encode(click(2))[5:]
    here.send(topics.CLICKSTREAM, *clicks(0, 40), b"garbage", crafted, None, *clicks(40, 40))
    here.send(topics.DECISIONS, b"garbage")
    here.send(topics.DEAD_LETTERS, b"garbage")
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 83)
        here.wait_until_recorded(lander, topics.DEAD_LETTERS, 2)
        here.wait_for(1, "raw_dead_letters")
    assert here.landed() == (80, 80)
    assert lander.status()["bad"] == 5
    found = here.store.query("SELECT topic, offset, reason, stage, application FROM raw_dead_letters")
    origin = here.name(topics.DECISIONS)
    assert [tuple(row.values()) for row in found] == [(origin, 0, "not_framed", "decode", "landing")]
    assert well(here)


def test_what_the_broker_passed_over_is_read_again(make: MakeShore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the embedded broker does now and then; Apache Kafka never, so nothing is done about it there."""
    here = make()
    passed_over = {10, 11, 50}

    def add(lane: Lane, run: list[Message]) -> None:
        shown = [message for message in run if message.offset() not in passed_over]
        if here.config.aborted_visible:
            passed_over.difference_update([message.offset() or 0 for message in run])
        taken(lane, shown if here.config.aborted_visible else run)

    taken = Lane.add
    monkeypatch.setattr(Lane, "add", add)
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 100)
    assert not (passed_over and here.config.aborted_visible)
    assert here.landed() == (100, 100)
    assert well(here)


def test_control_records_are_counted_and_claimed_now_and_then(make: MakeShore) -> None:
    here = make()
    beats = [Heartbeat(received_at=START + number) for number in range(10)]
    with here.landing() as lander:
        here.send(topics.CLICKSTREAM, *beats)
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 10)
        assert claims_of(here) == []
        here.send(topics.CLICKSTREAM, click(1))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 11)
    (claim,) = claims_of(here)
    assert (claim.start, claim.last, claim.control, claim.rows) == (0, 10, 10, 1)
    assert here.landed() == (1, 1)
    assert well(here)


def test_quiet_ranges_are_claimed_when_it_is_time(make: MakeShore) -> None:
    here = make(quiet_claim_every=1)
    with here.landing() as lander:
        here.send(topics.CLICKSTREAM, Heartbeat(received_at=START))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 1)
        here.send(topics.CLICKSTREAM, Heartbeat(received_at=START + 1))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 2)
        eventually(lambda: [claim.control for claim in claims_of(here)] == [2])


def test_versions_of_a_schema_mixed_in_one_range(make: MakeShore) -> None:
    """One block each, under a token of its own; what the older one doesn't say has the column's default."""
    here = make()
    older, newer = versions(topics.SUPPORT.subject)[-2:]
    said = [asked(number, f"q{number}") for number in range(40)]
    old = Writing(content_id(older.text), older)
    here.send(topics.SUPPORT, *(old.encode(each) if at % 3 else each for at, each in enumerate(said)))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.SUPPORT, 40)
    [claim] = claims_of(here)
    assert dict(claim.blocks) == {content_id(older.text): 26, content_id(newer.text): 14}
    assert here.landed("raw_support") == (40, 40)
    found = here.store.query("SELECT contact_id AS id FROM raw_support ORDER BY _offset")
    assert [row["id"] for row in found] == [each.contact_id for each in said]
    assert well(here)


@pytest.mark.parametrize(
    ("change", "kind", "rows"),
    [
        pytest.param("DELETE FROM {0} WHERE _offset = 17", "missing", 99, id="removed"),
        pytest.param("INSERT INTO {0} SELECT * FROM {0} WHERE _offset = 17", "doubled", 101, id="doubled"),
    ],
)
def test_the_audit_says_where_a_row_was_removed_or_doubled(
    change: str, kind: str, rows: int, make: MakeShore
) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, *clicks(0, 100))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 100)
    here.store.command(change.format("raw_clickstream"))
    place = f"{here.name(topics.CLICKSTREAM)}-0 offsets 0 to 99"
    assert [str(each) for each in audit(here.store.query).findings] == [
        f"{kind}: {place} should have 100 rows and have {rows}"
    ]


def test_tombstones_are_rows_of_their_own(make: MakeShore) -> None:
    here = make()
    with here.landing() as lander:
        here.send(topics.CONTACTS, None, key="main/c1")
        here.wait_until_recorded(lander, topics.CONTACTS, 1)
    rows = here.store.query("SELECT key, _topic, _offset FROM raw_tombstones")
    assert rows == [{"key": "main/c1", "_topic": here.name(topics.CONTACTS), "_offset": 0}]
    assert well(here)


def test_claims_follow_each_other_without_a_gap_and_in_bounded_ranges(make: MakeShore) -> None:
    here = make(batch_rows=100, linger=10_000)
    here.send(topics.CLICKSTREAM, *clicks(0, 1_000))
    with here.landing() as lander:
        eventually(lambda: lander.status().get("rows", 0) >= 900)
    claims = claims_of(here)
    assert [claim.start for claim in claims] == [0, *(claim.last + 1 for claim in claims[:-1])]
    assert well(here)


def test_two_landers_share_the_partitions_and_land_each_row_once(make: MakeShore) -> None:
    here = make(partitions=4)
    with here.landing(instance="a") as first:
        for partition in range(4):
            here.send(topics.CLICKSTREAM, *clicks(partition * 100, 100), partition=partition)
        here.wait_for(400)
        with here.landing(instance="b") as second:
            eventually(lambda: second.status()["partitions"])
            for partition in range(4):
                here.send(topics.CLICKSTREAM, *clicks(1_000 + partition * 100, 100), partition=partition)
            here.wait_for(800)
            assert first.status()["partitions"]
        for partition in range(4):
            here.send(topics.CLICKSTREAM, *clicks(2_000 + partition * 100, 100), partition=partition)
        here.wait_for(1_200)
        for partition in range(4):
            here.wait_until_recorded(first, topics.CLICKSTREAM, 300, partition)
    assert here.landed() == (1_200, 1_200)
    assert well(here)


def test_a_missing_topic_is_named(make: MakeShore) -> None:
    here = make()
    elsewhere = replace(here, config=replace(here.config, prefix="nowhere"))
    with pytest.raises(FixTarget, match=r"nowhere\.clickstream"), elsewhere.landing() as lander:
        eventually(lambda: lander.ended)


def test_a_range_that_changed_halts_its_partition_only(make: MakeShore) -> None:
    here = make(partitions=2)
    here.send(topics.CLICKSTREAM, *clicks(0, 10))
    create_claims(here.config)
    source = look(here.config).source(here.name(topics.CLICKSTREAM), 0)
    told = cut(CODEC, source, 0, here.messages(source.name), START)
    claimed_otherwise(here, replace(told, claim=msgspec.structs.replace(told.claim, records=11)))
    here.send(topics.CLICKSTREAM, *clicks(10, 5), partition=1)
    with here.landing() as lander:
        eventually(lambda: lander.status()["halted"])
        here.wait_for(5)
        assert "11 records" in str(lander.status()["last error"])
    assert here.landed() == (5, 5)


def claimed_otherwise(here: Shore, told: Cut) -> None:
    """Claim as a lander would that had read something else."""
    ledger = Ledger(here.config, CODEC)
    consumer = Consumer(here.config.consumer({"group.id": here.config.internal("landing")}))
    ledger.commit([told], consumer)
    consumer.close()
    ledger.close()


def test_what_cant_be_landed_is_not_read_on(make: MakeShore) -> None:
    here = make(batch_rows=100)
    faltering = Faltering(here.store)
    faltering.refuses = {"raw_clickstream"}
    with here.landing(faltering) as lander:
        here.send(topics.CLICKSTREAM, *clicks(0, 500))
        eventually(lambda: lander.status()["open"])
        here.send(topics.CLICKSTREAM, *clicks(500, 500))
        eventually(lambda: lander.status()["waiting bytes"])
        eventually(lambda: lander.status()["paused"])
        waiting, failures = lander.status()["waiting bytes"], int(str(lander.status()["failures"]))
        here.send(topics.CLICKSTREAM, *clicks(1_000, 3_000))
        eventually(lambda: int(str(lander.status()["failures"])) > failures + 2)
        assert lander.status()["waiting bytes"] == waiting
        faltering.refuses = set()
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 4_000)
    assert here.landed() == (4_000, 4_000)
    assert well(here)
