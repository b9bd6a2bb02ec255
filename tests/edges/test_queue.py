"""The queue on real brokers: read from the beginning, followed, served, and shown by the command."""

import csv
import io
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.codec import Codec
from schemas.outputs import ContactState
from schemas.registry import FileRegistry
from streams.addresses import Address, address_of, announce
from streams.edges.queue import Queue
from streams.edges.waiting import Asked
from streams.edges.wiring import queue_of
from streams.errors import Unavailable
from streams.preparing import prepare
from streams.settings import Settings
from tests.app.test_worker import on, page, worker
from tests.builders import START
from tests.edges.states import clock, contact
from tests.waiting import eventually

CODEC = Codec(FileRegistry())


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Settings:
    """Topics of one's own; the time of people stands still an hour after START."""
    kind, fixture = request.param
    found = on(request.getfixturevalue(fixture).bootstrap, kind, prefix, tmp_path / ".heedful")
    return found.but(clock={"kind": "simulated", "start": START + 3_600_000, "speed": 1e-15})


@pytest.fixture
def prepared(settings: Settings) -> Settings:
    prepare(settings)
    return settings


def tell(settings: Settings, *said: ContactState | str, transaction: bool | None = None) -> None:
    """Publish states, and tombstones for contacts that are only named; in a transaction that ends so."""
    own = {} if transaction is None else {"transactional.id": settings.prefix}
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap, **own})
    if transaction is not None:
        producer.init_transactions(30)
        producer.begin_transaction()
    for each in said:
        name = each if isinstance(each, str) else each.contact_id
        value = None if isinstance(each, str) else CODEC.encode(each)
        producer.produce(topics.CONTACTS.named(settings.prefix), key=topics.key("main", name), value=value)
    assert producer.flush(30) == 0
    if transaction is True:
        producer.commit_transaction(30)
    elif transaction is False:
        producer.abort_transaction(30)


@contextmanager
def at_work(queue: Queue) -> Iterator[Queue]:
    stop = threading.Event()
    thread = threading.Thread(target=queue.run, args=(stop,))
    thread.start()
    try:
        yield queue
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def waiting(queue: Queue) -> list[str]:
    return [row["contact_id"] for row in queue.answer(Asked(sort="waiting"))["contacts"]]


def test_it_reads_from_the_beginning_and_then_follows(prepared: Settings) -> None:
    tell(
        prepared, contact("a", 1), contact("b", 2), contact("c", 3), contact("a", None), contact("d", 4), "b"
    )
    queue = queue_of(prepared)
    assert not queue.answer(Asked())["caught_up"]
    with at_work(queue):
        eventually(lambda: queue.caught_up)
        assert waiting(queue) == ["c", "d"]
        tell(prepared, contact("e", 5), "c")
        eventually(lambda: waiting(queue) == ["d", "e"])
    assert queue.status() == {"waiting": 2, "caught_up": True, "left_out": 0, "bad": 0}


def test_what_cannot_be_read_is_counted(prepared: Settings) -> None:
    producer = Producer({"bootstrap.servers": prepared.kafka.bootstrap})
    producer.produce(topics.CONTACTS.named(prepared.prefix), key=b"main/x", value=b"no Avro")
    assert producer.flush(30) == 0
    tell(prepared, contact("a"))
    with at_work(queue_of(prepared)) as queue:
        eventually(lambda: queue.caught_up)
        assert (waiting(queue), queue.status()["bad"]) == (["a"], 1)


def test_what_was_aborted_and_said_again_counts_once(prepared: Settings) -> None:
    """The embedded broker shows the aborted record, too: the newest under a key wins."""
    tell(prepared, contact("a", 1, team="aborted"), transaction=False)
    tell(prepared, contact("a", 2, team="committed"), transaction=True)
    with at_work(queue_of(prepared)) as queue:
        eventually(lambda: queue.caught_up)
        [row] = queue.answer(Asked())["contacts"]
    assert (row["team"], row["waiting_ms"]) == ("committed", 58 * 60_000)


