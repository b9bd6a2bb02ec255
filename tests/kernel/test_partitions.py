"""The number of partitions: it says where a key's state is, so nobody changes it and goes on."""

import threading

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from schemas import topics
from streams.errors import FixConfiguration
from tests.apache_kafka import ApacheKafka
from tests.kernel.counting import Noting
from tests.kernel.harness import Bench, bench, until
from tests.kernel.noted import click

pytestmark = pytest.mark.kafka
NOTICED_WITHIN = 200
"""Milliseconds between two looks at how many partitions there are."""


@pytest.fixture
def here(kafka: ApacheKafka, prefix: str) -> Bench:
    """Two partitions, and one click that was read from one of them."""
    made = bench(kafka.bootstrap, prefix, partitions=2, embedded=False)
    made.config.kafka["topic.metadata.refresh.interval.ms"] = NOTICED_WITHIN  # type: ignore[index]
    made.send(topics.CLICKSTREAM, click("a", 10))
    return made


def add_partitions(here: Bench, *names: str) -> None:
    admin = AdminClient({"bootstrap.servers": here.config.kafka["bootstrap.servers"]})
    for future in admin.create_partitions([NewPartitions(name, 4) for name in names]).values():
        future.result(30)


def inputs(here: Bench) -> list[str]:
    return [here.config.named(topic) for topic in Noting.inputs]


def changelog(here: Bench) -> str:
    return here.config.internal("noting", "changelog")


def read_once(here: Bench) -> None:
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 1, "the click read")


@pytest.mark.parametrize("which", ["one input", "all inputs", "changelog"])
def test_topics_that_share_keys_have_as_many_as_each_other(here: Bench, which: str) -> None:
    read_once(here)
    chosen = {"one input": inputs(here)[:1], "all inputs": inputs(here), "changelog": [changelog(here)]}
    add_partitions(here, *chosen[which])
    with pytest.raises(FixConfiguration, match=r"same number of partitions.*More partitions"):
        here.kernel(Noting()).run(threading.Event())


def test_state_that_fewer_tasks_kept_is_not_taken_over(here: Bench) -> None:
    read_once(here)
    add_partitions(here, *inputs(here), changelog(here))
    with pytest.raises(FixConfiguration, match=r"kept by 2 tasks, and the topics have 4.*More partitions"):
        here.kernel(Noting()).run(threading.Event())


def test_who_is_at_work_stops_when_partitions_are_added(here: Bench) -> None:
    kernel = here.kernel(Noting())

    def adding() -> None:
        until(lambda: kernel.status().get("read") == 1, "the click read")
        add_partitions(here, *inputs(here))

    somebody = threading.Thread(target=adding)
    somebody.start()
    with pytest.raises(FixConfiguration, match="same number of partitions"):
        kernel.run(threading.Event())
    somebody.join()
