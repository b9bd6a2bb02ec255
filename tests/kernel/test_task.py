"""The task: order, deadlines, duplicates, late events, forgetting, restore. All without a broker."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.events import Click
from streams.kernel.state import EntryCodec
from streams.kernel.stepping import StuckProcessor, order
from streams.kernel.task import Task
from tests.kernel.counting import SILENCE, Notes, Noting, click


def run(*events: Click, to: int) -> list[tuple[tuple[str, ...], int]]:
    """What is said when the events are read in this order and the clock then reaches ``to``."""
    task = Task(Noting())
    for event in events:
        task.receive(event)
    return spoken(task, to)


def spoken(task: Task[Notes], to: int) -> list[tuple[tuple[str, ...], int]]:
    return [(out.value.visitors, out.value.updated_at) for out in task.advance(to, to)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        pytest.param(109, [], id="before the deadline"),
        pytest.param(110, [], id="exactly at it: an event of that moment may be outstanding"),
        pytest.param(111, [(("a",), 110)], id="after it"),
    ],
)
def test_deadline(to: int, expected: list[object]) -> None:
    assert run(click("a", 10), to=to) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(109, [], id="event before the deadline moves it"),
        pytest.param(110, [], id="event exactly at the deadline moves it"),
        pytest.param(111, [(("a",), 110)], id="event after the deadline comes too late"),
    ],
)
def test_event_against_deadline_in_one_jump_of_the_clock(second: int, expected: list[object]) -> None:
    assert run(click("a", 10), click("b", second), to=second + 1) == expected


@pytest.mark.parametrize("events", list(permutations([click("a", 1), click("b", 2), click("c", 3)])))
def test_any_order_of_arrival_is_applied_in_order_of_time(events: tuple[Click, ...]) -> None:
    assert run(*events, to=1_000) == [(("a", "b", "c"), 3 + SILENCE)]


def test_at_the_same_moment_sequence_decides_and_then_the_id() -> None:
    events = [click("z", 1), click("b", 1, sequence=1), click("a", 1, sequence=2)]
    assert run(*reversed(events), to=1_000) == [(("z", "b", "a"), 1 + SILENCE)]


def test_an_event_read_twice_is_applied_once() -> None:
    assert run(click("a", 1), click("a", 1), to=1_000) == [(("a",), 1 + SILENCE)]


def test_a_duplicate_is_dropped_also_after_its_state_was_forgotten() -> None:
    task = Task(Noting())
    task.receive(click("a", 1))
    task.advance(500, 500)
    task.receive(click("a", 1))
    assert spoken(task, 900) == []


def test_an_event_older_than_the_clock_is_late() -> None:
    task = Task(Noting())
    task.receive(click("a", 50))
    task.advance(60, 60)
    task.receive(click("b", 59))
    task.receive(click("c", 60))
    assert spoken(task, 1_000) == [(("a", "late b", "c"), 160)]
    assert task.late_events == 1


def test_nobody_may_commit_between_reading_what_is_late_and_looking_at_it() -> None:
    task = Task(Noting())
    task.receive(click("a", 10))
    task.advance(50, 50)
    task.receive(click("late", 20))
    assert task.unsettled
    with pytest.raises(AssertionError, match="would be lost"):
        task.changes()
    task.advance(50, 50)
    assert not task.unsettled
    assert task.changes()


def test_everything_is_forgotten_in_the_end() -> None:
    task = Task(Noting())
    task.receive(click("a", 1))
    task.advance(10_000, 10_000)
    assert len(task) == 0
    assert task.timers == 0
    assert task.changes() == [], "what came and went needs no tombstone"


def test_a_key_that_was_logged_gets_a_tombstone() -> None:
    task = Task(Noting())
    task.receive(click("a", 1))
    ((key, value),) = task.changes()
    assert (key, value is None) == ("main/v", False)
    task.advance(10_000, 10_000)
    assert task.changes() == [("main/v", None)]
    assert not task.changed


def test_keys_do_not_disturb_each_other() -> None:
    said = run(click("a", 1, visitor="x"), click("b", 2, visitor="y"), to=1_000)
    assert said == [(("a",), 1 + SILENCE), (("b",), 2 + SILENCE)]


def test_a_processor_that_states_a_passed_deadline_again_is_refused() -> None:
    class Stuck(Noting):
        def wake(self, state, due, at, out):  # type: ignore[no-untyped-def]
            return state

    task = Task(Stuck())
    task.receive(click("a", 1))
    with pytest.raises(StuckProcessor):
        task.advance(1_000, 1_000)


Log = dict[str, bytes]


def write(task: Task[Notes], log: Log) -> None:
    """A commit: what changed goes into the log, as compaction would leave it."""
    for key, value in task.changes():
        log.pop(key, None)
        if value is not None:
            log[key] = value


def restored(log: Log, clock: int) -> Task[Notes]:
    """A task as a restart would build it."""
    again = Task(Noting())
    again.clock = clock
    for key, value in log.items():
        again.restore(key, value)
    return again


def test_restoring_fires_nothing_and_the_clock_then_does() -> None:
    task = Task(Noting())
    task.receive(click("a", 1))
    task.advance(50, 50)
    log: Log = {}
    write(task, log)
    again = restored(log, task.clock)
    assert spoken(again, 50) == []
    assert spoken(again, 500) == [(("a",), 1 + SILENCE)]


@settings(deadline=None)
@given(
    times=st.lists(st.integers(1, 600), max_size=12),
    steps=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    restarts=st.sets(st.integers(0, 11)),
)
def test_neither_batches_nor_restarts_change_what_is_said(
    times: list[int], steps: list[int], restarts: set[int]
) -> None:
    events = [click(f"e{number}", at) for number, at in enumerate(sorted(times))]
    whole = run(*events, to=10_000)
    task, said, clock = Task(Noting()), [], 0
    log: Log = {}
    for number, step in enumerate(steps):
        clock += step
        for event in [e for e in events if clock - step <= e.occurred_at < clock]:
            task.receive(event)
        said += spoken(task, clock)
        write(task, log)
        if number in restarts:
            task = restored(log, clock)
    for event in [e for e in events if e.occurred_at >= clock]:
        task.receive(event)
    assert said + spoken(task, 10_000) == whole


def test_ids_are_forgotten_in_their_time_also_while_the_key_lives_on() -> None:
    task, log = Task(Noting()), Log()
    for number in range(60):
        task.receive(click(f"e{number}", number * 50))
    task.advance(3_000, 3_000)
    write(task, log)
    seen = EntryCodec(Noting()).decode(log["main/v"]).seen
    assert 20 <= len(seen) <= 22, "those of the last 1,000 ms, by which Noting remembers ids"


def test_of_two_copies_the_one_received_first_is_first_whatever_order_they_are_read_in() -> None:
    once = click("a", 1)
    again = replace(once, received_at=5)
    assert [order(copy) for copy in sorted((again, once), key=order)] == [order(once), order(again)]
