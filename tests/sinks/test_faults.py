"""Landing killed before and after each step of a claim, and frozen there while another takes over."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas import topics
from sinks.clickhouse.audit import audit
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.migrate import migrate
from tests.builders import erased
from tests.sinks.clickhouse_server import serving
from tests.sinks.harness import click
from tests.sinks.processes import Coast, is_frozen
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(300)]

CLAIM = ("claim.begin", "claim.written", "claim.offsets", "claim.done")
LAND = ("insert.block", "record.begin", "record.done")
KILLS = [
    *(f"{step}:kill:3" for step in (*CLAIM, *LAND)),
    "claim.offsets:kill-soon:3",
    "claim.done:kill-soon:3",
]
ERASE = ("erase.known", "erase.listed", "erase.deleted", "erase.done")
TAKE_OVER = ("takeover.begin", "insert.block", "record.begin", "record.done")


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def coast(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Coast:
    """Landing on either broker."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    return Coast(running.bootstrap, prefix, embedded, tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """The engine of this process, empty."""
    opened = EmbeddedStore(tmp_path / "here")
    yield opened
    opened.close()


def published_until(coast: Coast, happened: Callable[[], bool]) -> None:
    """Publish, round after round, until something has happened."""

    def again() -> bool:
        coast.publish()
        return happened()

    eventually(again)


@pytest.mark.on_embedded("claim.offsets:kill:3", "record.begin:kill:3")
@pytest.mark.parametrize("fail_at", KILLS)
def test_killed(fail_at: str, coast: Coast, tmp_path: Path) -> None:
    """The engine is in the process and dies with it."""
    files = {"path": str(tmp_path / "clickhouse")}
    unopened: EmbeddedStore = None  # type: ignore[assignment] # a process has it
    coast.begin(unopened)
    with coast.process(files, fail_at) as process:
        published_until(coast, lambda: process.poll() is not None)
        assert process.returncode == -signal.SIGKILL
    finished(coast, tmp_path)


@pytest.mark.on_embedded("insert.block")
@pytest.mark.parametrize("step", TAKE_OVER)
def test_killed_while_taking_over(step: str, coast: Coast, tmp_path: Path) -> None:
    files = {"path": str(tmp_path / "clickhouse")}
    unopened: EmbeddedStore = None  # type: ignore[assignment] # a process has it
    coast.begin(unopened)
    with coast.process(files, "claim.done:kill:2") as process:
        published_until(coast, lambda: process.poll() is not None)
    with coast.process(files, f"{step}:kill:1") as process:
        assert process.wait(60) == -signal.SIGKILL
    finished(coast, tmp_path)


@pytest.mark.on_embedded("erase.deleted")
@pytest.mark.parametrize("step", ERASE)
def test_killed_while_erasing(step: str, coast: Coast, tmp_path: Path) -> None:
    """A customer with one device, of which 3 of 120 clicks and the one that names her are."""
    files = {"path": str(tmp_path / "clickhouse")}
    unopened: EmbeddedStore = None  # type: ignore[assignment] # a process has it
    coast.begin(unopened)
    for _ in range(3):
        coast.publish()
    coast.here.send(topics.CLICKSTREAM, replace(click(1_000), visitor_id="v7", customer_id="ann"))
    coast.here.send(topics.PROFILE_UPDATES, erased(5))
    with coast.process(files, f"{step}:kill:1") as process:
        assert process.wait(60) == -signal.SIGKILL
    coast.here.store = opened = EmbeddedStore(tmp_path / "clickhouse")
    try:
        with coast.here.landing() as lander:
            coast.landed(lander)
            coast.here.wait_until_recorded(lander, topics.CLICKSTREAM, 61)
            coast.here.wait_until_recorded(lander, topics.PROFILE_UPDATES, 1)
        seen = "SELECT count() AS all, countIf(visitor_id = 'v7') AS hers FROM raw_clickstream"
        assert opened.query(seen) == [{"all": 117, "hers": 0}]
        assert not audit(opened.query).findings
    finally:
        opened.close()


def finished(coast: Coast, folder: Path) -> None:
    """A healthy lander lands the rest; then all is right."""
    coast.here.store = opened = EmbeddedStore(folder / "clickhouse")
    try:
        coast.publish()
        with coast.here.landing() as lander:
            coast.landed(lander)
        coast.is_right()
    finally:
        opened.close()


@pytest.mark.on_embedded("claim.offsets")
@pytest.mark.parametrize(
    ("step", "remembered"),
    [
        *(pytest.param(step, True, id=step) for step in ("claim.written", "claim.offsets", *LAND[:2])),
        pytest.param("claim.done", True, id="claim.done"),
        pytest.param("claim.done", False, id="claim.done, and its tokens are forgotten"),
    ],
)
def test_a_zombie_changes_nothing(step: str, remembered: bool, coast: Coast, store: EmbeddedStore) -> None:
    """Frozen past its time-outs, let go when all is landed. Then it joins again and is of use.

    On the embedded broker, which ends a transaction only when its id is used again, the successor has the
    zombie's name, so it must be gone before the zombie comes back.
    """
    coast.begin(store)
    migrate(store)
    if not remembered:
        store.command("ALTER TABLE raw_clickstream MODIFY SETTING non_replicated_deduplication_window = 0")
    with serving(store) as server:
        url = {"url": f"http://127.0.0.1:{server.server_address[1]}"}
        with coast.process(url, f"{step}:freeze:3") as zombie:
            published_until(coast, lambda: is_frozen(zombie))
            with coast.here.landing(instance="0" if coast.embedded else "other") as successor:
                coast.publish()
                coast.landed(successor)
                if not coast.embedded:
                    zombie.send_signal(signal.SIGCONT)
                    eventually(lambda: is_shared(coast, successor))
                    coast.publish()
                    coast.here.wait_for(2 * 20 * coast.rounds)
            zombie.send_signal(signal.SIGCONT)
            coast.publish()
            coast.here.wait_for(2 * 20 * coast.rounds)
            coast.wait_for_letters()
            zombie.terminate()
            assert zombie.wait(60) == 0
    coast.is_right()


def is_shared(coast: Coast, lander: Lander) -> bool:
    """Whether some partitions, and not all, are a lander's."""
    return 0 < int(str(lander.status()["partitions"])) < len(topics.TOPICS) * coast.here.partitions
