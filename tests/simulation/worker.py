"""A worker of the simulation: what ``Session`` and ``Commits`` have a task do, one step at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from schemas import topics
from schemas.codec import Codec
from schemas.topics import Topic
from schemas.words import Millis
from streams.kernel.config import KernelConfig
from streams.kernel.heartbeats import Heartbeats
from streams.kernel.hosted import HostedTask
from streams.kernel.processor import Processor
from tests.simulation.log import Log, Membership, Message

PEOPLE: Millis = 0
"""The time of people stands still, at the beginning: decisions depend on the log alone."""
MakeTask = Callable[..., HostedTask]


class Read(NamedTuple):
    """A task has read a run of records."""

    topic: Topic
    messages: list[Message]


class Advanced(NamedTuple):
    """A task has let its clock come to a moment."""

    to: Millis


@dataclass(frozen=True)
class LogClock:
    """The time of the simulated world."""

    log: Log

    def now(self) -> Millis:
        """In milliseconds."""
        return self.log.now

    def monotonic(self) -> float:
        """In seconds."""
        return self.log.now / 1000


@dataclass(frozen=True)
class Kernel:
    """One kernel of a deployment on a simulated log. ``make_task``: ``HostedTask``, or one with a fault."""

    processor: Processor[object]
    config: KernelConfig
    codec: Codec
    log: Log
    partitions: int
    make_task: MakeTask = HostedTask

    @property
    def group(self) -> str:
        """Its consumer group."""
        return self.config.internal(self.processor.name)

    @property
    def changelog(self) -> str:
        """Where its state is."""
        return self.config.internal(self.processor.name, "changelog")

    def transactional_id(self, partition: int) -> str:
        """Of a task."""
        return self.config.internal(self.processor.name, str(partition))

    def committed(self, partition: int) -> dict[str, int]:
        """Next offset per topic label."""
        found = {
            topic.label: self.log.committed(self.group, (self.config.named(topic), partition))
            for topic in self.processor.inputs
        }
        return {label: offset for label, offset in found.items() if offset is not None}


class Worker:
    """A member of a kernel's group, with the tasks of the partitions assigned to it."""

    def __init__(self, kernel: Kernel, name: str, membership: Membership) -> None:
        self.kernel = kernel
        self.name = name
        self.tasks: dict[int, HostedTask] = {}
        self._membership = membership
        self._journals: dict[int, list[Read | Advanced]] = {}
        """Of each task, what it has done since it committed."""
        self._epochs: dict[int, int] = {}
        clock = LogClock(kernel.log)
        self._heartbeats = Heartbeats(kernel.config, kernel.codec, clock, clock.monotonic)

    def assigned(self, partitions: Sequence[int]) -> None:
        """All tasks first, which ends what predecessors left open; then restore each."""
        kernel = self.kernel
        hears_peers = topics.FACTS in kernel.processor.inputs
        make = partial(kernel.make_task, kernel.processor, kernel.config, kernel.codec)
        for partition in partitions:
            self.tasks[partition] = make(partition, kernel.partitions, hears_peers)
            self._epochs[partition] = kernel.log.epoch(kernel.transactional_id(partition))
            self._journals[partition] = []
        for partition, task in self.tasks.items():
            task.restore(partial(kernel.committed, partition))

    def poll(self, partition: int, topic: Topic, most: int) -> bool:
        """Read at most so many records of one input; whether there were any."""
        task, name = self.tasks[partition], self.kernel.config.named(topic)
        start = task.positions.get(topic.label, 0)
        messages, _ = self.kernel.log.read((name, partition), start, most)
        if messages:
            self._heartbeats.heard(name, partition)
            task.read(name, messages)  # type: ignore[arg-type]
            self._journals[partition].append(Read(topic, messages))
        return bool(messages)

    def advance(self, partition: int, share: float = 1.0) -> None:
        """Let the task do what its clock says; or go only a share of the way, as in a long turn."""
        task = self.tasks[partition]
        way = max(0, task.comes_to - task.since)
        self._advance(partition, task.comes_to - round(way * (1 - share)))

    def commit(self, partition: int, announced: bool) -> None:
        """As soon as anything was read. With the clock behind the facts, or without.

        What came late is looked at before, as in the turn that has read it.
        """
        task = self.tasks[partition]
        if not task.positions:
            return
        if task.task.unsettled:
            self._advance(partition, task.task.clock)
        if announced:
            task.announce(topics.FACTS, self.kernel.partitions, self.kernel.partitions)
        task.stage()
        self._note(partition)
        task.commit(self._membership)
        self._journals[partition] = []
        task.note_durable()

    def beat(self) -> None:
        """Heartbeats for silent inputs."""
        for partition in self.tasks:
            for topic in self.kernel.processor.inputs:
                if topic.kind == "input":
                    self._heartbeats.beat(self.kernel.config.named(topic), partition)

    def turn(self, announces: bool) -> bool:
        """Read all there is, advance, commit if that changed anything; whether it did."""
        moved = False
        for partition, task in self.tasks.items():
            for topic in self.kernel.processor.inputs:
                self.poll(partition, topic, 1_000)
            before = task.task.clock
            self.advance(partition)
            if task.changed or task.read_on or task.task.clock > before:
                self.commit(partition, announces and task.task.clock > before)
                moved = True
        return moved

    def leave(self) -> None:
        """Let go in order: commit what there is."""
        for partition, task in self.tasks.items():
            if task.changed or task.read_on:
                self.commit(partition, announced=False)
            task.close()
        self.tasks = {}

    def _advance(self, partition: int, to: Millis) -> None:
        self._journals[partition].append(Advanced(to))
        self.tasks[partition].advance(to, PEOPLE)

    def _note(self, partition: int) -> None:
        """The steps that led to a transaction, beside it; unless somebody has ended it."""
        log, own = self.kernel.log, self.kernel.transactional_id(partition)
        if not log.is_fenced(own, self._epochs[partition]):
            log.writing(own).journal = tuple(self._journals[partition])

    def abort(self) -> None:
        """Give up what isn't committed."""
        for task in self.tasks.values():
            task.abort()
        self.tasks = {}
