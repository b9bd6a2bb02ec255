"""What a commit that doesn't end, or a setting that a client doesn't take, leads to."""

import threading
from typing import Any, NoReturn

import pytest
from confluent_kafka import Consumer

from schemas import topics
from streams.broker import EmbeddedBroker
from streams.clock import WallClock
from streams.errors import FixConfiguration
from streams.kernel.commits import Commits
from streams.kernel.hosted import HostedTask
from streams.kernel.measures import Done, Measures
from tests.kernel.counting import Noting, click
from tests.kernel.harness import CODEC, bench

START = 1_700_000_000_000


class GivenUp(Exception):
    """The process would end here."""


def given_up() -> NoReturn:
    raise GivenUp


class NeverAnswered(HostedTask):
    """Its client hangs in the commit."""

    answered = threading.Event()

    def commit(self, membership: Any) -> Done:
        self.answered.wait()
        return super().commit(membership)


class KnownToHang(NeverAnswered):
    """The call that hangs is one that will never end."""

    hangs = True  # type: ignore[assignment]


@pytest.mark.broker
@pytest.mark.parametrize(
    ("kind", "never"),
    [
        pytest.param(NeverAnswered, 0.2, id="all too long"),
        pytest.param(KnownToHang, 60.0, id="known to hang"),
    ],
)
def test_a_commit_that_never_ends_ends_the_process(
    kind: type[HostedTask], never: float, broker: EmbeddedBroker, prefix: str
) -> None:
    here = bench(broker.bootstrap, prefix, 1, True)
    NeverAnswered.answered.clear()
    consumer = Consumer(here.config.consumer("read_committed", here.config.membership("noting")))
    task = kind(Noting(), here.config, CODEC, 0, 1)
    commits = Commits(here.config, Measures(), WallClock(), consumer, never=never, give_up=given_up)
    commits.assigned([0])
    with pytest.raises(GivenUp):
        commits.commit([task])
    task.abort()
    NeverAnswered.answered.set()
    commits.close()
    consumer.close()


@pytest.mark.broker
def test_a_setting_that_the_client_does_not_take_is_named(broker: EmbeddedBroker, prefix: str) -> None:
    here = bench(broker.bootstrap, prefix, 1, True)
    here.send(topics.CLICKSTREAM, click("a", START))
    here.config.kafka["queue.buffering.max.messages"] = "-7"
    with pytest.raises(FixConfiguration, match=r"queue\.buffering\.max\.messages"):
        here.kernel(Noting()).run(threading.Event())


@pytest.mark.broker
def test_before_it_has_joined_it_tells_that_it_has_no_tasks(broker: EmbeddedBroker, prefix: str) -> None:
    kernel = bench(broker.bootstrap, prefix, 1, True).kernel(Noting())
    assert kernel.status()["tasks"] == 0
