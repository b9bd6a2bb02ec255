"""However long the backlog of one input is, what a worker takes up for it stays below its bound.

The measure is the operating system's: how far the most that the process ever held goes beyond what it held
when it was at work on next to nothing.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from schemas.topics import Topic
from schemas.words import Line
from streams.kernel.config import MIB
from streams.kernel.memory import bound
from tests.apache_kafka import ApacheKafka
from tests.builders import added, carted, clicked, minute
from tests.chaos import kernel_process
from tests.chaos.shop import PARTITIONS, Shop
from tests.kernel.harness import until

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

SOME = 1_000
LIMITS: dict[str, Any] = {"waiting_limit": MIB, "queue_limit": 4 * MIB, "fetch_size": 10_000}
END = 100.0
"""Minutes, after everything that happens."""


def clicks(number: int) -> Iterator[Any]:
    """Of a thousand visitors, one of whom has a tenth of them."""
    for at in range(number):
        visitor = "hot" if at % 10 == 0 else f"v{at % 1_000}"
        yield clicked(
            2 + at / 1e4, visitor=visitor, product_id=f"p{at % 777}", url="https://shop.example/shoes"
        )


def carts(number: int) -> Iterator[Any]:
    """Of forty visitors, whose state comes on top of the bound; each with as many lines as one may have."""
    lines = tuple(Line(product_id=f"product {at}", name="A pair of shoes", quantity=1) for at in range(1_000))
    return (carted("cart_updated", 2 + at / 1e3, visitor=f"v{at % 40}", lines=lines) for at in range(number))


@pytest.mark.parametrize(
    ("ahead", "behind", "events"),
    [
        pytest.param(topics.CLICKSTREAM, topics.CART, lambda: clicks(300_000), id="clicks, one visitor hot"),
        pytest.param(topics.CART, topics.CLICKSTREAM, lambda: carts(4_000), id="carts of 1,000 lines"),
    ],
)
def test_the_bound_is_kept(
    ahead: Topic,
    behind: Topic,
    events: Callable[[], Iterator[Any]],
    kafka: ApacheKafka,
    prefix: str,
    tmp_path: Path,
) -> None:
    shop = Shop(kafka.bootstrap, prefix, False, tmp_path)
    config = kernel_process.config(kafka.bootstrap, prefix, False, **LIMITS)
    with shop.process("visits", **LIMITS) as worker:
        warm_up(shop)
        before, read = peak(worker.pid), read_of(shop, ahead)
        written = publish(shop, ahead, events())
        until(Standing(lambda: read_of(shop, ahead)), f"{ahead.label} is paused")
        assert read_of(shop, ahead) - read < written / 2, "what is ahead waits in Kafka"
        shop.reach(minute(END), (behind, ahead))
        until(lambda: shop.is_through("visits"), "all is read")
        grown = peak(worker.pid) - before
    assert grown < bound(config, PARTITIONS, brokers=1)


def warm_up(shop: Shop) -> None:
    """The worker has decoded batches of both inputs, so that it has loaded all that it needs."""
    publish(shop, topics.CLICKSTREAM, clicks(SOME))
    publish(shop, topics.CART, (added(0.0, visitor=f"w{at}") for at in range(SOME)))
    shop.reach(minute(1.0), (topics.CLICKSTREAM, topics.CART))
    until(lambda: shop.is_through("visits"), "the worker is warm")


def publish(shop: Shop, topic: Topic, events: Iterable[Any]) -> int:
    """How many there were."""
    written = 0
    for written, event in enumerate(events, 1):
        shop.bench.queue(topic, event)
        if written % SOME == 0:
            shop.bench.flush()
    shop.bench.flush()
    return written


def read_of(shop: Shop, topic: Topic) -> int:
    """How many records of a topic the worker has read and committed."""
    return sum(shop.bench.committed(shop.group("visits"), shop.bench.config.named(topic)).values())


class Standing:
    """Whether a number has been the same for some seconds."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number = number
        self._last, self._since = -1, 0.0

    def __call__(self) -> bool:
        number, now = self._number(), time.monotonic()
        if number != self._last:
            self._last, self._since = number, now
        return now - self._since > 3.0


def peak(process: int) -> int:
    """The most bytes that a process ever had in memory."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) << 10
