"""Measures how long heedful takes to notice, from outside: it reads what care reads and what care says.

A deadline may be noticed once care's clock passes it. That clock is in the log: per partition the least of
its inputs' watermarks and of the clocks that the visits tasks wrote into cx.facts. So the moment when the
record that moved it past the deadline could be read is known, and so is the moment when the signal could be.
"""

import threading
from array import array
from bisect import bisect_right
from collections import defaultdict
from typing import NamedTuple

from confluent_kafka import Message

from schemas import topics
from schemas.codec import Codec
from schemas.control import Clock, Heartbeat
from schemas.events import Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.outputs import AbandonmentSignal, ContactSignal
from schemas.topics import Topic
from schemas.words import Millis, Record
from streams.demo.following import follow
from streams.kernel.config import KernelConfig

INPUTS = (topics.FACTS, topics.SUPPORT, topics.ORDERS, topics.PROFILE_UPDATES, topics.FEEDBACK)
SIGNALS = (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS)


class PartitionClock:
    """The clock of one task of care, and when it could first be known to stand where."""

    def __init__(self, lateness: Millis) -> None:
        self.clock: Millis = 0
        self._lateness = lateness
        self._watermarks: dict[str, Millis] = {}
        self._tasks: dict[int, Millis] = {}
        self._expected = 1
        self._stood = array("q")
        self._seen = array("d")

    def take(self, topic: Topic, record: Record, seen: float) -> None:
        """A record of an input, read at ``seen``."""
        if isinstance(record, Clock):
            self._expected = record.tasks
            self._tasks[record.task] = max(record.clock, self._tasks.get(record.task, 0))
        elif isinstance(record, Heartbeat | SupportEvent | OrderEvent | ProfileUpdate | Feedback):
            at = record.received_at - self._lateness
            self._watermarks[topic.label] = max(at, self._watermarks.get(topic.label, 0))
        self._advance(seen)

    def passed(self, due: Millis) -> float | None:
        """When the clock could first be known to have passed ``due``; None if it has not."""
        found = bisect_right(self._stood, due)
        return self._seen[found] if found < len(self._seen) else None

    def _advance(self, seen: float) -> None:
        if len(self._watermarks) < len(INPUTS) - 1 or len(self._tasks) < self._expected:
            return
        clock = min(*self._watermarks.values(), *self._tasks.values())
        if clock > self.clock:
            self.clock = clock
            self._stood.append(clock)
            self._seen.append(seen)


class Signalled(NamedTuple):
    """A signal of silence as it became visible."""

    partition: int
    due: Millis
    seen: float


class Observer:
    """Reads care's inputs and signals, as they become visible to a read_committed consumer.

    ``seen`` times are of ``time.monotonic``.
    """

    def __init__(self, kafka: KernelConfig, codec: Codec) -> None:
        self._kafka = kafka
        self._codec = codec
        self.clocks: dict[int, PartitionClock] = defaultdict(lambda: PartitionClock(kafka.lateness))
        self.signals: dict[str, Signalled] = {}

    @property
    def first_signal(self) -> float | None:
        """When the first signal of silence was seen."""
        return min((each.seen for each in list(self.signals.values())), default=None)

    def run(self, stop: threading.Event) -> None:
        """Observe until ``stop`` is set."""
        follow(self._kafka, self._codec, (*INPUTS, *SIGNALS), self._take, stop)

    def latencies(self, since: float) -> list[float]:
        """Milliseconds from noticeable to noticed, sorted; of what became noticeable from ``since`` on."""
        found = []
        for signal in list(self.signals.values()):
            noticeable = self.clocks[signal.partition].passed(signal.due)
            if noticeable is not None and noticeable >= since:
                found.append(max(0.0, signal.seen - noticeable) * 1000)
        return sorted(found)

    def _take(self, topic: Topic, message: Message, record: Record | None, seen: float) -> None:
        partition = message.partition() or 0
        if isinstance(record, AbandonmentSignal | ContactSignal):
            if record.kind in ("abandoned", "breached"):
                self.signals.setdefault(record.event_id, Signalled(partition, record.occurred_at, seen))
        elif record is not None:
            self.clocks[partition].take(topic, record, seen)


def percentile(values: list[float], share: float) -> float | None:
    """The value below which that share of the sorted values lies; None without values."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else None
