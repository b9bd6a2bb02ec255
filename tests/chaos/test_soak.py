"""A short soak: leaders, coordinators and workers are killed under thirty thousand events."""

from pathlib import Path

import pytest

from tests.chaos.soak.run import Soak
from tests.kafka_cluster import Cluster

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(600)]

EVENTS, KILLS, SEED = 30_000, 6, 3


def test_nothing_lost_nothing_twice(cluster: Cluster, tmp_path: Path) -> None:
    verdict = Soak(cluster, tmp_path, EVENTS, KILLS, SEED).run()
    print(verdict)
    assert verdict.right, verdict
