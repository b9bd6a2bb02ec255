"""What is read ahead waits in Kafka, not in memory, and nothing comes of it but that."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from schemas import topics
from schemas.control import Heartbeat, Hold
from schemas.topics import Topic
from streams.kernel.backpressure import CHUNK, Ahead, to_pause
from tests.kernel.counting import Noting
from tests.kernel.harness import CODEC, Bench, MakeBench, until
from tests.kernel.noted import START, beat, click, notes, send_time

LIMIT = 10_000
"""Of each task."""


def ahead(**sizes: int) -> Ahead:
    found = Ahead()
    for label, size in sizes.items():
        found.read(label, 100, size)
    return found


@pytest.mark.parametrize(
    ("sizes", "before", "holding", "paused"),
    [
        pytest.param({"clicks": 999}, "", "cart", "", id="before the limit"),
        pytest.param({"clicks": 1_000}, "", "cart", "", id="exactly"),
        pytest.param({"clicks": 1_001}, "", "cart", "clicks", id="after"),
        pytest.param({"clicks": 501}, "clicks", "cart", "clicks", id="more than half of it is left"),
        pytest.param({"clicks": 500}, "clicks", "cart", "", id="half of it is left"),
        pytest.param({"clicks": 9_000}, "clicks", "clicks", "", id="it holds the clock back now"),
        pytest.param({"clicks": 600, "orders": 600}, "", "cart", "clicks orders", id="two are ahead"),
        pytest.param({"clicks": 1_200, "orders": 0}, "", "cart", "clicks", id="one is ahead"),
        pytest.param({"clicks": 600, "orders": 0}, "orders", "cart", "", id="it is ahead no more"),
    ],
)
def test_an_input_that_is_ahead_is_paused(
    sizes: dict[str, int], before: str, holding: str, paused: str
) -> None:
    assert to_pause(ahead(**sizes), before.split(), 1_000, holding) == set(paused.split())


def test_what_the_clock_has_passed_is_not_ahead() -> None:
    found = Ahead()
    found.read("clicks", 100, 20_000)
    found.read("clicks", 200, 30_000)
    sizes = []
    for clock in (99, 100, 199, 200):
        found.come(clock)
        sizes.append(found.total)
    assert sizes == [50_000, 30_000, 30_000, 0]


def test_many_small_runs_are_kept_as_few() -> None:
    found = Ahead()
    for at in range(10_000):
        found.read("clicks", at, 10)
    assert found.runs == 25
    assert found.total == 100_000
    found.come(10_000)
    assert found.total == 0


class Counting(Noting):
    """Counts what it was given and had not applied yet."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def key(self, event: Any) -> str:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return super().key(event)

    def apply(self, state: Any, event: Any, at: Any, out: Any) -> Any:
        self.waiting -= 1
        return super().apply(state, event, at, out)


CLICKS = 4_000
"""In each partition; they are forty times the limit."""
FETCH = 100


def alone(number: int) -> str:
    """Eighty clicks of one visitor follow each other."""
    return f"v{number // 80}"


def hot(number: int) -> str:
    """One visitor has a tenth of the traffic."""
    return "hot" if number % 10 == 0 else alone(number)


def clicks(here: Bench, visitor: Callable[[int], str] = alone) -> float:
    """Forty seconds of them in each partition. How many bytes one has."""
    size = 0
    for partition in range(here.partitions):
        for number in range(CLICKS):
            name = f"{partition}{visitor(number)}"
            event = click(f"{partition}-{number:05}", 10 * number, visitor=name)
            size += len(CODEC.encode(event))
            here.queue(topics.CLICKSTREAM, event, partition)
    here.flush()
    return size / CLICKS / here.partitions


def time_in_the_cart(here: Bench, since: int, until_: int) -> None:
    """Twice as many records as there are clicks in that time, and longer to read."""
    for partition in range(here.partitions):
        for at in range(since, until_, 5):
            here.queue(topics.CART, beat(at), partition)
    here.flush()


