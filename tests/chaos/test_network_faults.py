"""The network between kernels and brokers: cut without a word, reset, slow. Events arrive all the while."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos import kernel_process
from tests.chaos.shop import Shop, is_right
from tests.chaos.traffic import at_work
from tests.kafka_cluster import COPIES, Cluster
from tests.proxy import Proxy

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(600)]

RECOVERED_WITHIN = 90.0
"""Seconds after the network is there again. On two cores it takes 5 to 15: a request that was under way waits
up to 10 for its answer, and a kernel that lost its tasks restores them.
"""
AWAY = 3 * (kernel_process.SESSION_TIMEOUT + kernel_process.TRANSACTION_TIMEOUT) / 1000
"""Seconds: membership and transactions are long gone."""
BLINK = kernel_process.SESSION_TIMEOUT / 4000
"""Seconds: nobody has noticed."""
DELAY = 0.2
"""Seconds each way."""


@pytest.fixture
def shop(cluster: Cluster, prefix: str, tmp_path: Path) -> Shop:
    """A shop whose kernels are behind the network; its events are not."""
    far = cluster.bootstrap_far
    return Shop(
        cluster.bootstrap, prefix, False, tmp_path, copies=COPIES, shoppers=300, bootstrap_of_kernels=far
    )


def all_of(cluster: Cluster, do: Callable[[Proxy], None]) -> None:
    for link in cluster.network.values():
        do(link)


@pytest.mark.parametrize("seconds", [pytest.param(BLINK, id="a moment"), pytest.param(AWAY, id="long")])
def test_cut(seconds: float, cluster: Cluster, shop: Shop) -> None:
    with at_work(shop) as traffic:
        traffic.recovery()
        for _ in range(2):
            all_of(cluster, Proxy.cut)
            traffic.flows_for(seconds)
            all_of(cluster, Proxy.heal)
            took = traffic.recovery()
            print(f"cut for {seconds:.1f} s: recovered in {took:.1f} s")
            assert took < RECOVERED_WITHIN
    is_right(shop)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_cut_from_one_node(number: int, cluster: Cluster, shop: Shop) -> None:
    """The other nodes see it, and don't take over: what it leads waits, and so does what follows."""
    with at_work(shop) as traffic:
        traffic.recovery()
        cluster.network[number].cut()
        traffic.flows_for(AWAY)
        cluster.network[number].heal()
        took = traffic.recovery()
        print(f"cut from node {number}: recovered in {took:.1f} s")
        assert took < RECOVERED_WITHIN
    is_right(shop)


def test_reset_again_and_again(cluster: Cluster, shop: Shop) -> None:
    with at_work(shop) as traffic:
        traffic.recovery()
        for _ in range(10):
            all_of(cluster, Proxy.reset)
            traffic.flows_for(1.0)
        took = traffic.recovery()
        print(f"reset: recovered in {took:.1f} s")
        assert took < RECOVERED_WITHIN
    is_right(shop)


def test_slow(cluster: Cluster, shop: Shop) -> None:
    """It goes on at the network's pace."""
    with at_work(shop) as traffic:
        traffic.recovery()
        all_of(cluster, lambda link: link.slow(DELAY))
        for _ in range(3):
            took = traffic.recovery()
            print(f"{DELAY} s each way: through in {took:.1f} s")
            assert took < RECOVERED_WITHIN
        all_of(cluster, lambda link: link.slow(0))
    is_right(shop)
