"""Brokers whose disks are full: a node that can't write ends itself. With room again, all is there.

It doesn't end at once. A leader that can write nothing drops its followers first, as they get nothing from
it. Then its partitions wait for it: not all goes on until it has room again, although the others are there.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.apache_kafka import missing
from tests.chaos.shop import Shop, is_right
from tests.chaos.traffic import at_work
from tests.kafka_cluster import COPIES, NODES, Cluster, Node, kafka_cluster
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(600)]

SIZE = 128 << 20
PIECE = bytes(1 << 16)
RECOVERED_WITHIN = 90.0
"""Seconds after there is room, and all are started again."""
FULL = 20.0
"""Seconds without one node."""
ENDS_WITHIN = 90.0
"""Seconds of traffic in which a node finds that its disk is full."""


@dataclass
class Disk:
    """A small file system of its own."""

    folder: Path

    @property
    def ballast(self) -> Path:
        """What takes the room."""
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room."""
        with open(self.ballast, "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(PIECE)
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise

    def make_room(self) -> None:
        """As before."""
        self.ballast.unlink()


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """Mounted while the block runs. Skips where that isn't allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled must be mounted, which this user may not do")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[dict[int, Disk]]:
    """By node, its disk."""
    with ExitStack() as mounted:
        yield {number: mounted.enter_context(disk(tmp_path / f"disk{number}")) for number in NODES}


@pytest.fixture
def cluster(disks: dict[int, Disk]) -> Iterator[Cluster]:
    """Three nodes, each on a disk of its own."""
    if reason := missing():
        pytest.skip(reason)
    with kafka_cluster({number: disk.folder / "node" for number, disk in disks.items()}) as running:
        yield running


def ended(node: Node) -> None:
    """Wait until a node has given up."""
    eventually(lambda: not node.runs, ENDS_WITHIN)


def test_one_is_full(cluster: Cluster, disks: dict[int, Disk], prefix: str, tmp_path: Path) -> None:
    shop = Shop(cluster.bootstrap, prefix, False, tmp_path, copies=COPIES, shoppers=400)
    with at_work(shop) as traffic:
        traffic.recovery()
        node = cluster.leader(shop.changelog("care"), 0)
        disks[node.number].fill()
        ended(node)
        traffic.flows_for(FULL)
        disks[node.number].make_room()
        node.start()
        took = traffic.recovery()
        print(f"node {node.number} was full: recovered in {took:.1f} s")
        assert took < RECOVERED_WITHIN
    is_right(shop)


def test_all_are_full(cluster: Cluster, disks: dict[int, Disk], prefix: str, tmp_path: Path) -> None:
    shop = Shop(cluster.bootstrap, prefix, False, tmp_path, copies=COPIES, shoppers=400)
    with at_work(shop) as traffic:
        traffic.recovery()
        for each in disks.values():
            each.fill()
        for node in cluster.nodes.values():
            ended(node)
        for each in disks.values():
            each.make_room()
        cluster.mend()
        took = traffic.recovery()
        print(f"all are full: recovered in {took:.1f} s")
        assert took < RECOVERED_WITHIN
    is_right(shop)
