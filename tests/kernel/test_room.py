"""A key takes no more than it can hold: the rest is refused, and nothing stops the task."""

from typing import Any

import pytest

from schemas import topics
from schemas.codec import OWN_BYTES
from schemas.control import Heartbeat
from streams.care import Care
from streams.kernel import room
from streams.kernel.room import KEY_BYTES, LARGE, Room
from streams.kernel.task import Task
from streams.visits import Visits
from tests.builders import added, asked, book, carted, erased, line, minute
from tests.kernel.harness import CODEC, Bench, bench, until


@pytest.mark.parametrize(
    ("held", "came", "size", "fits"),
    [
        pytest.param(0, 0, KEY_BYTES - LARGE, True, id="as much as a small key takes between two commits"),
        pytest.param(0, 0, KEY_BYTES - LARGE + 1, False, id="a byte more"),
        pytest.param(KEY_BYTES - 10, 0, 10, True, id="exactly what is left"),
        pytest.param(KEY_BYTES - 10, 0, 11, False, id="a byte more than is left"),
        pytest.param(KEY_BYTES - 10, 6, 5, False, id="a byte more than is left of what is left"),
    ],
)
def test_room(held: int, came: int, size: int, fits: bool) -> None:
    account = Room()
    account.holds("k", held)
    assert not came or account.take("k", came)
    assert account.take("k", size) is fits
    assert account.take("other", 1)


def test_a_key_that_has_forgotten_takes_again() -> None:
    account = Room()
    account.holds("k", KEY_BYTES)
    assert not account.take("k", 1)
    account.holds("k", 10)
    assert account.take("k", 1)


def large(at: float, **said: Any) -> Any:
    """An event of some hundred kilobytes."""
    lines = tuple(line(f"{at} {number}", price=None) for number in range(1_000))
    lines = tuple(type(one)(product_id=one.product_id, name="n" * 400, quantity=1) for one in lines)
    return carted("cart_updated", at, lines=lines, **said)


def crowded(events: list[Any], task: Task[Any], commit_every: int) -> int:
    """How many events the task takes, the clock standing still. At each commit the key can be written."""
    taken = 0
    for number, event in enumerate(events):
        taken += task.receive(event, len(CODEC.encode(event)))
        if number % commit_every == 0:
            assert all(len(value or b"") < OWN_BYTES for _, value in task.changes())
    return taken


@pytest.mark.parametrize("commit_every", [1, 1_000])
def test_events_that_wait_for_the_clock(commit_every: int) -> None:
    task = Task(Visits())
    events = [large(at) for at in range(40)]
    taken = crowded(events, task, commit_every)
    assert 8 < taken < len(events)
    assert task.receive(added(1, visitor="another"), 100)
    task.advance(minute(100), minute(100))
    assert all(len(value or b"") < OWN_BYTES for _, value in task.changes())
    assert task.receive(added(101), 100), "what was applied doesn't wait any more"


def test_contacts_of_one_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KEY_BYTES", 300_000)
    monkeypatch.setattr(room, "LARGE", 50_000)
    task = Task(Care(book()))
    taken, longest = 0, 0
    for number in range(1_500):
        event = asked(number / 100, f"{number} {'q' * 240}")
        taken += task.receive(event, len(CODEC.encode(event)))
        if number % 100 == 99:
            task.advance(event.occurred_at, event.occurred_at)
            longest = max(longest, *(len(value or b"") for _, value in task.changes()), 0)
    assert 100 < taken < 1_500
    assert longest < 2 * 300_000


@pytest.mark.broker
def test_what_a_full_key_refuses_is_kept_and_the_rest_goes_on(broker: Any, prefix: str) -> None:
    here: Bench = bench(broker.bootstrap, prefix, 1, True)
    here.create(*(here.config.internal(kernel, "changelog") for kernel in ("visits", "care")))
    events = [large(at) for at in range(30)]
    here.send(topics.CART, *events, added(1, visitor="another"))
    with here.running(Visits(), announces=topics.FACTS) as visits:
        until(lambda: visits.status().get("read") == len(events) + 1, "all is read")
        for topic in (topics.CART, topics.CLICKSTREAM):
            here.send(topic, Heartbeat(received_at=minute(60)), partition=0)
        until(lambda: visits.status().get("durable") == minute(60), "time")
        assert visits.status()["sessions"] == 1
    letters = here.read(topics.DEAD_LETTERS)
    assert letters
    assert {(one.stage, one.reason) for one in letters} == {("apply", "key_full")}
    facts = here.read(topics.FACTS)
    assert len(letters) + sum(fact.visitor_id == "v" for fact in facts) == len(events)
    assert "another" in {fact.visitor_id for fact in facts}


def test_an_erasure_is_obeyed_however_much_is_known() -> None:
    task = Task(Care(book()))
    assert task.receive(asked(0), KEY_BYTES - LARGE)
    assert not task.receive(asked(1), 1)
    assert task.receive(erased(2))
