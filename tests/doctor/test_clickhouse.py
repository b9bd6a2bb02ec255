"""A ClickHouse that isn't as landing needs it, and a registry that lacks contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.confluent import ConfluentRegistry
from schemas.published import versions
from schemas.topics import SUBJECTS
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from streams.doctor.clickhouse import clickhouse, windows
from streams.doctor.finding import Finding
from streams.doctor.registry import registry
from streams.settings import Settings
from tests.schemas.rest_registry import rest_registry
from tests.sinks.clickhouse_server import serving


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(tmp_path / "clickhouse")
    migrate(opened)
    yield opened
    opened.close()


def asked(store: EmbeddedStore) -> list[Finding]:
    """What the doctor says of that engine, asked as a server is asked."""
    with serving(store) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        return list(clickhouse(Settings().but(clickhouse={"url": url, "database": store.database})))


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]


def test_all_is_well(store: EmbeddedStore) -> None:
    said = [finding.what for finding in asked(store) if finding.level == "ok"]
    assert said[0].startswith("version ")
    assert "inserts that are repeated are recognised" in said
    assert any(each.endswith("migrations applied") for each in said)


def test_every_table_with_rows_is_looked_at() -> None:
    assert {"raw_cart", "raw_clickstream", "landings", "abandonment_by_minute"} <= set(windows())
    assert set(windows().values()) == {10_000}


def test_a_table_that_forgets_tokens_too_soon(store: EmbeddedStore) -> None:
    store.command("ALTER TABLE raw_cart MODIFY SETTING non_replicated_deduplication_window = 5")
    [finding] = errors(asked(store))
    assert finding.what == "raw_cart remembers the tokens of 5 inserts, and not of 10000"
    store.command(finding.do)
    assert errors(asked(store)) == []


def test_a_migration_that_is_not_known(store: EmbeddedStore) -> None:
    store.command("INSERT INTO migrations (name, hash) VALUES ('9999_of_tomorrow.sql', 'x')")
    [finding] = errors(asked(store))
    assert finding.what == "it was migrated by a newer heedful: 9999_of_tomorrow.sql"


def test_a_migration_that_was_changed(store: EmbeddedStore) -> None:
    store.command(
        "INSERT INTO migrations (name, hash, applied_at) VALUES ('0001_raw.sql', 'x', '2100-01-01')"
    )
    [finding] = errors(asked(store))
    assert finding.what == "migrations were changed after they were applied: 0001_raw.sql"


def test_a_database_that_is_still_empty(tmp_path: Path) -> None:
    empty = EmbeddedStore(tmp_path / "empty")
    try:
        found = asked(empty)
    finally:
        empty.close()
    [finding] = [each for each in found if "not applied yet" in each.what]
    assert (finding.level, errors(found)) == ("warning", [])


def test_nobody_answers() -> None:
    [finding] = list(clickhouse(Settings().but(clickhouse={"url": "http://127.0.0.1:1"})))
    assert finding.level == "error"
    assert "127.0.0.1:1" in finding.what


def test_a_registry_that_lacks_a_contract_and_one_that_is_away() -> None:
    with rest_registry() as server:
        here = Settings().but(registry={"url": server.url})
        known = ConfluentRegistry(server.url)
        for subject in list(SUBJECTS)[1:]:
            for shape in versions(subject):
                known.register(subject, shape.text)
        [finding] = registry(here)
        assert finding.what == f"{server.url} lacks the newest version of {next(iter(SUBJECTS))}"
    [finding] = registry(here)
    assert finding.level == "error"
    assert finding.do.startswith("Start it")
