"""Twenty processes killed at random while the simulated shop is open: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, DEAD_LETTERS, OUTREACH, TOPICS
from schemas.words import Millis
from sinks.clickhouse.audit import audit
from sinks.clickhouse.client import rows
from sinks.clickhouse.embedded import EmbeddedStore
from streams.demo.folder import DemoOptions, demo_settings
from streams.demo.landed import landed_rows
from streams.demo.log import Log, read_log, sound
from streams.demo.report import verdicts
from streams.demo.run import thresholds
from streams.kernel.changelog import Batch, read_batches
from streams.kernel.deadletters import offset_of
from streams.preparing import prepare
from streams.reading import read_to_end
from streams.roles import Role
from streams.rows import asking
from streams.sections import ClickHouseSettings, KafkaSettings
from streams.settings import Settings
from streams.visits import Visits
from streams.wiring import codec_of, kernel_config
from tests.apache_kafka import ApacheKafka
from tests.chaos.fleet import Fleet, Worker
from tests.chaos.replaying import State, replayed, state_of
from tests.sinks.clickhouse_server import serving

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(600)]

ROLES: tuple[Role, ...] = ("visits", "care", "landing")
KILLS = 20
SPEED = 300.0
RATE = 100.0
HISTORY = "2h"


@contextmanager
def somewhere_to_land(workers: int, folder: Path) -> Iterator[str | None]:
    """One landing process has an engine of its own; several need one that is nobody's."""
    if workers == 1:
        yield None
        return
    store = EmbeddedStore(folder / "clickhouse")
    try:
        with serving(store) as server:
            yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        store.close()


def fleet_of(workers: int, shared: Settings, url: str | None) -> Fleet:
    """Workers of each role; the folders and names that they don't share are numbered."""
    return Fleet(
        shared,
        [
            Worker(
                role,
                shared.but(
                    data_dir=shared.data_dir / str(number),
                    clickhouse=ClickHouseSettings(url=url, instance=str(number)),
                ),
            )
            for role in ROLES
            for number in range(workers)
        ],
    )


def settings_on(kafka: ApacheKafka, prefix: str, folder: Path) -> Settings:
    base = Settings().but(prefix=prefix)
    options = DemoOptions(speed=SPEED, partitions=4)
    chosen = demo_settings(base, options, folder, kafka.bootstrap)
    return chosen.but(kafka=KafkaSettings(kind="kafka", bootstrap=kafka.bootstrap))


@pytest.mark.parametrize(
    ("workers", "seed"),
    [
        pytest.param(1, 11, id="one", marks=pytest.mark.long),
        pytest.param(2, 22, id="two", marks=pytest.mark.long),
    ],
)
def test_nothing_lost_nothing_twice(
    workers: int, seed: int, kafka: ApacheKafka, prefix: str, tmp_path: Path
) -> None:
    shared = settings_on(kafka, prefix, tmp_path)
    prepare(shared)
    with somewhere_to_land(workers, tmp_path) as url:
        fleet = fleet_of(workers, shared, url)
        try:
            fleet.simulate(RATE, seed, HISTORY)
            fleet.kill_some(KILLS, Random(seed))
            until = fleet.catch_up()
            fleet.stop("visits", "care")
            state_is_that_of_a_replay(shared, seed)
            log = read_log(shared, codec_of(shared), TOPICS)
            all_is_said_once(log, shared, until, seed)
            all_is_landed_once(fleet, log, seed)
        finally:
            fleet.close()


def all_is_said_once(log: Log, settings: Settings, until: int, seed: int) -> None:
    """The signals are those of the batch computation over the log; and no record is there twice."""
    for verdict in verdicts(log, thresholds(settings), until):
        print(f"{verdict.true} happened, {verdict.signalled} signalled, {verdict.withdrawn} withdrawn")
        assert verdict.flawless, f"seed {seed}: {verdict}"
        assert verdict.copies == 0, f"seed {seed}: {verdict}"
        assert verdict.true > 10
    for topic in (ABANDONMENT_SIGNALS, CONTACT_SIGNALS, DEAD_LETTERS, *OUTREACH.values()):
        times = Counter(each.event_id for each in log.records(topic))
        twice = [event_id for event_id, count in times.items() if count > 1]
        assert not twice, f"seed {seed}: {topic.label} has {twice} more than once"


def all_is_landed_once(fleet: Fleet, log: Log, seed: int) -> None:
    """As many rows as there are sound records, once no erasure is under way; and the audit finds nothing."""
    asked = fleet.of("landing")[0].settings
    wanted = {label: count for label in log.topics if (count := log.count(label, "event", "tombstone"))}
    fleet.until(lambda: landed_rows(asked) == wanted, f"seed {seed}: all is landed, once")
    with asking(asked) as client:
        result = audit(lambda statement: rows(client, statement))
    assert not result.findings, f"seed {seed}: {result.findings}"


def state_is_that_of_a_replay(settings: Settings, seed: int) -> None:
    """What visits keeps. (What care keeps depends on people's time too, which no replay has.)

    Not compared: ``told``, which numbers facts of one moment. A copy of a click that comes in late counts.
    """
    for partition in range(settings.partitions):
        changelog = changelog_of_visits(settings, partition)
        assert changelog.position is not None
        clock = changelog.position.clock
        found = visitors({key.decode(): value for key, value in changelog.values.items()}, clock)
        wanted = visitors(replay_of_visits(settings, partition, changelog.position.after), clock)
        different = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
        examples = [f"{key}: {found.get(key)} and not {wanted.get(key)}" for key in different[:3]]
        assert not different, f"seed {seed}: {len(different)} of {len(wanted)} differ: {examples}"
        assert len(wanted) > 50


def changelog_of_visits(settings: Settings, partition: int) -> Batch:
    """All that a restore would read, and the position that it ends with."""
    config, whole = kernel_config(settings), Batch()
    for batch in read_batches(config, config.internal("visits", "changelog"), partition):
        whole.values.update(batch.values)
        whole.position = batch.position
    return whole


def replay_of_visits(settings: Settings, partition: int, to: Mapping[str, int]) -> dict[str, bytes | None]:
    """The changelog that comes of reading the inputs once, without faults, up to the offsets."""
    codec = codec_of(settings)
    records = [
        (topic, record)
        for topic in Visits.inputs
        for message in read_to_end(settings, topic.named(settings.prefix))
        if message.partition() == partition and offset_of(message) < to[topic.label]
        if (record := sound(codec, topic, message)) is not None
    ]
    return dict(replayed(Visits(), records, settings.lateness).changes())


def visitors(changelog: Mapping[str, bytes | None], clock: Millis) -> State:
    """What is kept of each visitor by a task that stands at ``clock``, but for ``told``."""
    state = state_of(Visits(), changelog, clock)
    for _, entry in state.values():
        if entry.state is not None:
            entry.state.told = 0
    return state
