"""Both kernels' processors over a file, in one process, without a broker.

The clock is that of the log: the latest ``received_at`` less the lateness. Whoever replays the same file
with the same rules gets the same outputs, which are those that live work would have given.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from schemas import topics
from schemas.topics import Output, Topic
from schemas.words import Millis
from streams.formats.base import Row
from streams.kernel.processor import Processor
from streams.kernel.task import BEGINNING, Task

PUBLISHED = frozenset(
    topic.label
    for topic in (
        topics.ABANDONMENT_SIGNALS,
        topics.CONTACT_SIGNALS,
        topics.DECISIONS,
        *topics.OUTREACH.values(),
    )
)
"""What a replay gives: signals, decisions, outreach; neither facts nor compacted states."""

NOBODY_WAITS: Millis = BEGINNING
"""The time of people in a replay: never ahead of the log, however far it jumps, so nothing is backlog."""


class Replay:
    """Processors in a row, each the only task of its kernel. Later ones read what earlier ones tell."""

    def __init__(self, processors: Sequence[Processor[Any]], lateness: Millis = 0) -> None:
        """``held``: history is being imported, and nothing leaves; whoever feeds the replay may change it."""
        self.clock: Millis = BEGINNING
        self.held = False
        self._lateness = lateness
        self._tasks: list[Task[Any]] = [Task(processor) for processor in processors]
        self._readers = {topic.label: task for task in self._tasks for topic in task.processor.inputs}

    def run(self, rows: Iterable[Row], until: Callable[[], Millis | None]) -> Iterator[Output]:
        """Read all rows, which stand in the order of ``received_at``; then let time reach ``until()``.

        As ``follow`` does, where time comes as far as the latest row was received.
        """
        yield from self.follow(((row.event.received_at, row) for row in rows), until)

    def follow(
        self, arrivals: Iterable[tuple[Millis, Row]], until: Callable[[], Millis | None]
    ) -> Iterator[Output]:
        """Read rows, each with how far time had come when it arrived; then let time reach ``until()``.

        ``until`` is asked once all is read; None: nothing was. Gives what is published, in the order in
        which it is decided.
        """
        received_at = BEGINNING
        for at, row in arrivals:
            if at > received_at:
                yield from self._advance(received_at - self._lateness)
                received_at = at
            self._receive(row.topic, row.event)
        end = until()
        if end is not None:
            yield from self._advance(max(end + 1, received_at - self._lateness))

    def states(self) -> dict[str, dict[str, Any]]:
        """By the name of each processor, what it remembers by key."""
        return {task.processor.name: task.states() for task in self._tasks}

    def _receive(self, topic: Topic, event: Any) -> bool:
        """Whether somebody reads it."""
        reader = self._readers.get(topic.label)
        if reader is not None:
            reader.receive(event)
        return reader is not None

    def _advance(self, to: Millis) -> list[Output]:
        """Let time reach ``to``, from one moment at which something happens to the next: so each task hears
        of what another told in its time, as it does live, however far time jumps.
        """
        published: list[Output] = []
        while (moment := min(self._wakes(), default=to)) < to:
            published += self._settle(moment + 1)
        published += self._settle(to)
        return sorted(published, key=attrgetter("value.occurred_at"))

    def _wakes(self) -> list[Millis]:
        return [at for task in self._tasks if (at := task.wakes_at) is not None]

    def _settle(self, to: Millis) -> list[Output]:
        """Let the clock be ``to``, and what is told by the way be heard."""
        self.clock = max(self.clock, to)
        published: list[Output] = []
        unheard = True
        while unheard:
            unheard = False
            for task in self._tasks:
                for out in task.advance(self.clock, NOBODY_WAITS, self.held):
                    heard = out.value is not None and self._receive(out.topic, out.value)
                    unheard = unheard or heard
                    if out.topic.label in PUBLISHED and out.value is not None:
                        published.append(out)
        return published
