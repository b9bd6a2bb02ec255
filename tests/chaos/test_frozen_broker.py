"""The broker stands still for 20 seconds under a kernel at work: time stands still with it."""

import os
import signal
from collections.abc import Iterator

import pytest

from schemas import topics
from schemas.control import Heartbeat
from streams.broker import embedded_broker
from streams.clock import WallClock
from tests.apache_kafka import apache_kafka, missing
from tests.kernel.counting import Notes, Noting, click
from tests.kernel.harness import Bench, bench, until
from tests.kernel.noted import notes

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(300)]

FROZEN = 20_000
PATIENT = 10_000
AWAKE = 3_000
"""Milliseconds in which a busy kernel may still work off what it had fetched when the broker stopped."""
LEAVES, STAYS = 6_000, 60_000
"""Session time-outs: the kernel gives its partitions up meanwhile, or holds them when the broker wakes up."""


class Patient(Noting):
    """Speaks after a silence that the broker's sleep is longer than."""

    def deadline(self, state: Notes) -> int:
        return state.last + PATIENT


@pytest.fixture(
    params=[
        pytest.param((True, LEAVES), id="embedded, leaves", marks=pytest.mark.long),
        pytest.param((False, LEAVES), id="kafka, leaves", marks=pytest.mark.kafka),
        pytest.param((False, STAYS), id="kafka, stays", marks=pytest.mark.kafka),
    ]
)
def own(request: pytest.FixtureRequest, prefix: str) -> Iterator[tuple[Bench, int]]:
    """A bench on a broker that nobody else uses, and that broker's process."""
    embedded, session_timeout = request.param
    if not embedded and (reason := missing()):
        pytest.skip(reason)
    settings = {"heartbeats": True, "lateness": 1_000, "session_timeout": session_timeout}
    with embedded_broker() if embedded else apache_kafka() as broker:
        yield bench(broker.bootstrap, prefix, 1, embedded, **settings), broker.pid


def now() -> int:
    return WallClock().now()


def reached(moment: int) -> None:
    until(lambda: now() >= moment, "time passes")


def test_it_fires_nothing_early_and_loses_nothing(own: tuple[Bench, int]) -> None:
    here, pid = own
    with here.running(Patient()) as kernel:
        here.send(topics.CLICKSTREAM, click("a", now()))
        until(lambda: kernel.status().get("clock", 0) > 0, "time has begun")
        until(lambda: kernel.status().get("commits", 0) > 0, "a is durable")
        frozen = now()
        os.kill(pid, signal.SIGSTOP)
        try:
            reached(frozen + FROZEN // 4)
            here.queue(topics.CLICKSTREAM, click("b", now()))
            reached(frozen + FROZEN)
        finally:
            thawed = now()
            os.kill(pid, signal.SIGCONT)
        here.flush()
        until(lambda: bool(notes(here)), "the note")
        until(lambda: kernel.status().get("clock", 0) > thawed + PATIENT, "what else there may be")
    said = notes(here) if not here.config.aborted_visible else list(set(notes(here)))
    assert said == [("a", "b")], "b moved a's deadline, although both had passed when the broker woke up"
    told = [at - frozen for at in beats(here) if frozen + AWAKE < at < thawed]
    assert told == [], "milliseconds of the broker's sleep that a heartbeat told of"


def beats(here: Bench) -> list[int]:
    """The times that heartbeats tell."""
    records = [r for topic in Noting.inputs for r in here.records(topic.named(here.config.prefix))]
    return [record.received_at for record in records if isinstance(record, Heartbeat)]
