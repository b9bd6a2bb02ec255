"""A day that goes on while brokers break, and how long the kernels need until they are at work again."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from schemas import topics
from schemas.control import Heartbeat
from schemas.topics import Topic
from tests.builders import minute, minutes
from tests.chaos import day
from tests.chaos.shop import PARTITIONS, PROCESSORS, Shop
from tests.kernel.harness import PATIENCE, at, until

PACE = 0.25
"""Seconds that a minute of the day takes, while it is not hurried."""
PLACES = [(topic.label, partition) for topic in topics.INPUTS for partition in range(PARTITIONS)]


@dataclass
class Traffic:
    """Sends a shop's day, and after each minute of it a mark into every partition of every input: a heartbeat
    that says how far it has come. ``run`` it in a thread of its own.
    """

    shop: Shop
    marks: dict[int, dict[tuple[str, int], int]] = field(default_factory=lambda: defaultdict(dict))
    """By number, the offset of each mark that the broker has taken."""
    begun: int = 0
    failures: list[KafkaError] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """The day ended of itself."""
    hurry: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """The whole day, to its end."""
        for reached, events in groupby(day.events(self.shop.shoppers), lambda pair: _minute_after(pair[1])):
            for topic, event in events:
                self.shop.bench.queue(topic, event)
            self._mark(minute(reached))
            self.shop.bench.producer.poll(0)
            self.hurry.wait(PACE)
        self.over.set()
        self._mark(day.end(self.shop.shoppers))
        self.shop.bench.flush()

    def recovery(self) -> float:
        """Seconds until both kernels are durably through with something that is sent from now on, in every
        partition of every input.
        """
        began, first = time.monotonic(), self.begun + 1
        until(lambda: len(self.marks[first]) == len(PLACES), f"the brokers have taken mark {first}")
        until(lambda: all(self._is_past(kernel, first) for kernel in PROCESSORS), f"mark {first} is past")
        assert not self.over.is_set(), "traffic flows to the end"
        return time.monotonic() - began

    def _is_past(self, kernel: str, number: int) -> bool:
        return all(
            self._committed(kernel, topic).get(partition, 0) > self.marks[number][topic.label, partition]
            for topic in PROCESSORS[kernel].inputs
            if topic.kind == "input"
            for partition in range(PARTITIONS)
        )

    def _committed(self, kernel: str, topic: Topic) -> dict[int, int]:
        try:
            return self.shop.bench.committed(self.shop.group(kernel), self.shop.bench.config.named(topic))
        except KafkaException:  # the coordinator moves
            return {}

    def _mark(self, reached: int) -> None:
        self.begun += 1
        value = Heartbeat(received_at=reached)
        for topic in topics.INPUTS:
            for partition in range(PARTITIONS):
                self.shop.bench.queue(topic, value, partition, self._noting(self.begun, topic.label))

    def _noting(self, number: int, label: str) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.failures.append(error)
            else:
                self.marks[number][label, at(message.partition())] = at(message.offset())

        return note


def _minute_after(event: Any) -> int:
    return int(minutes(event.received_at)) + 1


@contextmanager
def at_work(shop: Shop) -> Iterator[Traffic]:
    """Both kernels, and traffic while the block runs; then the rest of the day, to its end."""
    traffic = Traffic(shop)
    thread = threading.Thread(target=traffic.run, daemon=True)
    assert shop.bench.partitions
    with shop.process("visits") as visits, shop.process("care") as care:
        thread.start()
        yield traffic
        traffic.hurry.set()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the day has ended"
        assert not traffic.failures
        for kernel, process in (("visits", visits), ("care", care)):
            until(lambda: shop.is_through(kernel), f"{kernel} is through")  # noqa: B023
            process.terminate()
            assert process.wait(30) == 0, f"{kernel} ended in order"
