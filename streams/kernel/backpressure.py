"""What is read ahead waits in Kafka, not in memory: inputs that are far before their task's clock are paused.

The clock of a task is the least of its inputs. In a backlog one input may be read long before another; its
events then wait for the clock. So what is ahead is paused once so much of it waits, and read on once half of
that has gone. The input that holds the clock back is never paused: heartbeats, holds and clocks come through
it, and time goes on. What came within the lateness waits in any case, and counts for nothing here.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from schemas.topics import FACTS
from schemas.words import Millis
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask
from streams.kernel.task import BEGINNING

CHUNK = 4_096
"""Bytes; smaller runs are kept together, and so wait for the last of them."""


class _Run(NamedTuple):
    """So many bytes were read together, of the time up to a moment."""

    until: Millis
    size: int


@dataclass(slots=True)
class Ahead:
    """What was read from the inputs of one task before its clock has come there, in bytes of records."""

    sizes: dict[str, int] = field(default_factory=dict)
    """By input."""
    _runs: dict[str, deque[_Run]] = field(default_factory=dict)

    def read(self, label: str, until: Millis, size: int) -> None:
        """Records of an input were read, of the time up to a moment."""
        runs = self._runs.setdefault(label, deque())
        small = runs.pop().size if runs and runs[-1].size < CHUNK else 0
        runs.append(_Run(until, small + size))
        self.sizes[label] = self.sizes.get(label, 0) + size

    def come(self, clock: Millis) -> None:
        """What is not later than the clock is not ahead."""
        for label, runs in self._runs.items():
            while runs and runs[0].until <= clock:
                self.sizes[label] -= runs.popleft().size

    @property
    def total(self) -> int:
        """Of all inputs."""
        return sum(self.sizes.values())

    @property
    def runs(self) -> int:
        """How many are kept."""
        return sum(map(len, self._runs.values()))


def to_pause(ahead: Ahead, paused: Collection[str], limit: int, holding: str) -> set[str]:
    """The inputs that are not to be read on. ``holding``: the one that holds the clock back."""
    if ahead.total <= limit // 2:
        return set()
    asked = ahead.sizes if ahead.total > limit else paused
    return {label for label in asked if ahead.sizes.get(label, 0) > 0 and label != holding}


class Backpressure:
    """Pauses and resumes the inputs of one worker's tasks: of each, ``waiting_limit`` is ahead at most.

    What one look at the broker gives may go beyond it, once.
    """

    def __init__(self, config: KernelConfig, consumer: Consumer, names: Mapping[str, str]) -> None:
        """``names``: of topics, by label."""
        self._config = config
        self._consumer = consumer
        self._names = names
        self._ahead: dict[int, Ahead] = {}
        self._paused: dict[int, set[str]] = {}
        self._pauses = self._most = 0

    def assigned(self, tasks: Collection[HostedTask]) -> None:
        """These tasks were built from the log, and their inputs assigned. What was ahead is ahead still."""
        for task in tasks:
            ahead = self._ahead[task.partition] = Ahead()
            for label, size in task.ahead.items():
                ahead.read(label, self._until(task, label), size)
            self._paused[task.partition] = set()
            self._consumer.resume(self._places(task.partition, self._names))
        self.steer(tasks)

    def forget(self, partition: int) -> None:
        """The task is somebody else's now."""
        self._ahead.pop(partition, None)
        self._paused.pop(partition, None)

    def read(self, task: HostedTask, label: str, size: int) -> None:
        """A task has read so many bytes of an input."""
        self._ahead[task.partition].read(label, self._until(task, label), size)

    def steer(self, tasks: Collection[HostedTask]) -> list[tuple[str, int]]:
        """Pause and resume; returns what is read on from now, by topic and partition."""
        resumed = []
        for task in tasks:
            ahead = self._ahead[task.partition]
            ahead.come(task.task.clock)
            task.ahead = dict(ahead.sizes)
            resumed += self._turn(task, ahead)
        self._most = max(self._most, self.total)
        return resumed

    @property
    def total(self) -> int:
        """Bytes that are ahead, of all tasks."""
        return sum(ahead.total for ahead in self._ahead.copy().values())

    def is_paused(self, label: str, partition: int) -> bool:
        """Whether an input is not read on for now."""
        return label in self._paused.get(partition, ())

    def status(self) -> dict[str, int]:
        """Bytes that are ahead, now and at most; partitions that are paused, and how often any was."""
        return {
            "waiting bytes": self.total,
            "most waiting bytes": self._most,
            "paused": sum(map(len, self._paused.copy().values())),
            "pauses": self._pauses,
        }

    def _turn(self, task: HostedTask, ahead: Ahead) -> list[tuple[str, int]]:
        holding = task.watermarks.holds_back(self._config.lateness).topic or FACTS.label
        before = self._paused[task.partition]
        after = to_pause(ahead, before, self._config.waiting_limit, holding)
        stop, go = after - before, before - after
        if stop:
            self._consumer.pause(self._places(task.partition, stop))
        if go:
            self._consumer.resume(self._places(task.partition, go))
        self._paused[task.partition] = after
        self._pauses += len(stop)
        return [(self._names[label], task.partition) for label in go]

    def _places(self, partition: int, labels: Iterable[str]) -> list[TopicPartition]:
        return [TopicPartition(self._names[label], partition) for label in labels]

    def _until(self, task: HostedTask, label: str) -> Millis:
        """Up to when what was read of an input is, as the clock counts."""
        marks = task.watermarks
        if label in marks.inputs:
            return marks.inputs[label] - self._config.lateness
        return max(marks.feeders.values(), default=BEGINNING)
