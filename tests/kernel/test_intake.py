"""Which events of the bulk are refused, read at once, dropped, or wait unread."""

from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import topics
from schemas.batches import SMALL
from schemas.events import Click
from streams.kernel.config import KernelConfig
from streams.kernel.intake import Intake, Rejected
from streams.kernel.room import KEY_BYTES, LARGE
from streams.kernel.task import Task
from streams.kernel.waiting import Row
from streams.visits import Visits
from tests.builders import START, added, clicked, identified, minute
from tests.kernel.harness import CODEC

VISITS = Visits()
CONFIG = KernelConfig(kafka={})
MOST = CONFIG.future_tolerance
LABEL = topics.CLICKSTREAM.label
FILLING = [clicked(-1, visitor=f"crowd {number}") for number in range(SMALL)]
"""With so many a batch is decoded column by column."""


class Unread(Visits):
    """All its events are read at once."""

    bulk = None  # type: ignore[assignment]


def intake(visits: Visits) -> tuple[Intake, Task[Any]]:
    """A way in, and the task that it leads to; the cart of "known" is known."""
    task = Task(visits, lambda values: [CODEC.decode(value) for value in values])
    task.receive(added(0, visitor="known"))
    return Intake(CONFIG, CODEC, task), task


def take(way: Intake, events: Sequence[Click], written: int | None = None) -> list[Rejected]:
    """A run of clicks, written by the broker at that moment, or as they were received."""
    run = {
        offset: Message(
            topic=LABEL,
            partition=0,
            offset=offset,
            value=CODEC.encode(event),
            timestamp=(1, event.received_at if written is None else written),
        )
        for offset, event in enumerate(events)
    }
    return list(way.take(topics.CLICKSTREAM, run))


def refusals(rejected: list[Rejected]) -> list[tuple[int | None, str]]:
    return [(each.record.offset(), each.reason) for each in rejected]


def waits(task: Task[Any]) -> list[Row]:
    """What waits unread, of those who aren't the filling."""
    return [row for row in task._waiting.passed(minute(1_000)) if "crowd" not in row[1]]


@pytest.mark.parametrize("among", [[], FILLING], ids=["alone", "among many"])
@pytest.mark.parametrize(
    ("event", "becomes"),
    [
        pytest.param(clicked(5), "waits", id="a stranger's"),
        pytest.param(clicked(5, visitor="known"), "is read", id="of a visitor who is known"),
        pytest.param(identified(5), "is read", id="it means something alone"),
        pytest.param(clicked(5, is_bot=True), "is dropped", id="a bot's"),
        pytest.param(identified(5, is_bot=True), "is dropped", id="of a bot that names a customer"),
        pytest.param(clicked(5, received_at=minute(5) - MOST), "waits", id="as long before as may be"),
        pytest.param(clicked(5, received_at=minute(5) - MOST - 1), "is refused", id="too long before"),
        pytest.param(clicked(5, received_at=minute(9) + MOST), "waits", id="as long after it was written"),
        pytest.param(clicked(5, received_at=minute(9) + MOST + 1), "is refused", id="too long after"),
        pytest.param(
            identified(5, received_at=minute(9) + MOST + 1), "is refused", id="the same, of a customer"
        ),
    ],
)
def test_a_click(event: Click, becomes: str, among: list[Click]) -> None:
    way, task = intake(Visits())
    key, time = VISITS.key(event), way.watermarks.inputs
    refused = refusals(take(way, [*among, event], written=minute(9)))
    assert refused == ([(len(among), "from_the_future")] if becomes == "is refused" else [])
    assert (time[LABEL] == event.received_at) is (becomes != "is refused"), "it moves time"
    row = (event.occurred_at, key, CODEC.encode(event))
    assert waits(task) == ([row] if becomes == "waits" else [])
    assert (key in task.known) is (becomes == "is read")


def test_refusals_come_in_the_order_of_the_log_and_name_their_records() -> None:
    way, task = intake(Visits())
    assert task.receive(clicked(1, visitor="known"), KEY_BYTES - LARGE)
    ahead, full = clicked(99, received_at=START), clicked(1, visitor="known")
    refused = refusals(take(way, [ahead, full, clicked(1), full, ahead]))
    assert refused == [(0, "from_the_future"), (4, "from_the_future"), (1, "key_full"), (3, "key_full")]


CLICKS = st.builds(
    lambda at, skew, visitor, bot, customer: clicked(
        at, visitor=visitor, is_bot=bot, customer_id=customer, received_at=minute(at) + skew
    ),
    st.integers(0, 30).map(float),
    st.sampled_from([0, 1_000, -MOST, -MOST - 1, MOST]),
    st.sampled_from(["known", "phone", "laptop"]),
    st.booleans(),
    st.sampled_from([None, None, "ann"]),
)


@settings(max_examples=200, deadline=None)
@given(runs=st.lists(st.lists(CLICKS, max_size=8), max_size=4), many=st.booleans())
def test_the_same_is_refused_and_told_as_if_all_were_read(runs: list[list[Click]], many: bool) -> None:
    (quick, some), (plain, every) = intake(Visits()), intake(Unread())
    for run in runs:
        clicks = [*FILLING, *run] if many else run
        assert refusals(take(quick, clicks, minute(20))) == refusals(take(plain, clicks, minute(20)))
        assert quick.watermarks == plain.watermarks
        clock = quick.watermarks.inputs[LABEL]
        told, expected = (
            sorted(repr(out.value) for out in task.advance(clock, START)) for task in (some, every)
        )
        assert told == expected
    assert some.states() == every.states()
