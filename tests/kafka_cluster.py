"""Three nodes of Apache Kafka on loopback, each of which can be killed, stopped, frozen and started again.

Everything is kept three times and acknowledged by two, so that one node at a time may be away. Each node is a
controller too.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata

from streams import children
from tests import apache_kafka
from tests.proxy import Proxy
from tests.waiting import eventually

NODES = (1, 2, 3)
COPIES = len(NODES)
INTERNAL_PARTITIONS = 4
FENCED_AFTER = 4_000
"""Milliseconds without a word after which the controllers let others lead what a node led. Kafka's default is
9 s; recovery times in the tests are those of this setting.
"""
UP_WITHIN = 180.0
"""Seconds that a node may take to start, and to catch up with what the others have written meanwhile."""

PROPERTIES = f"""process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=NODES
listener.security.protocol.map=NODES:PLAINTEXT,NEAR:PLAINTEXT,FAR:PLAINTEXT,CONTROLLER:PLAINTEXT
default.replication.factor={COPIES}
min.insync.replicas=2
offsets.topic.replication.factor={COPIES}
offsets.topic.num.partitions={INTERNAL_PARTITIONS}
transaction.state.log.replication.factor={COPIES}
transaction.state.log.min.isr=2
transaction.state.log.num.partitions={INTERNAL_PARTITIONS}
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
broker.session.timeout.ms={FENCED_AFTER}
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=10000
log.cleaner.backoff.ms=500
log.cleaner.dedupe.buffer.size=16777216
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
num.network.threads=1
num.io.threads=4
"""
PLACES = """node.id={number}
listeners=NODES://127.0.0.1:{nodes},NEAR://127.0.0.1:{near},FAR://127.0.0.1:{far},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=NODES://127.0.0.1:{nodes},NEAR://127.0.0.1:{near},FAR://127.0.0.1:{network}
controller.quorum.voters={voters}
log.dirs={folder}/logs
"""


@dataclass
class Node:
    """One of the three, and its ports: for the other nodes, for clients that are near it, and for those that
    reach it through a network (``network`` leads to ``far``).
    """

    number: int
    folder: Path
    nodes: int
    near: int
    far: int
    network: int
    controller: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def runs(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it on its data. It is of use once the cluster says so."""
        with open(self.folder / "output", "ab") as output:
            command = apache_kafka.java("kafka.Kafka", str(self._config), heap="256m")
            self.process = children.start(command, output)

    def kill(self) -> None:
        """End it as by ``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order: it hands on what it leads first."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """It stands still, its connections stay."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def format(self, cluster_id: str, voters: str) -> subprocess.Popen[bytes]:
        """Write its settings and prepare its folder; the process that does."""
        places = PLACES.format(voters=voters, **{k: v for k, v in vars(self).items() if k != "process"})
        self.folder.mkdir(exist_ok=True)
        self._config.write_text(PROPERTIES + places)
        with open(self.folder / "output", "wb") as output:
            formatting = ["format", "-t", cluster_id, "-c", str(self._config)]
            return children.start(apache_kafka.java("kafka.tools.StorageTool", *formatting), output)

    @property
    def _config(self) -> Path:
        return self.folder / "server.properties"

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        self._signal(number)
        assert self.process is not None
        self.process.wait(UP_WITHIN)


@dataclass
class Cluster:
    """The nodes, and what the cluster says of itself."""

    nodes: Mapping[int, Node]
    network: Mapping[int, Proxy] = field(default_factory=dict)
    """By node, the network between it and those who begin at ``bootstrap_far``."""

    @property
    def bootstrap(self) -> str:
        """Where clients begin that nothing can cut off."""
        return ",".join(f"127.0.0.1:{node.near}" for node in self.nodes.values())

    @property
    def bootstrap_far(self) -> str:
        """Where clients begin that reach every node through the network."""
        return ",".join(f"127.0.0.1:{node.network}" for node in self.nodes.values())

    def mend(self) -> None:
        """Start or thaw what isn't running, heal the network, and wait until all are at work."""
        for link in self.network.values():
            link.slow(0)
            link.heal()
        for node in self.nodes.values():
            if node.runs:
                node.thaw()
            else:
                node.start()
        self.until_whole()

    def leader(self, topic: str, partition: int) -> Node:
        """Who leads a partition; waits until somebody does."""
        return self.nodes[eventually(lambda: self._leader(topic, partition), UP_WITHIN)]

    def group_coordinator(self, group: str) -> Node:
        """Who keeps the group's members and offsets."""
        return self.leader("__consumer_offsets", coordinating_partition(group))

    def transaction_coordinator(self, transactional_id: str) -> Node:
        """Who keeps the state of the id's transactions."""
        return self.leader("__transaction_state", coordinating_partition(transactional_id))

    def until_whole(self) -> None:
        """Wait until every node is at work and every copy of every partition has caught up."""
        eventually(self._is_whole, UP_WITHIN)

    def close(self) -> None:
        """Kill whatever runs."""
        for link in self.network.values():
            link.close()
        for node in self.nodes.values():
            if node.runs:
                node.thaw()
                node.kill()

    def _is_whole(self) -> bool:
        found = self._metadata()
        if found is None or len(found.brokers) < len(self.nodes):
            return False
        partitions = [each for topic in found.topics.values() for each in topic.partitions.values()]
        return all(len(each.isrs) == len(each.replicas) and each.leader > 0 for each in partitions)

    def _leader(self, topic: str, partition: int) -> int | None:
        found = self._metadata()
        known = None if found is None else found.topics.get(topic)
        return known.partitions[partition].leader if known and partition in known.partitions else None

    def _metadata(self) -> ClusterMetadata | None:
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return client.list_topics(timeout=2)
        except KafkaException:
            return None


@contextmanager
def kafka_cluster(folders: Mapping[int, Path] | None = None) -> Iterator[Cluster]:
    """Three nodes for as long as the block runs. Their data goes with them, but for that in ``folders``."""
    with tempfile.TemporaryDirectory(prefix="heedful-cluster-") as parent:
        cluster = Cluster({n: _node(n, (folders or {}).get(n, Path(parent, str(n)))) for n in NODES})
        _format(cluster)
        try:
            cluster.network = {n: Proxy(node.network, node.far) for n, node in cluster.nodes.items()}
            cluster.mend()
            yield cluster
        finally:
            cluster.close()


def coordinating_partition(name: str) -> int:
    """The partition of Kafka's internal topics whose leader coordinates a group or a transactional id."""
    code = 0
    for letter in name:
        code = (31 * code + ord(letter)) & 0xFFFFFFFF
    return (code & 0x7FFFFFFF) % INTERNAL_PARTITIONS


def _node(number: int, folder: Path) -> Node:
    return Node(number, folder, *(children.free_port() for _ in range(5)))


def _format(cluster: Cluster) -> None:
    cluster_id, nodes = apache_kafka.cluster_id(), cluster.nodes.values()
    voters = ",".join(f"{node.number}@127.0.0.1:{node.controller}" for node in nodes)
    for node, formatting in [(node, node.format(cluster_id, voters)) for node in nodes]:
        assert formatting.wait(UP_WITHIN) == 0, (node.folder / "output").read_text()
