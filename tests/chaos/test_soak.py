"""A short soak: leaders, coordinators and workers are killed under thirty thousand events."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from schemas.events import Click
from schemas.topics import Topic
from tests.apache_kafka import ApacheKafka
from tests.chaos.soak.crowd import Crowd
from tests.chaos.soak.run import BRISK, KeptShop, Soak
from tests.chaos.soak.verdict import judge
from tests.chaos.traffic import ended, flowing
from tests.kafka_cluster import Cluster

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(600)]

EVENTS, KILLS, SEED = 30_000, 6, 3
THEN, LATER = 5, 40
"""Minutes: what came then is written again later."""


def test_nothing_lost_nothing_twice(cluster: Cluster, tmp_path: Path) -> None:
    verdict = Soak(cluster, tmp_path, EVENTS, KILLS, SEED).run()
    print(verdict)
    assert verdict.right, verdict


def test_what_a_source_writes_again_is_told_and_not_held_against_heedful(
    kafka: ApacheKafka, prefix: str, tmp_path: Path
) -> None:
    shop, crowd = KeptShop(kafka.bootstrap, prefix, False, tmp_path), Crowd(3_000)
    at_work = Event()
    with shop.watched("visits", **BRISK) as visits, shop.watched("care", **BRISK) as care:
        with flowing(shop, with_copies(crowd, at_work), crowd.end) as traffic:
            traffic.recovery()
            at_work.set()
        ended(shop, {"visits": [visits], "care": [care]})
    verdict = judge(shop, crowd, [])
    print(verdict)
    assert verdict.right, verdict
    assert {count.label for count in verdict.sent if count.twice} == {"clickstream"}
    assert verdict.again > 0


def with_copies(crowd: Crowd, at_work: Event) -> Iterator[tuple[int, list[tuple[Topic, Any]]]]:
    """Once the kernels are at work, the day; and clicks come again when their time is long past."""
    while not at_work.wait(0.2):
        yield 0, []
    clicks: list[tuple[Topic, Any]] = []
    for reached, events in crowd.minutes():
        yield reached, events
        if reached == THEN:
            clicks = [(topic, event) for topic, event in events if isinstance(event, Click)]
        if reached == LATER:
            yield reached, clicks
