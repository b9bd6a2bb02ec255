"""Tasks for the partitions that a worker was given: built from the log, and from what a standby has of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from schemas.codec import Codec
from schemas.topics import Topic
from streams.clock import WallClock
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask
from streams.kernel.partitions import same_partitions
from streams.kernel.processor import Processor
from streams.kernel.restoring import Copy
from streams.kernel.standbys import Standbys, followed
from streams.kernel.standings import Standings, looked


class Takeover:
    """What it takes to build tasks. ``inputs``: the topics that they read, by name.

    ``hears_peers``: tasks of this kernel tell each other things, and so how far they have come.
    """

    def __init__(
        self,
        processor: Processor[Any],
        config: KernelConfig,
        codec: Codec,
        inputs: Mapping[str, Topic],
        hears_peers: bool,
        standings: Standings,
        standbys: Standbys | None,
    ) -> None:
        self._processor = processor
        self._config = config
        self._codec = codec
        self._inputs = inputs
        self._hears_peers = hears_peers
        self._standings = standings
        self._standbys = standbys
        self.partitions = 0
        """Of how many the inputs are, and the changelog, as far as is known."""

    def count(self, consumer: Consumer) -> None:
        """Ask how many partitions there are."""
        changelog = self._config.internal(self._processor.name, "changelog")
        self.partitions = same_partitions(consumer, (*self._inputs, changelog))

    def build(self, consumer: Consumer, partitions: Sequence[int], tasks: dict[int, HostedTask]) -> None:
        """Put a task for each of these into ``tasks``, and restore it.

        All tasks first, which ends whatever transactions their predecessors left open; then restore each.
        Predecessors of several tasks wrote to the same partitions. The embedded broker keeps all that they
        wrote pending until the last of these transactions has ended: a restore in between would wait for it.
        Partitions are counted again only if there are more of them than there were.
        """
        if partitions and partitions[-1] >= self.partitions:
            self.count(consumer)
        for partition in partitions:
            tasks[partition] = self._hosted(partition)
        for task in tasks.values():
            task.sweep()
        self._restore(consumer, [tasks[partition] for partition in partitions])

    def _hosted(self, partition: int) -> HostedTask:
        return HostedTask(
            self._processor, self._config, self._codec, partition, self.partitions, self._hears_peers
        )

    def _restore(self, consumer: Consumer, tasks: Sequence[HostedTask]) -> None:
        """Each task, beginning with what its standby has; and follow those that may come next."""
        partitions = [task.partition for task in tasks]
        known = self._standbys.begin(partitions) if self._standbys else {}
        restored: dict[int, Copy] = {}
        for task in tasks:
            asked = partial(self._committed, consumer, task.partition)
            copy = task.restore(asked, known.pop(task.partition, None))
            if self._standbys:
                restored[task.partition] = copy
            task.progress.begin(now := WallClock().now(), self._standings.begun)
            self._standings.note(looked(task, self._config, now, {}))
        if self._standbys:
            wanted = followed(partitions, self.partitions, self._config.standbys)
            self._standbys.follow(wanted, restored)

    def _committed(self, consumer: Consumer, partition: int) -> dict[str, int]:
        """Next offset per topic label, for the inputs that have one. Waits for pending transactions."""
        asked = [TopicPartition(name, partition) for name in self._inputs]
        found = consumer.committed(asked, timeout=30)
        return {self._inputs[at.topic].label: at.offset for at in found if at.offset >= 0}
