"""heedful topics tail: committed records as JSON, from a moment on, of one key, until it is told to stop."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.jsonl import to_json
from schemas.registry import FileRegistry
from schemas.topics import ABANDONMENT_SIGNALS, OUTREACH, PROFILES
from streams.clock import WallClock
from streams.errors import FixConfiguration
from streams.preparing import prepare
from streams.settings import Settings
from streams.tail import Tail
from tests.aborting import publish_thrice
from tests.app.test_edges import outreach
from tests.app.test_edges import signal as abandoned
from tests.app.test_worker import on

CODEC = Codec(FileRegistry())


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Settings:
    kind, fixture = request.param
    settings = on(request.getfixturevalue(fixture).bootstrap, kind, prefix, tmp_path).but(replication=1)
    prepare(settings)
    return settings


def publish(settings: Settings, *said: tuple[str, bytes | None]) -> None:
    """Key and value of each, all into the first partition, so that they have an order."""
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    for key, value in said:
        producer.produce(ABANDONMENT_SIGNALS.named(settings.prefix), value, key, partition=0)
    assert producer.flush(10) == 0


def signals(*ids: str) -> list[tuple[str, bytes | None]]:
    return [(f"main/{name}", CODEC.encode(abandoned(name))) for name in ids]


def tailed(settings: Settings, limit: int, **how: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Tail(settings, ABANDONMENT_SIGNALS, **how).lines(limit)]


def test_a_record_is_shown_decoded_with_its_place(settings: Settings) -> None:
    publish(settings, *signals("a"))
    [line] = tailed(settings, 1, since="begin")
    assert line.pop("written_at").endswith("Z")
    assert line == {
        "topic": ABANDONMENT_SIGNALS.named(settings.prefix),
        "partition": 0,
        "offset": 0,
        "key": "main/a",
        "type": "AbandonmentSignal",
        "value": to_json(abandoned("a")),
    }


def test_one_key_alone(settings: Settings) -> None:
    publish(settings, *signals("a", "b", "a"))
    assert [line["offset"] for line in tailed(settings, 2, key="main/a", since="begin")] == [0, 2]


def test_what_cannot_be_decoded_is_shown_as_it_is(settings: Settings) -> None:
    publish(settings, ("k", b"hello"), ("k", None))
    bad, tombstone = tailed(settings, 2, since="begin")
    assert (bad["bad"], bad["bytes"]) == ("not_framed", "aGVsbG8=")
    assert (tombstone["type"], tombstone["value"]) == (None, None)


def test_as_far_as_it_goes_now(settings: Settings) -> None:
    tail = Tail(settings, ABANDONMENT_SIGNALS, since="begin")
    assert list(tail.lines(to_end=True)) == []
    publish(settings, *signals("a", "b"))
    assert [json.loads(line)["key"] for line in tail.lines(to_end=True)] == ["main/a", "main/b"]


def test_since_a_moment(kafka, prefix: str, tmp_path: Path) -> None:
    """By when records were written; the embedded broker doesn't look times up."""
    settings = on(kafka.bootstrap, "kafka", prefix, tmp_path).but(replication=1)
    prepare(settings)
    publish(settings, *signals("a"))
    [first] = tailed(settings, 1, since="begin")
    after = datetime.fromtimestamp((WallClock().now() + 1) / 1000, UTC)
    while WallClock().now() <= after.timestamp() * 1000:
        continue
    publish(settings, *signals("b"))
    assert [line["key"] for line in tailed(settings, 1, since=after.isoformat())] == ["main/b"]
    assert [line["key"] for line in tailed(settings, 2, since=first["written_at"])] == ["main/a", "main/b"]


@pytest.mark.kafka
def test_what_was_aborted_is_not_shown(kafka, prefix: str, tmp_path: Path) -> None:
    settings = on(kafka.bootstrap, "kafka", prefix, tmp_path).but(replication=1)
    prepare(settings)
    topic = OUTREACH["email"]
    said = {
        name: [("main/c1", CODEC.encode(outreach(name)))] for name in ("aborted", "dangling", "committed")
    }
    publish_thrice(kafka.bootstrap, topic.named(prefix), **said)
    [line] = Tail(settings, topic, since="begin").lines(1)
    assert json.loads(line)["value"]["event_id"] == "committed"


@pytest.mark.parametrize("since", ["yesterday", "2026-03-02T10:00:00", ""])
def test_a_moment_that_is_none_is_refused(since: str) -> None:
    with pytest.raises(FixConfiguration, match="begin, end, or ISO-8601 with a zone"):
        Tail(Settings(), PROFILES, since=since)


def test_the_command_follows_until_ctrl_c_and_is_quiet_then(settings: Settings) -> None:
    publish(settings, *signals("a"))
    command = [
        sys.executable,
        "-m",
        "streams.cli",
        "topics",
        "tail",
        "signals.abandonment",
        "--from",
        "begin",
    ]
    tail = subprocess.Popen(
        command, env=settings.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert tail.stdout
        assert json.loads(tail.stdout.readline())["key"] == "main/a"
        publish(settings, *signals("b"))
        assert json.loads(tail.stdout.readline())["key"] == "main/b"
        tail.send_signal(signal.SIGINT)
        rest, errors = tail.communicate(timeout=60)
    finally:
        tail.kill()
        tail.wait()
    assert (tail.returncode, rest, errors) == (130, "", "")
