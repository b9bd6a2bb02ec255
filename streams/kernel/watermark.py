"""The clock of a task: what the log says about how far time has come."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from schemas.topics import Topic
from schemas.words import Millis
from streams.kernel.task import BEGINNING


class HeldBack(NamedTuple):
    """What holds a clock back: the input ``topic``, by its label; or the feeding ``task``, None: all of them.

    ``at``: when the last that moves time was received there, or what clock was told.
    """

    topic: str | None
    task: int | None
    at: Millis


class Watermarks(msgspec.Struct):
    """How far each source of a task has come. The clock is the least of them.

    An input's watermark is the running maximum of ``received_at`` less the lateness. An input that other
    tasks feed (cx.facts) has one clock per feeding task, written into it by them; until each of them has
    spoken, time has not begun.
    """

    inputs: dict[str, Millis]
    """Latest ``received_at`` per input topic that shops or help desks feed."""
    feeders: dict[int, Millis] = {}
    """Clock per feeding task."""
    expected: int | None = None
    """How many feeding tasks there are; None: nobody feeds this task, 0: none has spoken yet."""
    peers: dict[int, Millis] = {}
    """Clock per task of the same kernel, as read back: what they told this one until then has been heard."""

    def received(self, topic: str, at: Millis) -> None:
        """An event or heartbeat was read from an input topic."""
        if at > self.inputs.get(topic, BEGINNING):
            self.inputs[topic] = at

    def fed(self, task: int, tasks: int, clock: Millis) -> None:
        """The clock of a feeding task was read."""
        self.expected = tasks
        self.feeders[task] = max(clock, self.feeders.get(task, BEGINNING))

    def echoed(self, task: int, clock: Millis) -> None:
        """The clock of a task of the same kernel was read."""
        self.peers[task] = max(clock, self.peers.get(task, BEGINNING))

    def heard(self, tasks: int) -> Millis:
        """Nothing that one of so many tasks of this kernel told in the time before this is unheard."""
        return min((self.peers.get(task, BEGINNING) for task in range(tasks)), default=BEGINNING)

    def holds_back(self, lateness: Millis) -> HeldBack:
        """The source that is least far."""
        sources = [(at - lateness, HeldBack(label, None, at)) for label, at in self.inputs.items()]
        if self.expected is not None:
            told = {task: self.feeders.get(task, BEGINNING) for task in range(self.expected)}
            task = min(told, key=lambda task: told[task], default=None)
            at = BEGINNING if task is None else told[task]
            sources.append((at, HeldBack(None, task, at)))
        return min(sources, key=lambda source: source[0])[1]

    def clock(self, lateness: Millis) -> Millis:
        """No event before this is outstanding."""
        clocks = [at - lateness for at in self.inputs.values()]
        if self.expected is not None:
            complete = 0 < self.expected <= len(self.feeders)
            clocks.append(min(self.feeders.values()) if complete else BEGINNING)
        return max(BEGINNING, min(clocks, default=BEGINNING))


def unknown(inputs: Iterable[Topic]) -> Watermarks:
    """Time has not begun in any input."""
    kinds = {topic.label: topic.kind for topic in inputs}
    begun = {label: BEGINNING for label, kind in kinds.items() if kind == "input"}
    return Watermarks(inputs=begun, expected=0 if "internal" in kinds.values() else None)
