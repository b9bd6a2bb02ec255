"""Migrations, and whether the tables they make fit the contracts."""

import json
from pathlib import Path

import pytest

from schemas import published, topics
from schemas.shape import Field
from schemas.topics import Topic
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import Migration, migrate
from sinks.clickhouse.migrate import published as migrations
from sinks.clickhouse.tables import TOMBSTONES, table_of, withheld
from sinks.errors import Refused

TIME = "DateTime64(3, 'UTC')"
TYPES = {
    "boolean": "Bool",
    "long": "Int64",
    "double": "Float64",
    "string": "String",
    "bytes": "String",
    "enum": "String",
    "time": TIME,
    "decimal": "Decimal(18, 4)",
    "strings": "Array(String)",
}


def type_of(field: Field) -> str:
    """What a field's column must be, a dictionary of few values apart."""
    if field.kind == "records":
        items = ", ".join(f"{item.name} {type_of(item)}" for item in field.items)
        return f"Array(Tuple({items}))"
    plain = TYPES[field.kind]
    return f"Nullable({plain})" if field.nullable else plain


def plainly(column: str) -> str:
    """A column's type without LowCardinality, which changes nothing but its size."""
    while "LowCardinality(" in column:
        before, _, rest = column.partition("LowCardinality(")
        depth, at = 1, 0
        while depth:
            depth += {"(": 1, ")": -1}.get(rest[at], 0)
            at += 1
        column = before + rest[: at - 1] + rest[at:]
    return column


@pytest.fixture
def bare(tmp_path: Path) -> EmbeddedStore:
    return EmbeddedStore(tmp_path / "clickhouse")


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.label)
def test_every_field_has_a_column_that_fits_and_says_what_it_means(
    topic: Topic, module_columns: dict[str, dict[str, tuple[str, str]]]
) -> None:
    columns = module_columns[table_of(topic)]
    landed = [field for field in published.newest(topic.subject).fields if field.name not in withheld(topic)]
    for field in landed:
        kind, comment = columns[field.name]
        assert plainly(kind) == type_of(field), field.name
        assert comment == field.doc


@pytest.mark.parametrize(
    ("table", "column"),
    [("raw_profile_updates", "address"), ("raw_dead_letters", "value"), ("raw_dead_letters", "key")],
)
def test_what_may_identify_a_person_has_no_column(
    table: str, column: str, module_columns: dict[str, dict[str, tuple[str, str]]]
) -> None:
    assert column not in module_columns[table]


@pytest.fixture(scope="module")
def module_columns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, tuple[str, str]]]:
    """Type and comment by table and column."""
    store = EmbeddedStore(tmp_path_factory.mktemp("columns"))
    migrate(store)
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for row in store.query(
        "SELECT table, name, type, comment FROM system.columns WHERE database = 'heedful'"
    ):
        found.setdefault(row["table"], {})[row["name"]] = row["type"], row["comment"]
    store.close()
    return found


def test_everything_is_commented(store: EmbeddedStore) -> None:
    silent = store.query(
        "SELECT name FROM system.tables WHERE database = 'heedful' AND comment = '' "
        "AND engine != 'MaterializedView'"
    )
    assert silent == []
    silent = store.query(
        "SELECT table, name FROM system.columns WHERE database = 'heedful' AND comment = '' "
        "AND table NOT LIKE '%_from_%'"
    )
    assert silent == []


def test_every_table_that_rows_are_put_into_remembers_tokens(store: EmbeddedStore) -> None:
    tables = store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = 'heedful' AND engine LIKE '%MergeTree' "
        "AND name != 'migrations'"
    )
    assert {table_of(topic) for topic in topics.TOPICS} | {TOMBSTONES} <= {row["name"] for row in tables}
    for row in tables:
        assert "non_replicated_deduplication_window = 10000" in row["engine_full"], row["name"]


def test_a_token_counts_once_in_tables_and_behind_views(store: EmbeddedStore) -> None:
    signal = {
        "event_id": "s1",
        "kind": "abandoned",
        "stage": "cart",
        "device": "mobile",
        "occurred_at": 1_780_000_000,
    }
    for token in ("a", "a", "b"):
        data = json.dumps(signal).encode()
        store.insert("raw_signals_abandonment", tuple(signal), data, "JSONEachRow", token)
    assert store.query("SELECT count() AS n FROM raw_signals_abandonment") == [{"n": 2}]
    assert [row["signals"] for row in store.query("SELECT signals FROM v_abandonment_by_minute")] == [1]
    assert len(store.query("SELECT * FROM v_abandonment")) == 1


def test_migrations_are_applied_once_in_order(bare: EmbeddedStore) -> None:
    first, second = (
        Migration("0001_a.sql", "CREATE TABLE a (x Int8) ENGINE = Memory;"),
        Migration("0002_b.sql", ""),
    )
    assert migrate(bare, [first]) == ["0001_a.sql"]
    assert migrate(bare, [first, second]) == ["0002_b.sql"]
    assert migrate(bare, [first, second]) == []
    bare.close()


def test_a_file_that_was_cut_off_is_applied_anew(bare: EmbeddedStore) -> None:
    for statement in migrations()[0].statements[:3]:
        bare.command(statement)
    assert migrate(bare) == [migration.name for migration in migrations()]
    bare.close()


def test_a_changed_or_unknown_migration_is_refused(bare: EmbeddedStore) -> None:
    migrate(bare, [Migration("0001_a.sql", "SELECT 1;")])
    with pytest.raises(Refused, match="was changed after it was applied"):
        migrate(bare, [Migration("0001_a.sql", "SELECT 2;")])
    with pytest.raises(Refused, match="newer heedful"):
        migrate(bare, [])
    bare.close()


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    sql = "SELECT 'a; b';\n-- c\nSELECT 2;\n"
    assert Migration("0001_a.sql", sql).statements == ["SELECT 'a; b'", "-- c\nSELECT 2"]
