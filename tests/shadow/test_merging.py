"""Partitions are merged in the order of time, whatever is read first, and as far as all have come."""

from typing import Any

from hypothesis import strategies as st

from streams.shadow.merging import AHEAD, Merge
from tests.properties.always import always

LANES = ("a", "b", "c")
FAR = 10**9
READ = st.lists(st.tuples(st.sampled_from(LANES), st.integers(0, 50)), max_size=60)


def ready(merge: Merge) -> list[Any]:
    return [(one.at, one.value) for one in merge.ready()]


def test_nothing_comes_before_every_partition_has_come_so_far() -> None:
    merge = Merge(LANES, FAR)
    merge.put("a", 5, "first")
    merge.put("b", 7, "second")
    assert ready(merge) == []
    merge.put("c", 5)
    assert ready(merge) == [(5, "first")]
    merge.put("c", 8)
    merge.put("a", 6)
    assert ready(merge) == []
    merge.put("a", 7)
    assert ready(merge) == [(7, "second")]


def test_where_a_partition_ends_is_the_end() -> None:
    merge = Merge(LANES, FAR)
    for lane, at in (("a", 3), ("a", 9), ("b", 9), ("c", 4)):
        merge.put(lane, at, f"{lane}{at}")
    merge.end("c")
    assert ready(merge) == [(3, "a3"), (4, "c4")]
    assert (merge.limit, merge.wanted, merge.behind()) == (4, set(), ["c"])


def test_a_partition_that_is_behind_is_wanted_until_it_has_passed_the_limit() -> None:
    merge = Merge(("a", "b"), 10)
    merge.put("a", 10)
    merge.put("b", 11)
    assert merge.wanted == {"a"}


def test_time_that_goes_back_within_a_partition_stays() -> None:
    merge = Merge(("a",), FAR)
    merge.put("a", 5, "early")
    merge.put("a", 3, "late")
    assert ready(merge) == [(5, "early"), (5, "late")]


def test_enough_that_waits_is_said() -> None:
    merge = Merge(("a", "b"), FAR)
    for at in range(AHEAD):
        merge.put("a", at, at)
    assert merge.full == {"a"}
    merge.put("b", AHEAD)
    assert len(ready(merge)) == AHEAD
    assert merge.full == set()


@always(read=READ)
def test_all_comes_once_in_the_order_of_time_and_of_each_partition(read: list[tuple[str, int]]) -> None:
    merge = Merge(LANES, FAR)
    came = []
    for number, (lane, at) in enumerate(read):
        merge.put(lane, at, (lane, number))
        came += ready(merge)
    for lane in LANES:
        merge.put(lane, FAR)
    came += ready(merge)
    assert [at for at, _ in came] == sorted(at for at, _ in came)
    for lane in LANES:
        mine = [number for number, (name, _) in enumerate(read) if name == lane]
        assert [number for _, (name, number) in came if name == lane] == mine
