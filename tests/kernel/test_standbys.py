"""Standbys: whom a worker follows, what a take-over begins with, and when it doesn't."""

import logging
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from streams.kernel.changelog import POSITION_KEY, Position, encode_position
from streams.kernel.restoring import Copy, RestoreProgress, Source
from streams.kernel.standbys import STALE_AFTER, Standby, Standbys, followed
from streams.kernel.watermark import unknown
from tests.apache_kafka import ApacheKafka
from tests.kernel.counting import Noting
from tests.kernel.harness import Bench, bench, until


def range_of(place: int, members: int, partitions: int) -> set[int]:
    """What ``range`` gives to the member at a place: the first get one more if that is needed."""
    share, more = divmod(partitions, members)
    first = place * share + min(place, more)
    return set(range(first, first + share + (place < more)))


@pytest.mark.parametrize("standbys", [1, 2])
@pytest.mark.parametrize("partitions", [1, 2, 4, 7, 8, 16, 50])
def test_whoever_is_left_has_followed_what_it_is_given(partitions: int, standbys: int) -> None:
    for members in range(standbys + 1, 12):
        for place in range(members):
            has = followed(range_of(place, members, partitions), partitions, standbys)
            for before in range(max(0, standbys - (members - place - 1)), min(place, standbys) + 1):
                left = members - standbys
                assert range_of(place - before, left, partitions) <= has


@pytest.mark.parametrize(
    ("own", "partitions", "standbys", "expected"),
    [
        pytest.param([], 4, 1, {0, 1, 2, 3}, id="who has none follows all"),
        pytest.param([0, 1], 4, 1, {0, 1, 2, 3}, id="two workers follow each other"),
        pytest.param([8, 9], 20, 1, {5, 6, 7, 8, 9, 10, 11, 12}, id="of many, the neighbours"),
        pytest.param([18, 19], 20, 1, {15, 16, 17, 18, 19}, id="the last has none behind it"),
    ],
)
def test_followed(own: list[int], partitions: int, standbys: int, expected: set[int]) -> None:
    assert followed(own, partitions, standbys) == expected


@pytest.mark.parametrize(
    ("seconds", "stale"),
    [
        pytest.param(STALE_AFTER - 60, False, id="before"),
        pytest.param(STALE_AFTER + 60, True, id="after: tombstones may be gone"),
    ],
)
def test_stale(seconds: float, stale: bool) -> None:
    assert Standby(at_end=time.time() - seconds).stale is stale


def position(offset: int) -> bytes:
    return encode_position(Position({}, {"clickstream": offset}, unknown(Noting.inputs), 0, {}))


@pytest.fixture
def here(kafka: ApacheKafka, prefix: str) -> Bench:
    """One changelog partition with two commits: {a: 1, b: 1} as of 10, then {a: 2, b: forgotten} as of 20."""
    made = bench(kafka.bootstrap, prefix, 1, embedded=False)
    written(made, (b"a", b"1"), (b"b", b"1"), (POSITION_KEY, position(10)))
    written(made, (b"a", b"2"), (b"b", None), (POSITION_KEY, position(20)))
    return made


def written(here: Bench, *records: tuple[bytes, bytes | None]) -> None:
    """One commit."""
    producer = Producer(here.config.producer({"transactional.id": f"{here.config.prefix} writer"}))
    producer.init_transactions(30)
    producer.begin_transaction()
    for key, value in records:
        producer.produce(changelog(here), value, key, partition=0)
    producer.commit_transaction(30)


def changelog(here: Bench) -> str:
    return here.config.internal("noting", "changelog")


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("copy", "read_from"),
    [
        pytest.param(None, [0], id="nothing"),
        pytest.param(Copy(4, {b"a": b"1", b"b": b"1"}), [4], id="one commit: the other is read"),
        pytest.param(Copy(8, {b"a": b"2"}, position(20)), [8], id="everything"),
        pytest.param(Copy(0, {}), [0], id="it had only begun"),
        pytest.param(Copy(99, {b"x": b"1"}), [0], id="a longer log: not this one"),
        pytest.param(Copy(8, {b"x": b"1"}, position(15)), [8, 0], id="another history: all is read"),
    ],
)
def test_a_take_over_goes_on_from_what_was_followed(
    here: Bench, copy: Copy | None, read_from: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        source = Source(here.config, changelog(here), 0)
        restored = source.restored({"clickstream": 20}, RestoreProgress(), copy)
    assert (restored.values, restored.reached, restored.offset) == ({b"a": b"2"}, {"clickstream": 20}, 8)
    assert read_offsets(caplog) == read_from


def read_offsets(caplog: pytest.LogCaptureFixture) -> list[int]:
    """From where each restore has read."""
    args = [record.args for record in caplog.records if "offsets %s to %s were read" in record.msg]
    return [int(str(each[4])) for each in args if isinstance(each, tuple)]


@pytest.fixture
def standbys(here: Bench) -> Iterator[Standbys]:
    """Standbys that follow it from the beginning."""
    following = Standbys(here.config, changelog(here))
    following.begin([0])
    following.follow([0], {})
    yield following
    following.close()


@pytest.mark.kafka
def test_what_is_committed_is_followed_and_nothing_else(here: Bench, standbys: Standbys) -> None:
    until(lambda: standbys.status()["0"] == {"keys": 1, "behind": 0}, "it has come to the end")
    (copy,) = standbys.begin([0]).values()
    assert copy == Copy(8, {b"a": b"2"}, position(20))
    producer = Producer(here.config.producer({"transactional.id": f"{here.config.prefix} writer"}))
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(changelog(here), b"never", b"c", partition=0)
    assert producer.flush(30) == 0
    producer.abort_transaction(30)
    written(here, (b"d", b"1"), (POSITION_KEY, position(30)))
    until(lambda: standbys.status()["0"] == {"keys": 2, "behind": 0}, "the next commit")
    assert standbys.begin([0])[0].values == {b"a": b"2", b"d": b"1"}
    assert copy.values == {b"a": b"2"}, "a copy goes its own way"


@pytest.mark.kafka
def test_a_standby_goes_on_from_what_was_restored(here: Bench) -> None:
    following = Standbys(here.config, changelog(here))
    try:
        following.begin([0])
        following.follow([0], {0: Copy(8, {b"restored": b"1"})})
        written(here, (b"c", b"1"), (POSITION_KEY, position(30)))
        until(lambda: following.status()["0"] == {"keys": 2, "behind": 0}, "the next commit")
        assert following.begin([0])[0].values == {b"restored": b"1", b"c": b"1"}
    finally:
        following.close()


@pytest.mark.kafka
def test_nothing_is_taken_from_a_changelog_that_was_created_anew(here: Bench, standbys: Standbys) -> None:
    until(lambda: standbys.status()["0"]["keys"] == 1, "it has followed")
    admin = AdminClient({"bootstrap.servers": here.config.kafka["bootstrap.servers"]})
    admin.delete_topics([changelog(here)])[changelog(here)].result(30)
    until(lambda: changelog(here) not in admin.list_topics(timeout=30).topics, "it is gone")
    here.create(changelog(here))
    for number in range(4):
        written(here, (b"new", b"1"), (POSITION_KEY, position(number)))
    assert standbys.begin([0]) == {}
    standbys.follow([0], {})
    until(lambda: standbys.status()["0"] == {"keys": 1, "behind": 0}, "the new one is followed")
    assert standbys.begin([0])[0].values == {b"new": b"1"}