@pytest.mark.kafka
def test_what_was_aborted_is_not_there(kafka: Any, prefix: str, tmp_path: Path) -> None:
    settings = on(kafka.bootstrap, "kafka", prefix, tmp_path)
    prepare(settings)
    tell(settings, contact("aborted"), transaction=False)
    tell(settings, contact("committed"), transaction=True)
    with at_work(queue_of(settings)) as queue:
        eventually(lambda: queue.caught_up)
        assert waiting(queue) == ["committed"]


def test_without_the_topic_it_says_so(settings: Settings) -> None:
    with pytest.raises(Unavailable, match=r"heedful topics create"):
        queue_of(settings).run(threading.Event())


# The page and the command, of a worker as a process.


@pytest.fixture
def serving(prepared: Settings) -> Iterator[tuple[Settings, Address]]:
    """Edges that have read who waits."""
    breached = clock("first_reply", 30, breached=True)
    tell(
        prepared,
        contact("t-2", 50, clock("next_reply", 72), policy="mail", agent_id="a-7"),
        contact("t-1", 0, breached, channel="chat", team="returns", priority="urgent"),
        contact("t-3", None),
    )
    with worker(prepared, "edges"):
        address = eventually(lambda: address_of(prepared, "edges"))
        eventually(lambda: _caught_up(address))
        yield prepared, address


def _caught_up(address: Address) -> bool:
    try:
        return bool(page(address, "status")["queue"]["caught_up"])
    except OSError:
        return False


def heedful(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", "contacts", "waiting", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def test_the_page_and_the_command(serving: tuple[Settings, Address]) -> None:
    settings, address = serving
    folder = settings.data_dir.parent
    said = page(address, "contacts/waiting?team=&channel=&sort=due&limit=1")
    assert [row["contact_id"] for row in said["contacts"]] == ["t-1"]
    assert (said["matching"], said["waiting"], said["caught_up"]) == (2, 2, True)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address.url}/contacts/waiting?sort=value", timeout=10)
    assert (refused.value.code, json.load(refused.value)["error"][:25]) == (400, "there is no order 'value'")

    shown = heedful(folder)
    assert (shown.returncode, shown.stderr) == (0, "")
    head, first, second, last = (line.rstrip() for line in shown.stdout.splitlines())
    assert head.split()[:6] == ["contact", "customer", "channel", "team", "agent", "priority"]
    assert first.split("  ")[0] == "t-1"
    assert "2026-05-28 20:26 (1h 00m)" in first
    assert "first_reply -30m overdue" in first
    assert "next_reply 12m" in second
    assert second.endswith("mail")
    assert last == "2 waiting"

    [row] = csv.DictReader(io.StringIO(heedful(folder, "--team", "returns", "--format", "csv").stdout))
    assert (row["contact_id"], row["breached"], row["due_in_ms"]) == ("t-1", "first_reply", "-1800000")
    lines = heedful(folder, "--sort", "waiting", "--limit", "1", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["contact_id"] for line in lines] == ["t-1"]
    assert heedful(folder, "--limit", "1").stdout.splitlines()[-1] == "1 of 2 waiting contacts"
    elsewhere = heedful(settings.data_dir, "--url", address.url, "--channel", "email", "--format", "json")
    assert json.loads(elsewhere.stdout)["contact_id"] == "t-2"
    wrong = heedful(folder, "--channel", "fax")
    assert (wrong.returncode, wrong.stderr[:36]) == (2, "heedful: there is no channel 'fax', ")


def test_the_latest_run_that_answers_is_found(serving: tuple[Settings, Address], tmp_path: Path) -> None:
    """A worker that was killed left its note."""
    _, address = serving
    folder = tmp_path / "elsewhere"
    runs = folder / ".heedful" / "runs"
    announce(Settings(data_dir=runs / "20260101-120000"), "edges", address.url)
    announce(Settings(data_dir=runs / "20260101-130000"), "edges", "http://127.0.0.1:1")
    assert heedful(folder).returncode == 0
    assert heedful(folder, "--run", str(runs / "20260101-120000")).returncode == 0
    gone = heedful(folder, "--run", str(runs / "20260101-130000"))
    assert (gone.returncode, "Nobody answers at" in gone.stderr) == (2, True)


def test_where_nothing_runs_it_names_the_way_out(tmp_path: Path) -> None:
    refused = heedful(tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert all(word in refused.stderr for word in ("heedful worker", "heedful demo", "--run", "--url"))
