"""When the tasks of one worker commit; and that they do it side by side."""

import math
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, NamedTuple, NoReturn

from confluent_kafka import Consumer

from schemas.hanging import end_process
from schemas.topics import Topic
from streams.clock import Clock
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask
from streams.kernel.measures import Done, Measures
from streams.kernel.pace import Pace

AT_ONCE = 8
"""Tasks of one worker that commit at the same time; the others follow. One by one on the embedded broker: of
transactions that end at the same moment, it keeps one in some hundreds pending for ever."""


NEVER = 45.0
"""Seconds. A commit asks for three things, the last of them twice if need be, and waits 10 s for each answer:
what takes longer hangs in the client, and nothing that this process does will end it.
"""


LOOK_EVERY = 1.0
"""Seconds between two looks at commits that are under way."""


class Announcing(NamedTuple):
    """Who is told the clocks of these tasks: every partition of ``topic``, of ``tasks`` tasks in all."""

    topic: Topic
    tasks: int
    partitions: int
    heard_by_themselves: bool


class Commits:
    """The commits of one membership: each task at its own pace, those that are due together side by side.

    A commit waits for three answers of the broker, and for nothing of the other tasks: one after the other,
    the last of them would be late for no reason.
    """

    def __init__(
        self,
        config: KernelConfig,
        measures: Measures,
        clock: Clock,
        consumer: Consumer,
        never: float = NEVER,
        give_up: Callable[[], NoReturn] = end_process,
    ) -> None:
        """``give_up``: called if a commit hasn't ended after ``never`` seconds."""
        self._never = never
        self._give_up = give_up
        self._config = config
        self._measures = measures
        self._clock = clock
        self._consumer = consumer
        self._at_once = 1 if config.aborted_visible else AT_ONCE
        self._pool = ThreadPoolExecutor(self._at_once, "commit")
        self._paces: dict[int, Pace] = {}
        self.announcing: Announcing | None = None

    def assigned(self, partitions: Sequence[int]) -> None:
        """These tasks begin now."""
        told = self.announcing
        announce_to, seldom = (told.partitions, told.heard_by_themselves) if told else (0, False)
        for partition in partitions:
            self._paces[partition] = Pace(self._config, time.monotonic(), announce_to, seldom)

    def commit_due(self, tasks: Collection[HostedTask], busy: bool) -> None:
        """Commit those that are due. ``busy``: there is a backlog."""
        now = time.monotonic()
        self.commit([task for task in tasks if self._is_due(task, now, busy)])
        for task in tasks:
            if not task.changed:
                task.note_durable()

    def commit(self, tasks: Sequence[HostedTask]) -> None:
        """Commit these. Raises KafkaException if one couldn't, once all have ended; others may have."""
        now = time.monotonic()
        for task in tasks:
            self._stage(task, now)
        membership = self._consumer.consumer_group_metadata() if tasks else None
        commits = [self._pool.submit(_timed, task, membership) for task in tasks]
        never = now + self._never * math.ceil(len(commits) / self._at_once)
        while wait(commits, timeout=min(LOOK_EVERY, self._never)).not_done:
            if time.monotonic() > never or any(task.hangs for task in tasks):
                self._give_up()
        for task, commit in zip(tasks, commits, strict=True):
            done, took = commit.result()
            self._paces[task.partition].took = took
            self._measures.committed(done, took, self._clock.now())

    def close(self) -> None:
        """No more commits."""
        self._pool.shutdown(wait=False)

    def _is_due(self, task: HostedTask, now: float, busy: bool) -> bool:
        pace = self._paces[task.partition]
        pace.note(now, task.urgent, task.changed)
        return bool(task.positions) and pace.due(now, busy, task.read_on)

    def _stage(self, task: HostedTask, now: float) -> None:
        pace, told = self._paces[task.partition], self.announcing
        announced = told is not None and pace.announces(now)
        if told is not None and announced:
            task.announce(told.topic, told.tasks, told.partitions)
        task.stage()
        pace.committed(now, announced)


def _timed(task: HostedTask, membership: Any) -> tuple[Done, float]:
    """Commit one; what is visible now, and the seconds that it took."""
    began = time.monotonic()
    done = task.commit(membership)
    return done, time.monotonic() - began
