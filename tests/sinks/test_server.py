"""The embedded engine behind ClickHouse's HTTP interface: what clients get, and what they don't."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.reading import Limits
from sinks.clickhouse.server import Server
from tests.waiting import eventually

READONLY, UNKNOWN_TABLE, TOO_SLOW, TOO_BIG, TOO_MUCH_MEMORY = "164", "60", "159", "396", "241"
UNKNOWN_FORMAT = "73"
LIMIT = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = EmbeddedStore(tmp_path_factory.mktemp("clickhouse"))
    migrate(store)
    # Memory for what the engine formats ahead: some 100 MiB of JSON, when it is kept from its turn.
    running = Server(store, limits=Limits(seconds=2, memory=256 << 20, answer=LIMIT)).start()
    yield running
    running.stop()
    store.close()


@pytest.fixture
def client(server: Server) -> Iterator[clickhouse_connect.driver.Client]:
    address = urlsplit(server.url)
    connected = clickhouse_connect.get_client(host=address.hostname, port=address.port, database="heedful")
    yield connected
    connected.close()


def get(server: Server, **values: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    return fetch(urllib.request.Request(f"{server.url}/?{urlencode(values)}"))


def fetch(request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, dict(refused.headers), refused.read()


def test_clickhouse_connect_gets_typed_rows(client: clickhouse_connect.driver.Client) -> None:
    when = datetime(2026, 5, 1, 12, tzinfo=UTC)
    values = {"text": "it's\n\ta\\b", "number": -5, "when": when, "list": ["a'", "b"]}
    sql = "SELECT {text:String}, {number:Int64}, {when:DateTime('UTC')}, {list:Array(String)}"
    naive = when.replace(tzinfo=None)
    assert client.query(sql, values).result_rows == [("it's\n\ta\\b", -5, naive, ["a'", "b"])]
    assert "raw_cart" in [name for (name,) in client.query("SHOW TABLES").result_rows]


def test_an_error_has_clickhouses_code(client: clickhouse_connect.driver.Client, server: Server) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client.query("SELECT * FROM nowhere")
    status, headers, body = get(server, query="SELECT * FROM nowhere")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (404, UNKNOWN_TABLE)
    assert body.startswith(b"Code: 60. DB::Exception")


def test_formats_and_parameters_of_the_interface(server: Server) -> None:
    assert get(server, query="SELECT 1")[2] == b"1\n"
    assert fetch(urllib.request.Request(f"{server.url}/", data=b"SELECT 2"))[2] == b"2\n"
    status, headers, body = get(server, query="SELECT {a:Int8} AS a", param_a="5", default_format="JSON")
    assert (status, headers["X-ClickHouse-Format"]) == (200, "JSON")
    assert json.loads(body)["data"] == [{"a": 5}]
    assert get(server, query="SELECT currentDatabase()", database="heedful")[2] == b"heedful\n"
    assert get(server, query="SELECT 1 FORMAT CSVWithNames")[2] == b'"1"\n1\n'
    assert fetch(urllib.request.Request(f"{server.url}/ping"))[2] == b"Ok.\n"


WRITES = [
    "INSERT INTO raw_cart (event_id) VALUES ('1')",
    "DROP TABLE raw_cart",
    "CREATE TABLE t (a Int8) ENGINE = Memory",
    "ALTER TABLE raw_cart DELETE WHERE 1",
    "KILL QUERY WHERE 1",
    "SYSTEM FLUSH LOGS",
    "SET readonly = 0",
    "USE system",
    "ATTACH DATABASE x",
]
ESCAPES = [
    "SELECT file('/etc/passwd')",
    "SELECT FILE('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT file /* x */ ('/etc/passwd')",
    "SELECT 1 AS `a'`, file('/etc/passwd') AS `b'`",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
    "SELECT arrayMap(x -> file(x), ['/etc/passwd'])",
    "WITH file('/etc/passwd') AS x SELECT x",
    "EXPLAIN SELECT file('/etc/passwd')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
    "DESCRIBE TABLE s3('http://127.0.0.1:1/x.csv')",
    "SELECT * FROM remote('127.0.0.1', 'system', 'one')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM `Python`(x)",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT 1 INTO OUTFILE '/tmp/heedful-must-not-write' FORMAT CSV",
    "SELECT 1 INTO /**/ OUTFILE '/tmp/heedful-must-not-write'",
]


@pytest.mark.parametrize("sql", WRITES + ESCAPES)
def test_it_reads_tables_and_does_nothing_else(sql: str, server: Server) -> None:
    status, headers, _ = get(server, query=sql, database="heedful")
    assert (status, headers.get("X-ClickHouse-Exception-Code")) == (400, READONLY)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE raw_cart", "", "SELEC 1"])
def test_one_statement_and_a_whole_one(sql: str, server: Server) -> None:
    status, headers, _ = get(server, query=sql, default_format="CSV")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (400, "62")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'file(x) INTO OUTFILE'",
        "SELECT url FROM raw_clickstream FORMAT JSON",
        "WITH 1 AS x SELECT x",
        "FROM numbers(3) SELECT number",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "SELECT 1; -- and nothing more",
        "DESCRIBE TABLE raw_cart",
        "SHOW CREATE TABLE raw_cart",
        "EXISTS TABLE raw_cart",
        "EXPLAIN SELECT 1",
    ],
)
def test_what_reads_is_answered(sql: str, server: Server) -> None:
    status, _, body = get(server, query=sql, database="heedful")
    assert status == 200, body


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT sum(sleepEachRow(0.9)) FROM numbers(3)", TOO_SLOW),
        ("SELECT number FROM numbers(10000000)", TOO_BIG),
        ("SELECT length(range(number + 100000000)) FROM numbers(1)", TOO_MUCH_MEMORY),
        ("SELECT repeat('x', 1000) FROM numbers(1000000000) FORMAT Native", TOO_BIG),
        ("SELECT repeat('x', 100) FROM numbers(1000000000) FORMAT JSON", TOO_BIG),
        ("SELECT toLowCardinality(repeat('x', 100)) FROM numbers(1000000000)", TOO_BIG),
        ("SELECT 1 SETTINGS max_memory_usage = 0", READONLY),
    ],
)
def test_limits_hold_and_cant_be_lifted(sql: str, code: str, server: Server) -> None:
    _, headers, body = get(server, query=sql, max_memory_usage="0", max_execution_time="0", readonly="0")
    assert headers.get("X-ClickHouse-Exception-Code") == code, body


@pytest.mark.parametrize("fmt", ["", "CSV FORMAT", "CSV INTO", "no'such", "NoSuch"])
def test_a_format_that_there_is_not(fmt: str, server: Server) -> None:
    _, headers, _ = get(server, query="SELECT 1", default_format=fmt or "x y")
    assert headers.get("X-ClickHouse-Exception-Code") == UNKNOWN_FORMAT


@pytest.mark.parametrize(
    ("length", "told"),
    [
        pytest.param(LIMIT // 2, (200, None), id="exactly"),
        pytest.param(LIMIT // 2 + 1, (400, TOO_BIG), id="more"),
    ],
)
def test_the_limit_is_that_of_the_answer_as_it_is_written(
    length: int, told: tuple[int, str | None], server: Server
) -> None:
    """A line of text ends with a character of its own."""
    status, headers, body = get(server, query=f"SELECT repeat('x', {length - 1}) FROM numbers(2)")
    assert (status, headers.get("X-ClickHouse-Exception-Code")) == told
    assert len(body) == LIMIT or status != 200


def test_a_statement_whose_answer_is_too_long_goes_on_no_longer(server: Server) -> None:
    get(server, query="SELECT repeat('x', 1000) FROM numbers(100000000000) FORMAT Native")
    at_work = "SELECT countIf(query LIKE 'SELECT repeat%') FROM system.processes"
    eventually(lambda: get(server, query=at_work)[2] == b"0\n")


def test_settings_of_a_client_are_ignored(server: Server) -> None:
    _, _, body = get(server, query="SELECT getSetting('max_block_size') < 7", max_block_size="5")
    assert body == b"0\n"


def test_a_page_under_a_foreign_name_is_refused(server: Server) -> None:
    request = urllib.request.Request(f"{server.url}/?query=SELECT+1", headers={"Host": "evil.example:80"})
    assert fetch(request)[0] == 403
