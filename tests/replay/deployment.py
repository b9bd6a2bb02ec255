"""Both kernels at work on a real broker, over a day whose time is told by the test."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from schemas import topics
from schemas.control import Heartbeat
from schemas.jsonl import to_json
from schemas.words import Millis
from streams.care import Books, Care
from streams.kernel.config import KernelConfig
from streams.kernel.loop import Kernel
from streams.rules.book import RuleBook
from streams.simulator.settings import MINUTE
from streams.visits import Visits
from tests.kernel.harness import CODEC, Bench, until
from tests.properties.cluster import topics_of
from tests.replay.a_day import LATENESS, RULES, SAID, in_the_end

PARTITIONS = 4
BEAT_EVERY = 10 * MINUTE
ROUNDS = 3
"""What is handed over may be forwarded once more, and be answered by a signal."""


@dataclass
class Deployment:
    """One deployment on a running broker."""

    bench: Bench
    broker_pid: int
    rules: RuleBook | Books = RULES

    @contextmanager
    def at_work(self) -> Iterator[list[Kernel]]:
        """Both kernels, until the block ends."""
        care = Care(self.rules, LATENESS)
        with (
            self.bench.running(Visits(), announces=topics.FACTS) as visits,
            self.bench.running(care) as kernel,
        ):
            yield [visits, kernel]

    def publish(self, events: Iterable[Any], *, silent: bool = False) -> None:
        """Events in this order, and time itself every ten minutes, unless nobody is at work to tell it."""
        beaten: Millis | None = None
        for event in events:
            if not silent and (beaten is None or event.received_at - beaten >= BEAT_EVERY):
                beaten = event.received_at
                self.beat(beaten)
            self.bench.queue(topics_of(event), event)
        self.bench.flush()

    def beat(self, at: Millis) -> None:
        """Time reaches every input."""
        for topic in topics.INPUTS:
            for partition in range(PARTITIONS):
                self.bench.queue(topic, Heartbeat(received_at=at), partition)

    def reach(self, at: Millis, kernels: list[Kernel]) -> None:
        """Let the clock come to ``at``, and wait until all that follows is committed."""
        self.beat(at + LATENESS)
        self.bench.flush()
        for _ in range(ROUNDS):
            for kernel, inputs in zip(kernels, (Visits.inputs, Care.inputs), strict=True):
                ends = self._ends(inputs)
                until(lambda kernel=kernel, ends=ends: _is_through(kernel, at, ends), f"{at} is through")  # type: ignore[misc]

    @contextmanager
    def broker_frozen(self) -> Iterator[None]:
        """The broker stands still while the block runs."""
        os.kill(self.broker_pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.broker_pid, signal.SIGCONT)

    def said(self) -> dict[str, list[str]]:
        """Ids by topic: each one on Kafka, distinct ones where aborted records are visible."""
        found = {topic.label: [one.event_id for one in self.bench.read(topic)] for topic in SAID}
        distinct: type = set if self.bench.config.aborted_visible else list
        said = {label: sorted(distinct(ids)) for label, ids in found.items()}
        return said | {topics.CONTACTS.label: in_the_end(self._contacts())}

    def _contacts(self) -> dict[str, Any]:
        """By key, the last word on each contact."""
        raw = self.bench.raw(topics.CONTACTS.named(self.bench.config.prefix))
        return {(key or b"").decode(): value and to_json(CODEC.decode(value)) for key, value in raw}

    def _ends(self, inputs: tuple[topics.Topic, ...]) -> dict[str, int]:
        named = {topic.label: topic.named(self.bench.config.prefix) for topic in inputs}
        return {
            f"{label}-{partition}": end
            for label, name in named.items()
            for partition, end in self.bench.ends(name).items()
        }


def _is_through(kernel: Kernel, at: Millis, ends: dict[str, int]) -> bool:
    status = kernel.status()
    reached = status.get("durable to", {})
    return status.get("durable", 0) >= at and all(reached.get(place, 0) >= end for place, end in ends.items())


def deployment(bootstrap: str, pid: int, prefix: str, *, embedded: bool) -> Deployment:
    """One with all topics, and nothing in them."""
    config = KernelConfig(
        kafka={"bootstrap.servers": bootstrap},
        prefix=prefix,
        deployment=prefix,
        lateness=LATENESS,
        heartbeats=False,
        aborted_visible=embedded,
    )
    bench = Bench(config, PARTITIONS)
    bench.create(*(topic.named(prefix) for topic in topics.TOPICS))
    bench.create(*(config.internal(kernel, "changelog") for kernel in ("visits", "care")))
    return Deployment(bench, pid)
