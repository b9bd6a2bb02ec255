"""The audit finds what was lost, what is there twice, and what nobody claimed."""

import json
from typing import Any

from sinks.clickhouse.audit import Finding, audit
from sinks.clickhouse.embedded import EmbeddedStore

TOPIC = "cx.clickstream"


def put(store: EmbeddedStore, table: str, *rows: dict[str, Any]) -> None:
    data = "\n".join(map(json.dumps, rows)).encode()
    store.insert(table, tuple(rows[0]), data, "JSONEachRow", "")


def rows(store: EmbeddedStore, *offsets: int, partition: int = 0) -> None:
    put(
        store,
        "raw_clickstream",
        *(
            {"_topic": TOPIC, "_topic_id": "id", "_partition": partition, "_offset": at, "event_id": str(at)}
            for at in offsets
        ),
    )


def landed(store: EmbeddedStore, start: int, last: int, count: int, partition: int = 0) -> None:
    row = {"topic": TOPIC, "topic_id": "id", "partition": partition, "start": start, "last": last}
    put(store, "landings", {**row, "rows": count, "records": count, "claimed_at": 1_780_000_000})


def found(store: EmbeddedStore) -> list[Finding]:
    return audit(store.query).findings


def test_all_is_well_although_offsets_are_not_rows(store: EmbeddedStore) -> None:
    rows(store, 0, 1, 3)
    landed(store, 0, 4, 3)
    rows(store, 5, 6)
    landed(store, 5, 6, 2)
    landed(store, 7, 9, 0)
    assert audit(store.query) == (3, 5, [])


def test_rows_of_a_range_that_is_not_recorded_yet_are_not_looked_at(store: EmbeddedStore) -> None:
    rows(store, 0, 1, 2, 3)
    landed(store, 0, 1, 2)
    assert found(store) == []


def test_tombstones_are_rows_too(store: EmbeddedStore) -> None:
    topic = {"topic": "cx.profiles", "topic_id": "id", "partition": 0}
    at = {f"_{name}": value for name, value in topic.items()}
    put(store, "raw_tombstones", {**at, "_offset": 1})
    range_ = {**topic, "start": 1, "last": 1, "rows": 0, "tombstones": 1, "records": 1}
    put(store, "landings", {**range_, "claimed_at": 1_780_000_000})
    assert audit(store.query) == (1, 1, [])


def test_missing_rows(store: EmbeddedStore) -> None:
    rows(store, 0, 2)
    landed(store, 0, 2, 3)
    landed(store, 3, 5, 1)
    assert found(store) == [
        Finding("missing", TOPIC, 0, 0, 2, 3, 2),
        Finding("missing", TOPIC, 0, 3, 5, 1, 0),
    ]


def test_doubled_rows(store: EmbeddedStore) -> None:
    rows(store, 0, 1, 1)
    landed(store, 0, 1, 2)
    assert found(store) == [Finding("doubled", TOPIC, 0, 0, 1, 2, 3)]


def test_a_gap_between_ranges_and_rows_in_it(store: EmbeddedStore) -> None:
    rows(store, 0, 5, 9)
    landed(store, 0, 1, 1)
    landed(store, 8, 9, 1)
    assert found(store) == [
        Finding("gap", TOPIC, 0, 2, 7, 0, 0),
        Finding("unclaimed", TOPIC, 0, 5, 5, 1, 1),
    ]


def test_rows_of_a_partition_that_was_never_recorded(store: EmbeddedStore) -> None:
    rows(store, 4, 5, partition=3)
    assert found(store) == [Finding("unclaimed", TOPIC, 3, 4, 5, 0, 2)]


def test_findings_say_where() -> None:
    assert str(Finding("missing", TOPIC, 1, 5, 9, 4, 3)) == (
        "missing: cx.clickstream-1 offsets 5 to 9 should have 4 rows and have 3"
    )
    assert str(Finding("gap", TOPIC, 1, 5, 9, 0, 0)) == (
        "gap: cx.clickstream-1 offsets 5 to 9 were never claimed"
    )
