"""heedful dead-letters finds what could not be obeyed, and shows it as it came."""

import json
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import DEAD_LETTERS
from streams.broker import EmbeddedBroker
from streams.cli import main
from streams.kernel.deadletters import Origin, dead_letter
from streams.preparing import prepare
from streams.settings import Settings

pytestmark = pytest.mark.broker

ORIGINS = (
    (Origin("cx.cart", 1, 5, 1_000, b"main/v1", b"\x00not avro"), "decode", "not_avro"),
    (Origin("cx.cart", 1, 6, 2_000, None, None), "decode", "null_value"),
    (Origin("cx.support", 0, 9, 3_000, b"main/c1", b"hello"), "apply", "from_the_future"),
)


@pytest.fixture
def where(broker: EmbeddedBroker, prefix: str) -> list[str]:
    """Options that lead to a topic with three dead letters (the first one twice) and something else."""
    kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
    prepare(Settings().but(prefix=prefix, kafka=kafka))
    producer, codec = Producer({"bootstrap.servers": broker.bootstrap}), Codec(FileRegistry())
    for origin, stage, reason in (*ORIGINS, ORIGINS[0]):
        value = codec.encode(dead_letter(origin, stage, reason, "a detail", "visits"))
        producer.produce(DEAD_LETTERS.named(prefix), key=origin.key, value=value)
    producer.produce(DEAD_LETTERS.named(prefix), value=b"junk")
    assert producer.flush(10) == 0
    return ["--bootstrap", broker.bootstrap, "--prefix", prefix]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["dead-letters", *words])
    out, err = capsys.readouterr()
    return int(str(ended.value.code or 0)), out, err


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    code, out, _ = said(capsys, "list", "--format", "json", *words)
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def test_each_is_listed_once_in_the_order_of_time(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    letters = listed(capsys, *where)
    assert [letter["reason"] for letter in letters] == ["not_avro", "null_value", "from_the_future"]
    assert letters[0]["value"] == b"\x00not avro".hex()
    assert letters[0]["occurred_at"] == "1970-01-01T00:00:01.000+00:00"


@pytest.mark.parametrize(
    ("words", "offsets"),
    [
        (["--topic", "cx.cart"], [5, 6]),
        (["--reason", "null_value"], [6]),
        (["--stage", "apply"], [9]),
        (["--topic", "cx.cart", "--stage", "apply"], []),
        (["--limit", "1"], [9]),
    ],
)
def test_they_can_be_narrowed(
    where: list[str], capsys: pytest.CaptureFixture[str], words: list[str], offsets: list[int]
) -> None:
    assert [letter["offset"] for letter in listed(capsys, *where, *words)] == offsets


def test_the_table_is_for_people(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "list", *where)
    assert code == 0
    assert "from_the_future" in out
    assert out.endswith("3 dead letters\n")
    assert "not_framed" in err


def test_one_is_shown_whole_as_text_and_bytes(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    event_id = listed(capsys, *where)[0]["event_id"]
    code, out, _ = said(capsys, "show", event_id[:8], *where)
    assert code == 0
    assert f"event_id:     {event_id}" in out
    assert "00000000  00 6e 6f 74 20 61 76 72 6f" in out
    assert "'\\x00not avro'" in out


def test_an_unknown_one_is_refused(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "show", "zzz", *where)
    assert code == 2
    assert err.endswith("heedful: 0 dead letters have an id that begins with zzz\n")


def test_a_topic_that_is_not_there_is_named(
    broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = said(capsys, "list", "--bootstrap", broker.bootstrap, "--prefix", "nowhere")
    assert code == 2
    assert err.startswith("heedful: there is no topic nowhere.dead-letters; `heedful topics create`")
