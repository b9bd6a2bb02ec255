"""Events that wait unread: the same comes of them as if each had been read at once."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.events import CartEvent, Click
from schemas.topics import Output
from streams.kernel.processor import Moment
from streams.kernel.task import Task
from streams.kernel.waiting import PREFIX, RECORD_BYTES, TOGETHER, Row, Waiting, rows_in
from streams.visits import Visits
from tests.builders import START, added, bought, clicked, identified, minute
from tests.kernel.harness import CODEC

VISITS = Visits()
DEVICES = st.sampled_from(["phone", "laptop"])
AT = st.integers(0, 60).map(float)
EVENTS = st.one_of(
    st.builds(clicked, AT, visitor=DEVICES),
    st.builds(clicked, AT, visitor=DEVICES, is_bot=st.booleans()),
    st.builds(identified, AT, visitor=DEVICES),
    st.builds(added, AT, visitor=DEVICES),
    st.builds(bought, AT, visitor=DEVICES),
)


def read(values: Sequence[bytes]) -> list[Any]:
    """Every value, as the host reads it."""
    return [CODEC.decode(value) for value in values]


def hosted() -> Task[Any]:
    return Task(VISITS, read)


def row(at: float, visitor: str = "v") -> Row:
    event = clicked(at, visitor=visitor)
    return event.occurred_at, VISITS.key(event), CODEC.encode(event)


def take(task: Task[Any], event: Click | CartEvent) -> None:
    """As the way into a task does it."""
    key = VISITS.key(event)
    if isinstance(event, CartEvent) or event.customer_id is not None or key in task.known:
        task.receive(event)
    elif not event.is_bot:
        task.wait([(event.occurred_at, key, CODEC.encode(event))])


def told(outputs: list[Output]) -> list[Any]:
    return [output.value for output in outputs]


def by_visitor(outputs: list[Output]) -> list[Any]:
    """Of each visitor in the order in which it was told; between visitors there is none."""
    return sorted(told(outputs), key=lambda fact: fact.visitor_id)


@pytest.mark.parametrize("written", [False, True], ids=["new", "in the changelog"])
@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        pytest.param(minute(1) - 1, 0, id="before it happened"),
        pytest.param(minute(1), 0, id="at that moment: others of that moment may be outstanding"),
        pytest.param(minute(1) + 1, 1, id="after"),
    ],
)
def test_it_is_looked_at_when_the_clock_has_passed_it(clock: int, expected: int, written: bool) -> None:
    waiting = Waiting()
    waiting.add([row(1)])
    if written:
        waiting.changes()
    assert len(waiting.passed(clock)) == expected
    assert waiting.first() == (None if expected else minute(1))
    assert len(waiting.passed(clock)) == 0


def test_of_a_stranger_nothing_is_made() -> None:
    task = hosted()
    task.wait([row(1)])
    assert task.advance(minute(2), START) == []
    assert len(task) == 0


def test_the_cart_of_the_same_moment_is_read_after_the_click() -> None:
    """The click shows that the visitor is active: it is told once the clock has passed both."""
    task = hosted()
    task.wait([row(5)])
    task.receive(added(1))
    outputs = task.advance(minute(6), START)
    assert [fact.type for fact in told(outputs)] == ["cart_changed", "activity"]


def test_a_late_one_counts_for_a_cart_that_is_known_by_then() -> None:
    task = hosted()
    task.receive(added(1))
    task.advance(minute(10), START)
    task.wait([row(5)])
    assert [fact.type for fact in told(task.advance(minute(10), START))] == ["activity"]
    assert task.late_events == 1


@settings(max_examples=500, deadline=None)
@example(
    events=[
        clicked(0, visitor="phone", is_bot=True),
        identified(1, visitor="phone"),
        identified(1, visitor="laptop"),
    ],
    steps=[],
    restarts=[],
)
@given(
    events=st.lists(EVENTS, max_size=14),
    steps=st.lists(st.integers(1, 30), max_size=8),
    restarts=st.lists(st.booleans(), max_size=9),
)
def test_the_same_is_told_and_known_whatever_waits_unread(
    events: list[Any], steps: list[int], restarts: list[bool]
) -> None:
    """Each turn reads some events and moves the clock, and the task may be restored from its changelog."""
    plain, waits = Task(VISITS), hosted()
    log: dict[str, bytes] = {}
    clock = START
    for turn, step in enumerate((*steps, 120)):
        read_now, events = (events, []) if step == 120 else (events[:3], events[3:])
        for event in read_now:
            plain.receive(event)
            take(waits, event)
        clock = max(clock, START + step * 60_000)
        assert by_visitor(waits.advance(clock, START)) == by_visitor(plain.advance(clock, START))
        for key, value in waits.changes():
            log[key] = value or b""
        if turn < len(restarts) and restarts[turn]:
            waits = restored(log, clock)
    assert waits.states() == plain.states()


def restored(log: dict[str, bytes], clock: int) -> Task[Any]:
    task = hosted()
    for key, value in log.items():
        if value:
            task.restore(key, value)
    task.resume(clock)
    return task


def written(waiting: Waiting) -> list[str]:
    """Names of records that are written now; those that are forgotten with a minus."""
    return [f"-{name}" if value is None else name for name, value in waiting.changes()]


def test_what_came_since_the_last_commit_is_one_record_and_is_forgotten_with_its_last_row() -> None:
    waiting = Waiting()
    waiting.add([row(1.2, visitor="w"), row(1)])
    (first,) = written(waiting)
    waiting.add([row(1.1)])
    (second,) = written(waiting)
    assert first != second
    assert [key for _, key, _ in waiting.passed(minute(1) + 1)] == ["main/v"]
    assert written(waiting) == []
    waiting.passed(minute(1.1) + 1)
    assert written(waiting) == [f"-{second}"]
    waiting.passed(minute(1.2) + 1)
    assert written(waiting) == [f"-{first}"]
    assert not waiting.changed


def test_what_the_clock_passed_before_a_commit_is_not_written() -> None:
    waiting = Waiting()
    waiting.add([row(1), row(2)])
    waiting.passed(minute(2))
    ((_, value),) = waiting.changes()
    assert rows_in(value or b"") == [row(2)]
    waiting.add([row(2)])
    waiting.passed(minute(3))
    assert not waiting.changed


@pytest.mark.parametrize(
    ("apart", "records"),
    [
        pytest.param(TOGETHER, 1, id="as far as goes together"),
        pytest.param(TOGETHER + 1, 2, id="further"),
    ],
)
def test_a_row_that_is_ahead_of_the_others_keeps_none_of_them(apart: int, records: int) -> None:
    waiting = Waiting()
    waiting.add([(START + apart, "main/ahead", b""), (START, "main/v", b"")])
    assert len(written(waiting)) == records
    waiting.passed(START + 1)
    assert len(written(waiting)) == records - 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"{PREFIX}7", id="as it is written"),
        pytest.param(f"{PREFIX}7120000000/7", id="as it was written when rows were kept by spans of time"),
    ],
)
def test_a_restore_takes_rows_in_any_order_and_uses_no_name_twice(name: str) -> None:
    source, waiting = Waiting(), Waiting()
    source.add([row(1)])
    ((_, value),) = source.changes()
    waiting.restore(name, msgspec.msgpack.encode([row(3), row(1), row(2)]))
    waiting.restore(f"{PREFIX}2", value or b"")
    waiting.add([row(4)])
    assert written(waiting) == [f"{PREFIX}8"]
    assert sorted(waiting.passed(minute(2) + 1)) == [row(1), row(1), row(2)]
    assert written(waiting) == [f"-{PREFIX}2"]
    assert waiting.passed(minute(3) + 1) == [row(3)]
    assert written(waiting) == [f"-{name}"]


def test_of_a_restored_record_only_what_the_clock_had_not_passed_waits() -> None:
    task, log = hosted(), Waiting()
    log.add([row(1), row(2)])
    ((name, value),) = log.changes()
    task.restore(name, value or b"")
    task.resume(minute(1) + 1)
    assert task.wakes_at == minute(2)


def test_a_record_of_the_changelog_stays_short() -> None:
    waiting = Waiting()
    waiting.add([(START, "main/v", bytes(RECORD_BYTES))] * 3)
    assert [len(value or b"") < 2 * RECORD_BYTES for _, value in waiting.changes()] == [True] * 3


@given(event=EVENTS)
def test_what_visits_says_of_its_bulk_is_true(event: Any) -> None:
    """Of an event that may wait unread, nothing comes while nothing is known; of a bot's nothing at all."""
    bulk = VISITS.bulk
    if not isinstance(event, bulk.topic.model):
        return
    assert VISITS.remember(event) is None
    assert VISITS.key(event) == topics.key(*(getattr(event, name) for name in bulk.key))
    out: list[Output] = []
    here = Moment(START, START, False, START)
    if getattr(event, bulk.alone) is None or getattr(event, bulk.never):
        assert VISITS.apply(None, event, here, out) is None
        assert VISITS.late(None, event, here, out) is None
        assert out == []
