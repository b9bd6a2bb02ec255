"""Three hours of outage, worked off by both kernels on Apache Kafka, outreach live: what leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from schemas import topics
from schemas.control import Heartbeat, Hold
from streams.care import Care
from streams.clock import SimulatedClock
from streams.kernel.config import KernelConfig
from streams.kernel.loop import Kernel
from streams.visits import Visits
from tests.apache_kafka import ApacheKafka
from tests.builders import added, asked, clicked, consented, identified, minute, ordered
from tests.care.test_approaches import LIVE
from tests.kernel.harness import CODEC, Bench, until
from tests.properties.cluster import topics_of

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400), pytest.mark.slow]

PARTITIONS = 2
BEGAN, ENDED = 10, 190
"""The minutes in which nobody is at work."""
BEFORE = [
    consented(-10),
    clicked(-5, visitor="phone"),
    identified(-4, visitor="phone"),
    identified(-1),
    added(0),
]
"""A cart that is left in minute 60; the customer has another device."""


class Shop:
    """One deployment. Time is what the test says, in the log and among people."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.config = KernelConfig(
            kafka={"bootstrap.servers": bootstrap},
            prefix=prefix,
            deployment=prefix,
            lateness=0,
            heartbeats=False,
        )
        self.bench = Bench(self.config, PARTITIONS)
        self.bench.create(*(topic.named(prefix) for topic in topics.TOPICS))
        self.bench.create(*(self.config.internal(kernel, "changelog") for kernel in ("visits", "care")))

    def hear(self, *events: Any, until: float) -> None:
        """Events, and then time in every input."""
        for event in events:
            self.bench.send(topics_of(event), event)
        for topic in topics.INPUTS:
            for partition in range(PARTITIONS):
                self.bench.queue(topic, Heartbeat(received_at=minute(until)), partition)
        self.bench.flush()

    @contextmanager
    def at_work(self, now: float) -> Iterator[Kernel]:
        """Both kernels, while people's time stands still; gives care's."""
        clock = SimulatedClock(start=minute(now), origin=0, speed=0.0)
        care = Kernel(Care(LIVE, lateness=0), self.config, CODEC, clock, topics.FACTS)
        visits = Kernel(Visits(), self.config, CODEC, clock, topics.FACTS)
        with self.bench.working(visits), self.bench.working(care):
            yield care

    def rows(self) -> list[tuple[str, str]]:
        """Outcome and guard of every decision, in the order in which they were made."""
        found = {row.event_id: row for row in self.bench.read(topics.DECISIONS)}
        return [(row.outcome, row.guard) for row in sorted(found.values(), key=lambda row: row.occurred_at)]

    def requests(self) -> int:
        """How much was asked of delivery."""
        return len({one.event_id for topic in topics.OUTREACH.values() for one in self.bench.read(topic)})


@pytest.fixture
def shop(kafka: ApacheKafka, prefix: str) -> Shop:
    """A cart was filled; then nobody was at work for three hours."""
    opened = Shop(kafka.bootstrap, prefix)
    opened.hear(*BEFORE, until=BEGAN)
    with opened.at_work(BEGAN) as care:
        until(lambda: care.status().get("durable") == minute(BEGAN), "all is known")
    return opened


def work_off(shop: Shop, *backlog: Any) -> None:
    """The backlog at once; then a quarter of an hour as it passes."""
    shop.hear(*backlog, until=ENDED)
    with shop.at_work(ENDED) as care:
        for at in range(ENDED, ENDED + 15):
            shop.hear(until=at)
            until(lambda at=at: care.status().get("durable") == minute(at), f"minute {at}")  # type: ignore[misc]


def test_an_order_in_the_backlog_withdraws_what_was_decided(shop: Shop) -> None:
    work_off(shop, ordered(150))
    assert shop.requests() == 0
    assert shop.rows() == [("held", "backlog"), ("withdrawn", "condition")]


@pytest.mark.parametrize("then", [ordered(150, customer="phone"), asked(150, customer="phone")])
def test_so_does_what_comes_under_the_name_of_a_device(shop: Shop, then: Any) -> None:
    work_off(shop, then)
    assert shop.requests() == 0
    assert shop.rows()[0] == ("held", "backlog")
    assert shop.rows()[-1] in [("withdrawn", "condition"), ("held", "support_hold")]


def test_who_did_nothing_is_approached_once_all_tasks_have_caught_up(shop: Shop) -> None:
    work_off(shop)
    assert shop.requests() == 1
    assert shop.rows()[0] == ("held", "backlog")
    assert shop.rows()[-1] == ("requested", "emit")


def test_history_is_decided_and_logged_and_nothing_of_it_leaves(kafka: ApacheKafka, prefix: str) -> None:
    """Also with mode live, and with people's time that of the log."""
    opened = Shop(kafka.bootstrap, prefix)
    for topic in topics.INPUTS:
        for partition in range(PARTITIONS):
            opened.bench.queue(
                topic, Hold(action="hold", received_at=minute(-10), reason="import"), partition
            )
    opened.hear(*BEFORE, ordered(150), until=BEGAN)
    opened.hear(until=ENDED)
    with opened.at_work(ENDED) as care:
        until(lambda: care.status().get("durable") == minute(ENDED), "all is through")
    assert opened.requests() == 0
    assert opened.rows() == [("shadowed", "emit"), ("cancelled", "condition")]
