"""What the fault tests share: a cluster whose nodes may be broken, as long as they are mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apache_kafka import missing
from tests.chaos.shop import Shop
from tests.kafka_cluster import COPIES, Cluster, kafka_cluster


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    """Three nodes, for the whole run. Skips where Java or Maven is absent."""
    if reason := missing():
        pytest.skip(reason)
    with kafka_cluster() as running:
        yield running


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """The three nodes, all at work, whatever was done to them before."""
    shared_cluster.mend()
    return shared_cluster


@pytest.fixture
def shop(cluster: Cluster, prefix: str, tmp_path: Path) -> Shop:
    """A shop on the cluster, with a long day before it."""
    return Shop(cluster.bootstrap, prefix, False, tmp_path, copies=COPIES, shoppers=400)
