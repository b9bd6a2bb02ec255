"""A worker is killed; the one that has followed its tasks reads only the end of their changelogs."""

import logging
from pathlib import Path

import pytest

from schemas import topics
from streams.visits import Visits
from tests.apache_kafka import ApacheKafka
from tests.chaos import day, kernel_process
from tests.chaos.shop import PARTITIONS, Shop, is_right
from tests.kernel.harness import until
from tests.kernel.test_standbys import read_offsets

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.mark.parametrize("fail_at", ["", "commit.outputs:kill:1"], ids=["idle", "in a transaction"])
def test_a_take_over(
    fail_at: str, kafka: ApacheKafka, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The holder is killed while it is idle, or with what the end of the day brings in its transaction."""
    shop = Shop(kafka.bootstrap, prefix, False, tmp_path)
    shop.publish_events()
    config = kernel_process.config(kafka.bootstrap, prefix, False, standbys=1)
    predecessor, successor = (kernel_process.kernel("visits", config) for _ in range(2))
    with shop.bench.working(predecessor):
        until(lambda: predecessor.status().get("tasks") == PARTITIONS, "it has all")
        until(lambda: shop.is_through("visits"), "the events are read")
    with shop.process("visits", fail_at, standbys=1) as holder:
        until(lambda: shop.has_members("visits"), "the holder has joined")
        with shop.bench.working(successor):
            until(lambda: successor.status().get("tasks") == PARTITIONS // 2, "each has its half")
            until(lambda: is_followed(successor.status()), "all is followed")
            with caplog.at_level(logging.INFO):
                shop.reach(day.end(), Visits.inputs)
                if not fail_at:
                    until(lambda: shop.is_through("visits"), "the day is over")
                    holder.kill()
                holder.wait(60)
                until(lambda: len(read_offsets(caplog)) == PARTITIONS, "the successor has restored all")
                until(lambda: shop.is_through("visits"), "the successor is through")
            assert successor.status()["sessions"] == 1
    assert all(offset > 0 for offset in read_offsets(caplog)), "only the end was read"
    shop.reach(day.end(), topics.INPUTS)
    shop.finish("visits")
    shop.finish("care")
    is_right(shop)


def is_followed(status: dict[str, dict[str, dict[str, int]]]) -> bool:
    standbys = status.get("standbys", {})
    return len(standbys) == PARTITIONS and all(each["behind"] == 0 for each in standbys.values())
