"""A day that goes on while brokers break, and how long the kernels need until they are at work again."""

import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas import topics
from schemas.control import Heartbeat
from schemas.topics import Topic
from schemas.words import Millis
from streams.kernel.config import Settings
from tests.builders import minute, minutes
from tests.chaos import day
from tests.chaos.shop import PARTITIONS, PROCESSORS, Shop, Watched
from tests.kernel.harness import PATIENCE, at, until

PACE = 0.25
"""Seconds that a minute of the day takes, while it is not hurried."""
PLACES = [(topic.label, partition) for topic in topics.INPUTS for partition in range(PARTITIONS)]


Minutes: TypeAlias = Iterable[tuple[int, Iterable[tuple[Topic, Any]]]]
"""By the minute that is then reached, what arrives before it."""


@dataclass
class Traffic:
    """Sends what happens minute by minute, and after each of them a mark into every partition of every input:
    a heartbeat that says how far it has come, in the end up to ``end``. ``run`` it in a thread of its own.
    """

    shop: Shop
    minutes: Minutes
    end: Millis
    marks: dict[int, dict[tuple[str, int], int]] = field(default_factory=lambda: defaultdict(dict))
    """By number, the offset of each mark that the brokers have taken."""
    begun: int = 0
    failures: list[BaseException | KafkaError] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """Only the end is still to be told."""

    def run(self) -> None:
        """All minutes, and the end."""
        try:
            self._run()
        except BaseException as failure:
            self.failures.append(failure)
            raise

    def _run(self) -> None:
        for reached, events in self.minutes:
            for topic, event in events:
                self._send(topic, event)
            self._mark(minute(reached))
            self.shop.bench.producer.poll(0)
        self.over.set()
        self._mark(self.end)
        self.shop.bench.flush()

    def recovery(self) -> float:
        """Seconds until both kernels are durably through with something that is sent from now on, in every
        partition of every input.
        """
        began, first = time.monotonic(), self.begun + 1
        until(lambda: self._taken_from(first) is not None, f"the brokers have taken a mark from {first} on")
        mark = self._taken_from(first)
        assert mark is not None
        until(lambda: all(self._is_past(kernel, mark) for kernel in PROCESSORS), f"mark {mark} is past")
        assert not self.over.is_set(), "traffic flows to the end"
        return time.monotonic() - began

    def flows_for(self, seconds: float) -> None:
        """Whatever was done meanwhile lasts so long, under events that arrive."""
        self.over.wait(seconds)
        assert not self.over.is_set(), "traffic flows to the end"

    def _taken_from(self, first: int) -> int | None:
        """The first mark from this one on of which every offset is known."""
        assert not self.failures
        numbers = range(first, self.begun + 1)
        return next((number for number in numbers if len(self.marks[number]) == len(PLACES)), None)

    def _is_past(self, kernel: str, number: int) -> bool:
        committed, named = self._committed(kernel), self.shop.bench.config.named
        return all(
            committed.get((named(topic), partition), 0) > self.marks[number][topic.label, partition]
            for topic in PROCESSORS[kernel].inputs
            if topic.kind == "input"
            for partition in range(PARTITIONS)
        )

    def _committed(self, kernel: str) -> dict[tuple[str, int], int]:
        """By name and partition, the offsets that a kernel has committed; none while nobody can say it.

        Another client each time: one whose coordinator has died may ask for that one for ever.
        """
        config = self.shop.bench.config
        asked = [
            TopicPartition(config.named(topic), partition)
            for topic in PROCESSORS[kernel].inputs
            for partition in range(PARTITIONS)
        ]
        group: Settings = {"group.id": self.shop.group(kernel), "log_level": 0}
        with closing(Consumer(config.consumer("read_committed", group))) as consumer:
            try:
                return {(at.topic, at.partition): at.offset for at in consumer.committed(asked, timeout=3)}
            except KafkaException:
                return {}

    def _mark(self, reached: int) -> None:
        self.begun += 1
        value = Heartbeat(received_at=reached)
        for topic in topics.INPUTS:
            for partition in range(PARTITIONS):
                self._send(topic, value, partition, self._noting(self.begun, topic.label))

    def _send(self, topic: Topic, *record: Any) -> None:
        """Wait while the client holds as much as it may."""
        while True:
            try:
                self.shop.bench.queue(topic, *record)
                return
            except BufferError:
                self.shop.bench.producer.poll(0.1)

    def _noting(self, number: int, label: str) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.failures.append(error)
            elif (offset := message.offset()) is not None:  # of a second try the brokers don't say it
                self.marks[number][label, at(message.partition())] = offset

        return note


@contextmanager
def at_work(shop: Shop) -> Iterator[Traffic]:
    """Both kernels, and traffic while the block runs; then the rest of the day, to its end."""
    hurry = threading.Event()
    with shop.watched("visits") as visits, shop.watched("care") as care:
        with flowing(shop, a_day(shop.shoppers, hurry), day.end(shop.shoppers)) as traffic:
            yield traffic
            hurry.set()
        ended(shop, {"visits": [visits], "care": [care]})


@contextmanager
def flowing(shop: Shop, minutes: Minutes, end: Millis, within: float = PATIENCE) -> Iterator[Traffic]:
    """Traffic while the block runs, and then to its end, for which it has so many seconds."""
    assert shop.bench.partitions
    traffic = Traffic(shop, minutes, end)
    thread = threading.Thread(target=traffic.run, daemon=True)
    thread.start()
    yield traffic
    thread.join(within)
    assert not thread.is_alive(), "the day has ended"
    assert not traffic.failures


def a_day(shoppers: int, hurry: threading.Event) -> Minutes:
    """The day of so many shoppers, until ``hurry`` at its pace."""
    for reached, events in groupby(day.events(shoppers), lambda pair: int(minutes(pair[1].received_at)) + 1):
        yield reached, events
        hurry.wait(PACE)


def ended(
    shop: Shop,
    workers: Mapping[str, Sequence[subprocess.Popen[bytes] | Watched]],
    within: float = PATIENCE,
) -> None:
    """Wait until each kernel is through, in this order and within so many seconds, and end its workers."""
    for kernel, processes in workers.items():
        until(partial(shop.is_through, kernel), f"{kernel} is through", within)
        for process in processes:
            process.terminate()
            assert (code := process.wait(30)) == 0, f"{kernel} ended with {code}"
