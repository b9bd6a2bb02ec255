"""Who speaks ClickHouse's HTTP interface is answered by the embedded engine: drivers, curl, data frames."""

import io
import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import clickhouse_connect
import cramjam
import pandas as pd
import polars as pl
import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas import topics
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.encoding import METHODS, accepted
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.reading import Limits
from sinks.clickhouse.server import BODY_LIMIT, Server
from tests.sinks.test_server import fetch
from tests.sinks.test_views import put, signal

LIMITS = Limits(seconds=5, memory=100 << 20, answer=4 << 20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = EmbeddedStore(tmp_path_factory.mktemp("clickhouse"))
    migrate(store)
    put(store, topics.ABANDONMENT_SIGNALS, signal("a"), signal("b", stage="cart"), signal("c", stage="cart"))
    running = Server(store, limits=LIMITS).start()
    yield running
    running.stop()
    store.close()


def connected(server: Server, **settings: object) -> Client:
    address = urlsplit(server.url)
    return clickhouse_connect.get_client(
        host=address.hostname, port=address.port, database="heedful", **settings
    )


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    opened = connected(server)
    yield opened
    opened.close()


BY_STAGE = "SELECT stage, count() AS carts, sum(value) AS value FROM v_abandonment GROUP BY 1 ORDER BY 1"
ANSWER = [("cart", 2, Decimal(25)), ("checkout", 1, Decimal("12.5"))]


# clickhouse-connect.


def test_rows(client: Client) -> None:
    assert client.query(BY_STAGE).result_rows == ANSWER


def test_a_frame_of_pandas(client: Client) -> None:
    frame = client.query_df(BY_STAGE)
    assert list(frame.itertuples(index=False, name=None)) == ANSWER


def test_a_table_of_arrow(client: Client) -> None:
    table = client.query_arrow(BY_STAGE)
    assert [tuple(row.values()) for row in table.to_pylist()] == ANSWER
    assert pl.from_arrow(table).rows() == ANSWER


def test_parameters(client: Client) -> None:
    sql = "SELECT signal_id FROM v_abandonment WHERE stage = {stage:String} AND value < {most:Decimal(18, 4)}"
    found = client.query(sql, {"stage": "checkout", "most": Decimal(100)}).result_rows
    assert found == [("a",)]
    assert client.query(sql, {"stage": "' OR 1 --", "most": Decimal(100)}).result_rows == []


def test_a_stream_of_blocks(client: Client) -> None:
    with client.query_rows_stream("SELECT number FROM numbers(200_000)") as rows:
        assert sum(1 for _ in rows) == 200_000


@pytest.mark.parametrize("method", ["lz4", "zstd", "gzip", "deflate"])
def test_packed_as_the_driver_asks(method: str, server: Server) -> None:
    client = connected(server, compress=method)
    assert client.query("SELECT sum(number) FROM numbers(1_000)").result_rows == [(499_500,)]
    client.close()


def test_an_error(client: Client) -> None:
    with pytest.raises(DatabaseError, match="code: 60"):
        client.query("SELECT * FROM nowhere")
    assert client.query("SELECT 1").result_rows == [(1,)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        pytest.param("SELECT count() FROM numbers(1e15) WHERE sipHash64(number) = 0", 159, id="time"),
        pytest.param("SELECT length(groupArray(number)) FROM numbers(1e10)", 241, id="memory"),
        pytest.param("SELECT number FROM numbers(1e10)", 396, id="answer"),
    ],
)
def test_a_query_that_runs_away_ends_and_the_server_lives(sql: str, code: int, client: Client) -> None:
    with pytest.raises(DatabaseError, match=f"code: {code}"):
        client.query(sql)
    assert client.query(BY_STAGE).result_rows == ANSWER


# HTTP itself.


def url(server: Server, **values: str) -> str:
    return f"{server.url}/?{urlencode({'database': 'heedful', **values})}"


@pytest.mark.parametrize("method", METHODS)
def test_an_answer_is_packed_if_the_request_says_so(method: str, server: Server) -> None:
    request = urllib.request.Request(url(server, query=BY_STAGE), headers={"Accept-Encoding": method})
    status, headers, body = fetch(request)
    assert (status, headers["Content-Encoding"]) == (200, method)
    assert bytes(METHODS[method].decompress(body)) == b"cart\t2\t25\ncheckout\t1\t12.5\n"