def expected(partitions: int, visitor: Callable[[int], str] = alone) -> list[tuple[str, ...]]:
    """The clicks of each visitor."""
    found: dict[str, list[str]] = {}
    for partition in range(partitions):
        for number in range(CLICKS):
            found.setdefault(f"{partition}{visitor(number)}", []).append(f"{partition}-{number:05}")
    return sorted(map(tuple, found.values()))


def bound(here: Bench, size: float) -> float:
    """Of each task the limit, and what one look at the broker gives."""
    return here.partitions * (LIMIT + FETCH * size)


@pytest.mark.broker
@pytest.mark.parametrize("visitor", [alone, hot])
def test_in_a_backlog_what_waits_stays_below_the_limit(
    make: MakeBench, visitor: Callable[[int], str]
) -> None:
    here = make(partitions=2, waiting_limit=LIMIT, fetch_size=FETCH)
    size = clicks(here, visitor)
    time_in_the_cart(here, 0, 10 * CLICKS)
    send_time(here, 10**6)
    wanted, counting = expected(2, visitor), Counting()
    with here.running(counting) as kernel:
        until(lambda: len(notes(here)) == len(wanted), "all notes")
        status = kernel.status()
    assert sorted(notes(here)) == wanted
    assert here.read(topics.DEAD_LETTERS) == []
    assert 0 < status["most waiting bytes"] <= bound(here, size)
    assert counting.most * size <= bound(here, size) + here.partitions * CHUNK
    assert status["pauses"] > 0
    assert (status["paused"], status["waiting bytes"]) == (0, 0)


@pytest.mark.broker
def test_through_a_restart_and_a_worker_that_joins(make: MakeBench) -> None:
    """What was ahead when a worker stopped is ahead still, and counts for the next."""
    here = make(partitions=2, waiting_limit=LIMIT, fetch_size=FETCH)
    size = clicks(here)
    time_in_the_cart(here, 0, 1_000)
    with here.running(Noting()) as first:
        until(lambda: first.status().get("paused") == 2, "clicks are paused")
    with here.running(Noting()) as second:
        until(lambda: second.status().get("waiting bytes", 0) > LIMIT, "one worker has both")
        with here.running(Noting()) as third:
            until(lambda: third.status().get("tasks") == 1, "one each")
            time_in_the_cart(here, 1_000, 10 * CLICKS)
            send_time(here, 10**6)
            until(lambda: len(notes(here)) == 100, "all notes")
            most = [worker.status()["most waiting bytes"] for worker in (second, third)]
    assert sorted(notes(here)) == expected(2)
    assert max(most) <= bound(here, size)


@pytest.mark.broker
def test_what_is_paused_gets_no_heartbeats(make: MakeBench) -> None:
    """The cart of partition 0 is held, so that its time stands; in partition 1 nothing is."""
    here = make(partitions=2, waiting_limit=LIMIT, fetch_size=FETCH)
    here.send(topics.CART, Hold(action="hold", received_at=START), partition=0)
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("durable to", {}).get("cart-0") == 1, "the hold is known")
    clicks(here)
    beating = replace(here, config=replace(here.config, heartbeats=True, heartbeat_after=2_000))
    with beating.running(Noting()) as kernel:
        until(lambda: beats(here, topics.CART, 1) > 1, "heartbeats elsewhere")
        until(lambda: kernel.status().get("paused") == 1, "only the clicks of partition 0 are paused")
        there = beats(here, topics.CART, 1)
        until(lambda: beats(here, topics.CART, 1) > there + 1, "more of them")
    assert beats(here, topics.CLICKSTREAM, 0) == 0


def beats(here: Bench, topic: Topic, partition: int) -> int:
    """Heartbeats in a partition."""
    found = here.messages(here.config.named(topic), "read_committed")
    values = [message.value() for message in found if message.partition() == partition]
    return sum(isinstance(CODEC.decode(value), Heartbeat) for value in values)
