"""Sends arrivals to the broker in the pace of a clock."""

import heapq
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import Any

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from schemas.codec import Codec
from schemas.words import Millis
from streams.clock import Clock
from streams.errors import Unavailable
from streams.simulator.arrival import Arrival, arrival
from streams.simulator.settings import MINUTE
from streams.simulator.story import Event

STALL: Millis = MINUTE
"""A lag of more simulated time than this is a stall: the world stood still with its machine."""
REMEMBERED = 50_000
"""So many events keep their shift, so that a second arrival says the same times as the first."""
LONGEST_WAIT = 0.05
"""Seconds between two looks at what else was scheduled."""


class Publisher:
    """Publishes a stream of arrivals, and what others schedule, each when its time has come.

    When the machine stalls, the simulated world does too: what was to happen is shifted by the stall, and
    doesn't come in late by more than shoppers' networks make it.
    """

    def __init__(self, codec: Codec, clock: Clock, producer: Mapping[str, Any], prefix: str) -> None:
        """``producer``: settings of the client, under librdkafka's names."""
        self.published: Counter[str] = Counter()
        self._codec = codec
        self._clock = clock
        self._prefix = prefix
        self._producer = Producer(dict(producer))
        self._failure: KafkaError | None = None
        self._shift: Millis = 0
        self._shifts: OrderedDict[str, Millis] = OrderedDict()
        self._scheduled: list[tuple[Millis, int, Event]] = []
        self._order = count()
        self._lock = threading.Lock()

    def catch_up(self, stream: Iterator[Arrival]) -> Arrival:
        """Publish all that has arrived by now, at once; return the first arrival that lies ahead."""
        for each in stream:
            if each.at >= self._clock.now():
                self.flush()
                return each
            self._send(self._shifted(each))
        raise ValueError("the stream ended before it had caught up")

    def live(self, first: Arrival, stream: Iterator[Arrival], stop: threading.Event) -> None:
        """Publish each arrival at its time, until ``stop`` is set."""
        for each in chain((first,), stream):
            self._wait_for(each.at, stop)
            if stop.is_set():
                return
            self._send(self._shifted(each))

    def schedule(self, event: Event) -> None:
        """Publish an event once its ``received_at`` has come; that moment is when it happens.

        May be called from any thread.
        """
        with self._lock:
            heapq.heappush(self._scheduled, (event.received_at, next(self._order), event))

    def flush(self) -> None:
        """Wait until the broker has everything. Raises Unavailable if it has not."""
        left = self._producer.flush(30)
        self._check()
        if left:
            raise Unavailable(f"the broker didn't take {left} records within 30 s")

    def _wait_for(self, at: Millis, stop: threading.Event) -> None:
        while True:
            self._send_scheduled()
            left = at + self._shift - self._clock.now()
            if left <= 0:
                self._shift += -left if -left > STALL else 0
                return
            if stop.wait(min(LONGEST_WAIT, self._seconds(left))):
                return

    def _seconds(self, simulated: Millis) -> float:
        speed = getattr(self._clock, "speed", 1.0)
        return max(0.002, simulated / 1000 / speed)

    def _send_scheduled(self) -> None:
        self._producer.poll(0)
        now = self._clock.now()
        with self._lock:
            due = []
            while self._scheduled and self._scheduled[0][0] <= now:
                due.append(heapq.heappop(self._scheduled)[2])
        for event in due:
            self._send(arrival(msgspec.structs.replace(event, occurred_at=now, received_at=now)))

    def _shifted(self, each: Arrival) -> Arrival:
        if isinstance(each.value, bytes):
            return each
        happened = self._shift_of(each.value.event_id)
        value = each.value
        changes = {
            "occurred_at": value.occurred_at + happened,
            "received_at": value.received_at + self._shift,
        }
        if value.sent_at is not None:
            changes["sent_at"] = value.sent_at + happened
        return each._replace(at=each.at + self._shift, value=msgspec.structs.replace(value, **changes))

    def _shift_of(self, event_id: str) -> Millis:
        if event_id not in self._shifts and len(self._shifts) >= REMEMBERED:
            self._shifts.popitem(last=False)
        return self._shifts.setdefault(event_id, self._shift)

    def _send(self, each: Arrival) -> None:
        self._check()
        value = each.value if isinstance(each.value, bytes) else self._codec.encode(each.value)
        self._produce(each.topic.named(self._prefix), each.key.encode(), value)
        self.published[each.topic.label] += 1

    def _produce(self, topic: str, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure:
            raise Unavailable(f"the broker refused a record: {self._failure}")