@pytest.mark.parametrize(
    ("header", "method"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("identity", None, id="as it is"),
        pytest.param("compress, x-unknown", None, id="what nobody knows"),
        pytest.param("gzip, deflate, br", "gzip", id="a browser"),
        pytest.param("lz4,gzip", "lz4", id="a driver"),
        pytest.param("zstd;q=0, gzip;q=0.5", "gzip", id="all but one"),
        pytest.param("GZIP", "gzip", id="in capitals"),
    ],
)
def test_which_packing_is_accepted(header: str, method: str | None) -> None:
    assert accepted(header) == method


def test_packing_can_be_switched_off(server: Server) -> None:
    plain = url(server, query="SELECT 1", enable_http_compression="0")
    _, headers, body = fetch(urllib.request.Request(plain, headers={"Accept-Encoding": "gzip"}))
    assert (headers.get("Content-Encoding"), body) == (None, b"1\n")


@pytest.mark.parametrize("method", METHODS)
def test_a_query_may_come_packed(method: str, server: Server) -> None:
    packed = bytes(METHODS[method].compress(BY_STAGE.encode()))
    request = urllib.request.Request(url(server), data=packed, headers={"Content-Encoding": method})
    assert fetch(request)[2].startswith(b"cart\t2")


@pytest.mark.parametrize(
    ("data", "method"),
    [
        pytest.param(b"SELECT 1", "gzip", id="not packed so"),
        pytest.param(b"SELECT 1", "rot13", id="packed as nobody knows"),
        pytest.param(bytes(cramjam.gzip.compress(b" " * (BODY_LIMIT + 1))), "gzip", id="swells too far"),
    ],
)
def test_a_body_that_can_not_be_unpacked(data: bytes, method: str, server: Server) -> None:
    request = urllib.request.Request(url(server), data=data, headers={"Content-Encoding": method})
    assert fetch(request)[0] == 400


def curl(*words: str, body: bytes = b"") -> bytes:
    return subprocess.run(["curl", "-sS", *words], input=body, capture_output=True, check=True).stdout


def test_curl(server: Server) -> None:
    assert curl(url(server, query="SELECT 1")) == b"1\n"
    assert curl("--compressed", url(server, query="SELECT 2")) == b"2\n"
    assert curl("--data-binary", "@-", server.url, body=b"SELECT 3 FORMAT JSONEachRow") == b'{"3":3}\n'
    assert curl("-T", "-", "-X", "POST", server.url, body=b"SELECT 4") == b"4\n"
    asked = url(server, query="SELECT {a:Array(String)}", param_a="['x','y\\'s']")
    assert curl(asked) == b"['x','y\\'s']\n"
    assert curl("-I", url(server, query="SELECT 1")).startswith(b"HTTP/1.1 200")
    assert b"X-ClickHouse-Exception-Code: 60" in curl("-D", "-", url(server, query="SELECT * FROM nowhere"))


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([b"7\r\nSELECT \r\n", b"1\r\n6\r\n", b"0\r\n\r\n"], id="in pieces"),
        pytest.param([b"8;name=x\r\nSELECT 6\r\n0\r\n\r\n"], id="with an extension"),
    ],
)
def test_a_body_in_chunks(sizes: list[bytes], server: Server) -> None:
    assert answer_to(server, b"".join(sizes)) == b"6\n"


def answer_to(server: Server, body: bytes) -> bytes:
    """What a POST gets whose body is in chunks, written as it stands."""
    address = urlsplit(server.url)
    head = f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), 30) as connection:
        connection.sendall(head.encode() + b"\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return answer.partition(b"\r\n\r\n")[2]


# Data frames without a driver.


def test_pandas_and_polars_read_what_is_served(server: Server) -> None:
    frame = pd.read_csv(url(server, query=f"{BY_STAGE} FORMAT CSVWithNames"))
    assert frame.to_dict("list") == {"stage": ["cart", "checkout"], "carts": [2, 1], "value": [25.0, 12.5]}
    with urllib.request.urlopen(url(server, query=f"{BY_STAGE} FORMAT Parquet")) as answer:
        assert pl.read_parquet(io.BytesIO(answer.read())).rows() == ANSWER


def test_json_for_a_page(server: Server) -> None:
    with urllib.request.urlopen(url(server, query=BY_STAGE, default_format="JSONCompact")) as answer:
        assert json.load(answer)["data"] == [["cart", 2, 25], ["checkout", 1, 12.5]]
