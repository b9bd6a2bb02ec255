"""Both kernels with several tasks each, hosted as in production but for Kafka: turn by turn, with restarts.

What visits tells, care hears in the same turn; its clock is the least of theirs. What care tells (itself, or
visits) goes round through the log and is heard in the next turn, when the clocks have moved on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec

from schemas import topics
from schemas.topics import Output
from schemas.words import Millis
from streams.care import Books, Care
from streams.kernel.processor import Processor
from streams.kernel.task import Task
from streams.rules.book import RuleBook
from streams.visits import Visits
from tests.builders import minute

MINUTE = 60_000


@dataclass(frozen=True)
class Turn:
    """One turn of the loop. ``events`` were read, and the log's clock stands at ``clock``.

    ``asleep``: numbers of visits tasks that don't come to work in this turn. ``restarted``: everybody is
    built anew from the changelogs afterwards.
    """

    events: tuple[Any, ...]
    clock: Millis
    asleep: frozenset[int] = frozenset()
    restarted: bool = False


class Kernel:
    """The tasks of one processor, and their changelogs."""

    def __init__(self, processor: Processor[Any], tasks: int) -> None:
        self.processor = processor
        self.tasks = [Task(processor) for _ in range(tasks)]
        self._changelogs: list[dict[str, bytes]] = [{} for _ in range(tasks)]

    def reads(self, topic: topics.Topic) -> bool:
        """Whether it is an input."""
        return topic in self.processor.inputs

    def receive(self, event: Any) -> None:
        """Read by the task to whose partition the key belongs."""
        number = crc32(self.processor.key(event).encode()) % len(self.tasks)
        self.tasks[number].receive(event)

    def commit(self) -> None:
        """What changed goes into the changelogs."""
        for task, changelog in zip(self.tasks, self._changelogs, strict=True):
            for key, value in task.changes():
                if value is None:
                    changelog.pop(key, None)
                else:
                    changelog[key] = value

    def restart(self) -> None:
        """All tasks anew, from the changelogs and the clock of the last commit."""
        for number, changelog in enumerate(self._changelogs):
            fresh: Task[Any] = Task(self.processor)
            fresh.clock = self.tasks[number].clock
            for key, value in changelog.items():
                fresh.restore(key, value)
            self.tasks[number] = fresh

    def states(self) -> dict[str, bytes]:
        """Every key's state, in bytes."""
        return {
            key: msgspec.msgpack.encode(state)
            for task in self.tasks
            for key, state in sorted(task.states().items())
        }


class Cluster:
    """``now``: the time of people in minutes; None: that of the log."""

    def __init__(self, rules: RuleBook | Books, visits: int = 1, care: int = 1) -> None:
        self.visits = Kernel(Visits(), visits)
        self.care = Kernel(Care(rules), care)
        self.published: list[Output] = []
        self.now: Millis | None = None
        self.held = False
        self._in_the_log: list[Output] = []
        self._heard: Millis = 0

    def work(self, turns: Iterable[Turn]) -> "Cluster":
        """One turn after the other."""
        for turn in turns:
            self.turn(turn)
        return self

    def until(self, at: float) -> "Cluster":
        """Time passes at once, and then nothing is under way any more."""
        self.turn(Turn((), minute(at) + 1))
        while self._in_the_log:
            self.turn(Turn((), minute(at) + 1))
        return self

    def turn(self, turn: Turn) -> None:
        """Read, advance, tell, commit."""
        under_way, self._in_the_log = self._in_the_log, []
        for out in under_way:
            self._read(out.topic, out.value)
        for event in turn.events:
            self._read(topics_of(event), event)
        now = turn.clock if self.now is None else self.now
        for number, task in enumerate(self.visits.tasks):
            if number not in turn.asleep:
                for out in task.advance(turn.clock, now, self.held):
                    self._read(out.topic, out.value)
        clock = min(task.clock for task in self.visits.tasks)
        for task in self.care.tasks:
            heard = None if self.now is None else self._heard
            told = task.advance(min(clock, turn.clock), now, self.held, heard)
            self.published += told
            self._in_the_log += [out for out in told if out.topic in (topics.FACTS, topics.CART)]
        self._heard = min(task.clock for task in self.care.tasks)
        for kernel in (self.visits, self.care):
            kernel.commit()
            if turn.restarted:
                kernel.restart()

    def said(self, topic: topics.Topic) -> list[Any]:
        """Every record on a topic, in order, but for tombstones."""
        return [out.value for out in self.published if out.topic is topic and out.value is not None]

    def _read(self, topic: topics.Topic, event: Any) -> None:
        (self.visits if self.visits.reads(topic) else self.care).receive(event)


def topics_of(event: Any) -> topics.Topic:
    """Where an input event stands."""
    return next(topic for topic in topics.INPUTS if topic.model is type(event))
