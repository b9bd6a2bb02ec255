"""One membership of the group: poll, process, commit. Everything that Kafka does to a worker ends here."""

import logging
import threading
import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.holes import Refill
from schemas.lag import Lag
from schemas.looking import HELPING, by_partition, look
from schemas.rebalancing import Rebalancing
from schemas.topics import Topic
from streams.clock import Clock, WallClock
from streams.kernel.advancing import Advancing
from streams.kernel.backpressure import Backpressure
from streams.kernel.commits import Announcing, Commits
from streams.kernel.config import GATHERED, KernelConfig
from streams.kernel.heartbeats import Heartbeats
from streams.kernel.hosted import HostedTask
from streams.kernel.measures import Measures
from streams.kernel.memory import bound
from streams.kernel.partitions import count_brokers, count_partitions
from streams.kernel.processor import Processor
from streams.kernel.standbys import Standbys
from streams.kernel.standings import Standings, looked
from streams.kernel.takeover import Takeover
from streams.kernel.told import told

log = logging.getLogger(__name__)

BACKLOG = 1_000
"""So many records in one turn mean that there are more."""


class Session:
    """One membership of the group, from joining to leaving."""

    def __init__(
        self,
        processor: Processor[Any],
        config: KernelConfig,
        codec: Codec,
        clock: Clock,
        announces: Topic | None,
        measures: Measures,
        standings: Standings,
        standbys: Standbys | None = None,
    ) -> None:
        self._processor = processor
        self._config = config
        self._codec = codec
        self._clock = clock
        self._announces = announces
        self._standings = standings
        self._standbys = standbys
        self._tasks: dict[int, HostedTask] = {}
        self._names = {config.named(topic): topic for topic in processor.inputs}
        gathered = GATHERED if processor.bulk else {}
        self._consumer = config.make_consumer(
            config.consumer("read_committed", config.membership(processor.name) | gathered)
        )
        self._takeover = Takeover(
            processor, config, codec, self._names, self._hears_itself, standings, standbys
        )
        self._lag = Lag(self._consumer)
        self._backpressure = Backpressure(
            config, self._consumer, {topic.label: name for name, topic in self._names.items()}
        )
        self._heartbeats = Heartbeats(config, codec, clock)
        self._refill = self._refilling() if config.aborted_visible else None
        self._brokers = 0
        self._rebalancing = Rebalancing()
        self._commits = Commits(config, measures, clock, self._consumer)
        self._advancing = Advancing(config, clock, self._commits)

    def run(self, stop: threading.Event) -> None:
        """Join, work until ``stop`` is set, leave."""
        self._takeover.count(self._consumer)
        self._brokers = count_brokers(self._consumer)
        self._commits.announcing = self._announcing()
        self._consumer.subscribe(
            list(self._names),
            on_assign=self._rebalancing.keeping(self._assigned),
            on_revoke=self._rebalancing.keeping(self._revoked),
            on_lost=self._rebalancing.keeping(self._lost),
        )
        while not stop.is_set():
            self._turn()
        self._release(commit=True)
        self._close()

    def abort(self) -> None:
        """Drop everything that isn't committed."""
        self._release(commit=False)
        self._close()

    def status(self) -> dict[str, Any]:
        """Sums over the tasks held now."""
        tasks = list(self._tasks.values())
        return {
            **told(tasks, self._clock.now()),
            **self._backpressure.status(),
            "memory bound": bound(self._config, len(tasks), self._brokers),
            "lag": {self._names[name].label: count for name, count in self._lag.by_topic().items()},
        }

    def why_not_ready(self) -> str | None:
        """What it has still to do before it is at work on what is new; None: it is."""
        for task in list(self._tasks.values()):
            if task.restoring is not None:
                return f"task {task.partition} is restored: {task.restoring}"
        return self._lag.why_not_ready(BACKLOG)

    @property
    def _hears_itself(self) -> bool:
        """Whether its tasks tell each other things, and so how far they have come."""
        return self._announces in self._processor.inputs

    def _announcing(self) -> Announcing | None:
        if self._announces is None:
            return None
        partitions = count_partitions(self._consumer, self._config.named(self._announces))
        return Announcing(self._announces, self._takeover.partitions, partitions, self._hears_itself)

    def _turn(self) -> None:
        messages = self._look_in()
        self._rebalancing.check()
        if self._standbys:
            self._standbys.check()
        runs = by_partition(messages)
        for (partition, name), run in runs.items():
            self._heartbeats.heard(name, partition)
            task, whole = self._tasks[partition], self._whole(partition, name, run)
            task.read(name, whole)
            self._backpressure.read(task, self._names[name].label, sum(map(len, whole)))
        read_on = {partition for partition, _ in runs}
        moved = [task for at, task in sorted(self._tasks.items()) if at in read_on or task.lags]
        self._advancing.advance(moved)
        for name, partition in self._backpressure.steer(moved):
            self._heartbeats.heard(name, partition)
        self._commits.commit_due(self._tasks.values(), busy=len(messages) >= BACKLOG)
        if self._config.heartbeats:
            self._beat()
        self._look()

    def _look_in(self) -> list[Message]:
        """What the broker has sent; next to nothing while a task has more to do than fits into a turn."""
        if any(task.lags for task in self._tasks.values()):
            return look(self._consumer, self._rebalancing, HELPING, 0.0)
        wait = self._config.poll_wait / 1000
        return look(self._consumer, self._rebalancing, self._config.fetch_size, wait)

    def _look(self) -> None:
        """How far it is behind, now and then."""
        if not self._lag.due(now := time.monotonic()):
            return
        places = {
            (name, partition): task.positions.get(topic.label, 0)
            for partition, task in self._tasks.items()
            for name, topic in self._names.items()
        }
        self._lag.look(now, places)
        for task in self._tasks.values():
            self._note(task)

    def _note(self, task: HostedTask) -> None:
        """How a task gets on."""
        behind = self._lag.of()
        unread = {topic.label: behind[name, task.partition] for name, topic in self._names.items()}
        self._standings.note(looked(task, self._config, WallClock().now(), unread))

    def _refilling(self) -> Refill:
        return Refill(self._config.consumer("read_committed", {"group.id": self._config.internal("refill")}))

    def _whole(self, partition: int, name: str, run: list[Message]) -> list[Message]:
        topic = self._names[name]
        if self._refill is None or topic.kind != "input":
            return run
        return self._refill.complete(
            name, partition, self._tasks[partition].positions.get(topic.label, 0), run
        )

    def _close(self) -> None:
        self._commits.close()
        self._consumer.close()
        self._heartbeats.close()
        if self._refill is not None:
            self._refill.close()

    def _beat(self) -> None:
        for task in self._tasks.values():
            for name, topic in self._names.items():
                if topic.kind == "input" and not self._is_silent_on_purpose(task, topic.label):
                    self._heartbeats.beat(name, task.partition)

    def _is_silent_on_purpose(self, task: HostedTask, label: str) -> bool:
        return bool(task.holds.get(label)) or self._backpressure.is_paused(label, task.partition)

    def _assigned(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        """Build the tasks, and read on where each of them stands."""
        partitions = sorted({at.partition for at in assigned})
        log.info("%s: assigned %s", self._processor.name, partitions)
        self._standings.keep(partitions)
        self._commits.assigned(partitions)
        self._takeover.build(consumer, partitions, self._tasks)
        consumer.assign(
            [
                TopicPartition(name, partition, self._tasks[partition].positions.get(topic.label, 0))
                for partition in partitions
                for name, topic in self._names.items()
            ]
        )
        self._backpressure.assigned(self._tasks.values())

    def _revoked(self, consumer: Consumer, revoked: list[TopicPartition]) -> None:
        log.info("%s: revoked %s", self._processor.name, sorted({at.partition for at in revoked}))
        if self._tasks:  # else they were dropped after a failure, and are stuck as long as it lasts
            self._standings.keep(())
        self._release(commit=True)

    def _lost(self, consumer: Consumer, lost: list[TopicPartition]) -> None:
        log.warning("%s: lost %s", self._processor.name, sorted({at.partition for at in lost}))
        self._release(commit=False)

    def _release(self, commit: bool) -> None:
        tasks, self._tasks = self._tasks, {}
        self._lag.look(time.monotonic(), {})
        try:
            while tasks:
                partition, task = tasks.popitem()
                self._let_go(task, commit)
                self._backpressure.forget(partition)
                for name in self._names:
                    self._heartbeats.forget(name, partition)
        finally:
            for task in tasks.values():
                task.abort()

    def _let_go(self, task: HostedTask, commit: bool) -> None:
        if not commit:
            task.abort()
            return
        try:
            if task.changed or task.read_on:
                self._commits.commit([task])
        except KafkaException:
            task.abort()
            raise
        task.close()
