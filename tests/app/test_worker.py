"""A worker as a process: it starts, follows what is published, says so, and ends in order."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import ABANDONMENT_SIGNALS, DEAD_LETTERS, OUTREACH
from streams.addresses import Address, address_of
from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from streams.reading import read_to_end
from streams.roles import Role
from streams.settings import Settings
from tests.aborting import publish_thrice, visible
from tests.apache_kafka import ApacheKafka
from tests.app.test_edges import outreach
from tests.app.test_edges import signal as abandoned
from tests.waiting import eventually

CODEC = Codec(FileRegistry())


FAILS = """
from streams.settings import load
from streams.worker import run

async def fails(topic, record):
    raise OSError("the network is away")

run(load(), "edges", [fails])
"""


def worker(settings: Settings, role: Role) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return running(settings, "-m", "streams.cli", "worker", "--role", role)


@contextmanager
def running(settings: Settings, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *words], env=settings.environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def on(bootstrap: str, kind: str, prefix: str, folder: Path) -> Settings:
    kafka = {"kind": kind, "bootstrap": bootstrap}
    return Settings().but(prefix=prefix, kafka=kafka, partitions=2, data_dir=folder)


def page(address: Address, name: str) -> Any:
    with urllib.request.urlopen(f"{address.url}/{name}", timeout=10) as answer:
        return json.loads(answer.read())


def seen(settings: Settings) -> dict[str, Any]:
    address = address_of(settings, "edges")
    try:
        return dict(page(address, "status")["seen"]) if address else {}
    except OSError:
        return {}


def publish(producer: Producer, settings: Settings, *event_ids: str) -> None:
    for event_id in event_ids:
        value = CODEC.encode(abandoned(event_id))
        producer.produce(ABANDONMENT_SIGNALS.named(settings.prefix), key=b"main/c1", value=value)
    assert producer.flush(10) == 0


def counted(settings: Settings, number: int) -> Callable[[], bool]:
    return lambda: seen(settings).get("signals.abandonment") == {"abandoned": number}


@pytest.mark.broker
def test_the_edges_count_each_signal_once_and_end_on_sigterm(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path)
    prepare(settings)
    publish(Producer({"bootstrap.servers": broker.bootstrap}), settings, "s1", "s2", "s1")
    with worker(settings, "edges") as process:
        eventually(counted(settings, 2))
        address = address_of(settings, "edges")
        assert address
        assert address.pid == process.pid
        assert page(address, "healthz") == {"role": "edges", "healthy": True}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert address_of(settings, "edges") is None


@pytest.mark.kafka
def test_the_edges_do_not_see_what_was_aborted(kafka: ApacheKafka, prefix: str, tmp_path: Path) -> None:
    """Nor what was left open by a kernel that died. Whoever isn't read_committed sees all of it."""
    settings = on(kafka.bootstrap, "kafka", prefix, tmp_path)
    prepare(settings)
    said = {
        name: [("main/c1", CODEC.encode(outreach(name)))] for name in ("aborted", "dangling", "committed")
    }
    name = OUTREACH["email"].named(prefix)
    publish_thrice(kafka.bootstrap, name, **said)
    with worker(settings, "edges"):
        eventually(lambda: seen(settings))
        address = address_of(settings, "edges")
        assert address
        assert [each["event_id"] for each in page(address, "status")["latest"]] == ["committed"]
    assert visible(kafka.bootstrap, name, 2, "read_committed") == [said["committed"][0][1]]
    assert visible(kafka.bootstrap, name, 2, "read_uncommitted") == [value for [(_, value)] in said.values()]


@pytest.mark.broker
def test_what_a_handler_could_not_do_stands_in_a_dead_letter(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path)
    prepare(settings)
    publish(Producer({"bootstrap.servers": broker.bootstrap}), settings, "s1")

    def letters() -> list[Any]:
        values = [message.value() for message in read_to_end(settings, DEAD_LETTERS.named(prefix))]
        return [CODEC.decode(value, DEAD_LETTERS) for value in values]

    with running(settings, "-c", FAILS):
        [letter] = eventually(letters)
    assert (letter.topic, letter.stage, letter.reason) == (
        f"{prefix}.signals.abandonment",
        "edges",
        "handler_failed",
    )
    assert CODEC.decode(letter.value) == abandoned("s1")


@pytest.mark.broker
def test_a_kernel_runs_as_a_worker(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path)
    with worker(settings, "visits") as process:

        def tasks() -> int:
            address = address_of(settings, "visits")
            try:
                return int(page(address, "status")["tasks"]) if address else 0
            except OSError:
                return 0

        assert eventually(lambda: tasks() == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_without_a_broker_it_says_so_and_what_to_change(tmp_path: Path) -> None:
    settings = on("127.0.0.1:1", "kafka", "cx", tmp_path)
    command = [sys.executable, "-m", "streams.cli", "worker"]
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("heedful: no broker answers at 127.0.0.1:1")
    assert len(done.stderr.splitlines()) == 1
