"""A landing process that is killed, again and again, while events arrive: nothing lost, nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas import topics
from sinks.clickhouse.audit import audit
from sinks.clickhouse.embedded import EmbeddedStore
from tests.sinks.harness import Shore, clicks, shore
from tests.sinks.processes import Coast
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.chaos]

KILLS = 4
EVENTS = 400


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Which broker, and where it is."""
    kind: str = request.param
    return kind, request.getfixturevalue("broker" if kind == "embedded" else "kafka").bootstrap


@contextmanager
def killed(place: tuple[str, str], prefix: str, folder: Path) -> Iterator[None]:
    """A landing process while the block runs; it ends by SIGKILL."""
    coast = Coast(place[1], prefix, place[0] == "embedded", folder.parent)
    with coast.process({"path": str(folder)}) as process:
        yield
        assert process.poll() is None


def test_nothing_lost_nothing_twice(place: tuple[str, str], prefix: str, tmp_path: Path) -> None:
    here = shore(EmbeddedStore(tmp_path / "unused"), place[1], prefix, 2, place[0] == "embedded")
    here.store.close()
    for kill in range(KILLS):
        with killed(place, prefix, tmp_path / "clickhouse"):
            before = len(here.read(here.config.claims)) if kill else 0
            send(here, kill)
            eventually(lambda seen=before: kill_now(here, seen))
    opened = EmbeddedStore(tmp_path / "clickhouse")
    last = Shore(here.config, 2, opened)
    send(last, KILLS)
    with last.landing() as lander:
        for partition in range(2):
            last.wait_until_recorded(lander, topics.CLICKSTREAM, (KILLS + 1) * EVENTS, partition)
    total = 2 * (KILLS + 1) * EVENTS
    assert last.landed() == (total, total)
    assert not audit(opened.query).findings
    opened.close()


def send(here: Shore, number: int) -> None:
    for partition in range(2):
        here.send(topics.CLICKSTREAM, *clicks((number * 2 + partition) * EVENTS, EVENTS), partition=partition)


def kill_now(here: Shore, before: int) -> bool:
    """As soon as something new was claimed: most likely it is not inserted yet."""
    return len(here.read(here.config.claims)) > before
