"""Replay = live: kernels on a broker say of a day what ``heedful replay`` says of it, by the ids of signals
and decisions; however the day arrives, and whatever befalls the workers and the broker meanwhile.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from streams.simulator.settings import HOUR
from tests.builders import START
from tests.replay import a_day
from tests.replay.a_day import END, each_twice, in_another_order, replayed
from tests.replay.deployment import Deployment, deployment

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

Work: TypeAlias = Callable[[Deployment], None]
NOON = START + 12 * HOUR
STALL = 20.0
"""Seconds for which the broker stands still."""


def at_once(events: list[Any]) -> Work:
    """The workers find all of it."""

    def work(shop: Deployment) -> None:
        shop.publish(events)
        with shop.at_work() as kernels:
            shop.reach(END, kernels)

    return work


def as_it_happens(events: list[Any]) -> Work:
    """The workers are there first, and hear of each hour before the next is published."""

    def work(shop: Deployment) -> None:
        with shop.at_work() as kernels:
            for hour in range(START, a_day.DAY + HOUR, HOUR):
                shop.publish(between(events, hour, hour + HOUR))
            shop.reach(END, kernels)

    return work


def an_hour_of_backlog(shop: Deployment) -> None:
    """Nobody is at work from noon on, for an hour."""
    events = a_day.as_it_came()
    shop.publish(between(events, 0, NOON))
    with shop.at_work() as kernels:
        shop.reach(NOON - a_day.LATENESS, kernels)
    shop.publish(between(events, NOON, NOON + HOUR), silent=True)
    with shop.at_work() as kernels:
        shop.publish(between(events, NOON + HOUR, END))
        shop.reach(END, kernels)


def a_frozen_broker(shop: Deployment) -> None:
    """It stands still for 20 s in the middle of the work."""
    events = a_day.as_it_came()
    with shop.at_work() as kernels:
        shop.publish(between(events, 0, NOON))
        with shop.broker_frozen():
            threading.Event().wait(STALL)
        shop.publish(between(events, NOON, END))
        shop.reach(END, kernels)


def between(events: list[Any], first: int, behind: int) -> list[Any]:
    """Those that arrive from ``first`` on and before ``behind``."""
    return [event for event in events if first <= event.received_at < behind]


WAYS: dict[str, Work] = {
    "as it came": at_once(a_day.as_it_came()),
    "as it happens": as_it_happens(a_day.as_it_came()),
    "in another order": at_once(in_another_order()),
    "each event twice": at_once(each_twice()),
    "an hour of backlog": an_hour_of_backlog,
    "the broker frozen": a_frozen_broker,
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the replay says."""
    said = replayed(tmp_path_factory.mktemp("replay"))
    assert all(len(ids) > 50 for ids in said.values())
    return said


@pytest.mark.on_embedded("as it came", "each event twice")
@pytest.mark.parametrize("work", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("where", ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def test_the_same_signals_and_decisions(
    work: Work, where: str, expected: dict[str, list[str]], prefix: str, request: pytest.FixtureRequest
) -> None:
    running = request.getfixturevalue("broker" if where == "embedded" else "kafka")
    shop = deployment(running.bootstrap, running.pid, prefix, embedded=where == "embedded")
    work(shop)
    assert shop.said() == expected
