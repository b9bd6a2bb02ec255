"""Timers: each key once, at the earliest moment asked for, in the order of (due, key); nothing piles up."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.kernel.timers import SPAN, Timers

MOMENTS = st.integers(0, 5 * SPAN) | st.sampled_from([SPAN - 1, SPAN, SPAN + 1, 2 * SPAN])
KEYS = st.sampled_from("abcdef")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        pytest.param(SPAN - 1, [], id="before"),
        pytest.param(SPAN, [], id="exactly then: the clock has not passed it"),
        pytest.param(SPAN + 1, ["k"], id="after"),
        pytest.param(9 * SPAN, ["k"], id="long after"),
    ],
)
def test_due(clock: int, expected: list[str]) -> None:
    timers = Timers()
    timers.arm("k", SPAN)
    assert list(timers.passed(clock)) == expected


@pytest.mark.parametrize(
    ("moments", "first"),
    [
        pytest.param([10 * SPAN, 5 * SPAN], 5 * SPAN, id="earlier: it moves"),
        pytest.param([5 * SPAN, 10 * SPAN], 5 * SPAN, id="later: it comes up early"),
        pytest.param([5 * SPAN + 2, 5 * SPAN + 1], 5 * SPAN + 1, id="earlier in the same minute"),
    ],
)
@pytest.mark.parametrize("clock", [0, 5 * SPAN], ids=["in the future", "in this minute"])
def test_moved(moments: list[int], first: int, clock: int) -> None:
    timers = Timers()
    timers.arm("already passed", clock)
    assert list(timers.passed(clock + 1)) == ["already passed"]
    for moment in moments:
        timers.arm("k", moment)
    assert timers.first() == first
    assert list(timers.passed(first)) == []
    assert list(timers.passed(99 * SPAN)) == ["k"]
    assert timers.first() is None


def test_a_key_armed_while_others_come_up() -> None:
    timers = Timers()
    for key, moment in (("a", 1), ("c", 3), ("d", 3 * SPAN)):
        timers.arm(key, moment)
    came = []
    for key in timers.passed(4 * SPAN):
        came.append(key)
        if key == "a":
            timers.arm("b", 2)
            timers.arm("later", 2 * SPAN)
            timers.drop("d")
    assert came == ["a", "b", "c", "later"]


def steps(*words: str) -> st.SearchStrategy[list[tuple[str, str, int]]]:
    return st.lists(st.tuples(st.sampled_from(words), KEYS, MOMENTS))


@settings(deadline=None)
@given(steps("arm", "drop", "pass"))
def test_any_history(steps: list[tuple[str, str, int]]) -> None:
    timers, armed = Timers(), dict[str, int]()
    for step, key, moment in steps:
        if step == "arm":
            timers.arm(key, moment)
            armed[key] = min(moment, armed.get(key, moment))
        elif step == "drop":
            timers.drop(key)
            armed.pop(key, None)
        else:
            assert list(timers.passed(moment)) == passed(armed, moment)
            armed = {key: at for key, at in armed.items() if at >= moment}
        assert len(timers) == len(armed)
        assert timers.first() == min(armed.values(), default=None)


@settings(deadline=None)
@given(st.dictionaries(KEYS, MOMENTS), steps("arm", "pass"))
@example({"f": 60_000}, [("arm", "f", 0), ("pass", "", 1), ("arm", "f", 60_001), ("pass", "", 60_001)])
def test_any_history_that_begins_with_a_restore(
    restored: dict[str, int], steps: list[tuple[str, str, int]]
) -> None:
    """A key may come up once more at the moment with which it was restored. Whoever looks at it then finds
    nothing, and arms it again.
    """
    timers, armed = Timers(), dict(restored)
    timers.restore(list(restored), list(restored.values()))
    for step, key, moment in steps:
        if step == "arm":
            timers.arm(key, moment)
            armed[key] = min(moment, armed.get(key, moment))
            continue
        came, due = set(timers.passed(moment)), set(passed(armed, moment))
        assert due <= came
        armed = {key: at for key, at in armed.items() if at >= moment}
        for key in came - due:
            assert restored[key] < moment
            if key in armed:
                timers.arm(key, armed[key])
    assert set(armed) <= set(timers.passed(9 * SPAN))


def passed(armed: dict[str, int], moment: int) -> list[str]:
    return [key for _, key in sorted((at, key) for key, at in armed.items() if at < moment)]


def test_restored_keys_come_up_at_their_moments_or_at_an_earlier_one_asked_for_since() -> None:
    timers = Timers()
    timers.restore(["c", "b", "a", "far", "later", "sooner"], [7, 5, 5, 3 * SPAN, 2 * SPAN, 2 * SPAN])
    timers.arm("later", 4 * SPAN)
    timers.arm("sooner", 6)
    assert timers.first() == 5
    assert list(timers.passed(8)) == ["a", "b", "sooner", "c"]
    assert timers.first() == 2 * SPAN
    assert list(timers.passed(2 * SPAN + 1)) == ["later", "sooner"]
    timers.drop("far")
    assert set(timers.passed(9 * SPAN)) <= {"far"}
    assert (timers.first(), len(timers)) == (None, 0)


@pytest.mark.parametrize("clock", [0, SPAN, SPAN + 5], ids=["before", "in between", "after"])
def test_what_was_restored_of_the_past_comes_up_too(clock: int) -> None:
    timers = Timers()
    timers.arm("k", clock)
    assert list(timers.passed(clock + 1)) == ["k"]
    timers.restore(["x", "y"], [3, SPAN + 3])
    timers.restore(["z"], [4])
    assert list(timers.passed(2 * SPAN)) == ["x", "z", "y"]


def forgotten_in_a_month(at: int) -> int:
    return at + 43_200 * SPAN


def signalled_in_half_an_hour(at: int) -> int:
    return at + 30 * SPAN


@pytest.mark.parametrize("deadline", [forgotten_in_a_month, signalled_in_half_an_hour])
def test_a_key_in_which_much_happens_leaves_nothing_behind(deadline: Callable[[int], int]) -> None:
    """Each event arms its key for itself, and then for the deadline again."""
    timers = Timers()
    timers.arm("k", deadline(0))
    for at in range(0, 60 * SPAN, SPAN // 10):
        timers.arm("k", at)
        for key in timers.passed(at + 1):
            timers.arm(key, deadline(at))
    held = len(timers._near) + len(timers._spans) + sum(map(len, timers._far.values()))
    assert held <= 2 * 61, "of this hour at most: a mark for each minute that had keys"
    assert len(timers) == 1
