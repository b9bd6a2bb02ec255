"""More partitions: what the inputs hold is imported under another prefix, and the same is noticed there."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import ABANDONMENT_SIGNALS, DECISIONS, INPUTS, Topic
from streams.formats import format_named
from streams.formats.reading import Reading
from streams.importer import publish
from streams.preparing import prepare
from streams.running import own_roles
from streams.settings import Settings
from streams.tail import Tail
from streams.through import Through
from streams.until import Until
from streams.wiring import codec_of, kernel_config
from tests.apache_kafka import ApacheKafka
from tests.formats.files import REES46, written
from tests.importing.importing import NOW

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

ROWS = tuple(f"2022-10-01 {10 + n}:00:00 UTC,cart,11,2.50,700{n},sess-{n}" for n in range(8))
MINE = {"abandonment": {"cart": {"after": "30m"}}}


def worked_off(settings: Settings, form: str, *files: Path) -> None:
    """Import, and let workers get through it."""
    prepare(settings)
    config = kernel_config(settings)
    reading = Reading(format_named(form), list(files))
    found = publish(reading, config, codec_of(settings), Until(), NOW, lambda: None)
    with own_roles(settings) as supervisor:
        Through(settings, config, supervisor.tend, lambda step: None).wait(found.clock)


def told(settings: Settings, topic: Topic) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Tail(settings, topic, since="begin").lines(to_end=True)]


def test_the_same_is_noticed_under_another_prefix(kafka: ApacheKafka, prefix: str, tmp_path: Path) -> None:
    few = Settings().but(
        prefix=prefix,
        kafka={"kind": "kafka", "bootstrap": kafka.bootstrap},
        partitions=2,
        replication=1,
        lateness=0,
        data_dir=tmp_path / "few",
        rules=MINE,
    )
    worked_off(few, "rees46", written(tmp_path, REES46, *ROWS))
    new = f"{prefix}-new"
    many = few.but(prefix=new, deployment=new, partitions=5, data_dir=tmp_path / "many")
    files = []
    for topic in INPUTS:
        files.append(tmp_path / f"{topic.label}.jsonl")
        files[-1].write_text("".join(f"{json.dumps(line)}\n" for line in told(few, topic)))
    worked_off(many, "jsonl", *files)
    for topic in (ABANDONMENT_SIGNALS, DECISIONS):
        before, after = told(few, topic), told(many, topic)
        assert {line["value"]["event_id"] for line in after} == {line["value"]["event_id"] for line in before}
        assert len(after) == len(before) > 0
    assert {line["partition"] for line in told(few, ABANDONMENT_SIGNALS)} <= {0, 1}
    assert len({line["partition"] for line in told(many, ABANDONMENT_SIGNALS)}) > 2
