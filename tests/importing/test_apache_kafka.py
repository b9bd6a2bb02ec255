"""An import into Apache Kafka, where marks of transactions stand between the records, and its workers."""

import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from streams.formats import format_named
from streams.formats.reading import Reading
from streams.importer import publish
from streams.landing import reading_url
from streams.preparing import prepare
from streams.running import own_roles
from streams.settings import Settings
from streams.through import Through
from streams.until import Until
from streams.wiring import codec_of, kernel_config
from tests.apache_kafka import ApacheKafka
from tests.formats.files import REES46, written
from tests.importing.importing import NOW

pytestmark = pytest.mark.slow

ROWS = tuple(f"2022-10-01 {10 + n}:00:00 UTC,cart,11,2.50,700{n},sess-{n}" for n in range(5))
MINE = {"abandonment": {"cart": {"after": "30m"}}}


def landed(settings: Settings) -> str:
    """How many abandonments ClickHouse knows of, asked while its engine runs."""
    query = urllib.parse.urlencode({"database": "heedful", "query": "SELECT count() FROM v_abandonment"})
    with urllib.request.urlopen(f"{reading_url(settings)}/?{query}", timeout=30) as answer:
        return str(answer.read().decode().strip())


def imported_and_landed(settings: Settings, folder: Path) -> str:
    """Import, let workers get through it, ask."""
    prepare(settings)
    config = kernel_config(settings)
    reading = Reading(format_named("rees46"), [written(folder, REES46, *ROWS)])
    found = publish(reading, config, codec_of(settings), Until(), NOW, lambda: None)
    with own_roles(settings) as supervisor:
        Through(settings, config, supervisor.tend, lambda step: None).wait(found.clock)
        return landed(settings)


@pytest.mark.kafka
def test_apache_kafka(kafka: ApacheKafka, prefix: str, tmp_path: Path) -> None:
    settings = Settings().but(
        prefix=prefix,
        kafka={"kind": "kafka", "bootstrap": kafka.bootstrap},
        partitions=2,
        replication=1,
        lateness=0,
        data_dir=tmp_path,
        rules=MINE,
    )
    assert imported_and_landed(settings, tmp_path) == "4"
