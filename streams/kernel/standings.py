"""How the tasks of a kernel get on, for its pages: over sessions, as what fails again and again is stuck.

The thread that works looks and notes; any thread may ask.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.clock import WallClock
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask
from streams.kernel.progress import Standing

REMEMBERED = 1_000
"""Failures."""

FAILED_TWICE = 2
"""One session that ends is an accident; two, and nothing committed between them, are a reason."""


class Standings:
    """Of the tasks that a kernel has, and of those that it had when a session failed."""

    def __init__(self, stuck_after: Millis) -> None:
        self.begun: Millis = WallClock().now()
        """A task that has never committed anything stands since then."""
        self._stuck_after = stuck_after
        self._tasks: dict[int, Standing] = {}
        self._failures: list[Millis] = []
        self._failure = ""

    def note(self, standing: Standing) -> None:
        """Where a task stands."""
        self._tasks = {**self._tasks, standing.partition: standing}

    def failed(self, why: str) -> None:
        """A session ended: none of its tasks got on by what it has not committed."""
        now = WallClock().now()
        since = min((task.since for task in self._tasks.values()), default=now)
        self._failures = [*(at for at in self._failures if at >= since), now][-REMEMBERED:]
        self._failure = why

    def keep(self, partitions: Iterable[int]) -> None:
        """These tasks are this kernel's; others are somebody else's."""
        self._tasks = {at: self._tasks[at] for at in partitions if at in self._tasks}

    def status(self) -> dict[str, Any]:
        """Seconds that each task stands, and what is known of those that are stuck."""
        now, tasks = WallClock().now(), self._tasks
        return {
            "stands": {task.task: (now - task.since) / 1000 for task in tasks.values()},
            "stuck": [_told(task) for task in self._stuck(now)],
        }

    def collect(self) -> Iterator[Metric]:
        """As Prometheus asks for it."""
        now = WallClock().now()
        stands = _gauge("heedful_task_stands_seconds", "How long a task has not got on.")
        for task in self._tasks.values():
            stands.add_metric((task.kernel, str(task.partition)), (now - task.since) / 1000)
        stuck = _gauge("heedful_task_stuck", "1: it has not got on for too long; the likely reason.", "why")
        for task in self._stuck(now):
            stuck.add_metric((task.kernel, str(task.partition), task.reason.why), 1)
        yield from (stands, stuck)

    def _stuck(self, now: Millis) -> list[Standing]:
        stuck = [task for task in self._tasks.values() if task.is_stuck(now, self._stuck_after)]
        return [replace(task, failing=self._failing(task, now)) for task in stuck]

    def _failing(self, task: Standing, now: Millis) -> str | None:
        """What is the matter with a task that stood before it was built from the log, not long ago."""
        if now - max(task.restored_at, *self._failures[-1:], 0) >= self._stuck_after:
            return None
        failures = sum(at >= task.since for at in self._failures)
        if failures < FAILED_TWICE:
            return f"it was begun anew at {to_iso(task.restored_at)}, and has not got on since"
        return f"it was begun anew {failures} times, the last time after: {self._failure}"


def looked(task: HostedTask, config: KernelConfig, now: Millis, unread: Mapping[str, int | None]) -> Standing:
    """How a task gets on. ``unread``: by topic label, records before the end that were not read, if known."""
    known = {label: count for label, count in unread.items() if count is not None}
    if task.durable.positions and len(known) == len(unread):
        under_way = sum(task.positions.values()) - sum(task.durable.positions.values())
        left = sum(known.values()) + under_way
        task.progress.look(now, task.durable.clock, left, task.durable.positions)
    marks = task.watermarks
    return Standing(
        kernel=task.task.processor.name,
        partition=task.partition,
        since=task.progress.since,
        restored_at=task.progress.restored_at,
        watermarks=structs.replace(marks, inputs=dict(marks.inputs), feeders=dict(marks.feeders)),
        lateness=config.lateness,
        names={topic.label: config.named(topic) for topic in task.task.processor.inputs},
        holds=dict(task.holds),
        unread=known,
        read_on=task.progress.read_since(now - config.stuck_after),
    )


def _told(task: Standing) -> dict[str, str]:
    return {"task": task.task, "since": to_iso(task.since), **task.reason._asdict()}


def _gauge(name: str, what: str, *more: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=("kernel", "partition", *more))
