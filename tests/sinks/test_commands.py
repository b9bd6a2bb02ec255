"""``heedful sql`` and ``heedful audit``, on files left behind and on a server that runs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.server import Server

ASK = "SELECT number AS n, concat('a', toString(number)) AS t FROM numbers(2)"


def heedful(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, timeout=100)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A folder in which a run left its files."""
    store = EmbeddedStore(tmp_path / ".heedful" / "runs" / "20261123-120000" / "clickhouse")
    migrate(store)
    store.close()
    return tmp_path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a worker serves its engine."""
    store = EmbeddedStore(tmp_path / ".heedful" / "clickhouse")
    migrate(store)
    store.command("INSERT INTO raw_tombstones (key) VALUES ('served')")
    server = Server(store).start()
    yield tmp_path
    server.stop()
    store.close()


def test_formats(left: Path) -> None:
    assert heedful(left, "sql", ASK, "--format", "csv").stdout == '"n","t"\n0,"a0"\n1,"a1"\n'
    lines = heedful(left, "sql", "-", "--format", "json", given=ASK).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"n": 0, "t": "a0"}, {"n": 1, "t": "a1"}]
    assert "│ 1 │ a1 │" in heedful(left, "sql", ASK).stdout


def test_parameters(left: Path) -> None:
    said = heedful(left, "sql", "SELECT {who:String} AS who", "--param", "who=it's=me", "--format", "json")
    assert json.loads(said.stdout) == {"who": "it's=me"}


def test_files_are_only_read(left: Path) -> None:
    refused = heedful(left, "sql", "DROP TABLE raw_cart")
    assert refused.returncode == 2
    assert "reads tables and does nothing else" in refused.stderr


def test_a_worker_that_runs_is_asked(served: Path) -> None:
    assert (
        heedful(served, "sql", "SELECT key FROM raw_tombstones", "--format", "csv").stdout
        == '"key"\n"served"\n'
    )
    found = heedful(served, "audit")
    assert found.returncode == 1
    assert found.stdout == "unclaimed: -0 offsets 0 to 0: 1 rows are covered by no landed range\n"


def test_the_audit_of_what_is_well(left: Path) -> None:
    found = heedful(left, "audit")
    assert (found.returncode, found.stdout) == (0, "0 rows in 0 ranges: nothing missing, nothing twice\n")


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    refused = heedful(tmp_path, "sql", "SELECT 1", "--url", "http://127.0.0.1:1")
    assert refused.returncode == 2
    assert refused.stderr.startswith("heedful: ClickHouse at http://127.0.0.1:1: ")
    assert refused.stderr.count("\n") == 1


def test_nothing_to_ask_says_what_to_do(tmp_path: Path) -> None:
    refused = heedful(tmp_path, "sql", "SELECT 1")
    assert refused.returncode == 2
    assert "heedful worker" in refused.stderr
