"""A delivery service that never was: sends what heedful asks for, and tells what became of it."""

import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.codec import Codec
from schemas.events import CartEvent, Feedback
from schemas.outputs import Outreach
from schemas.topics import OUTREACH
from schemas.words import FeedbackType, Millis
from streams.clock import Clock
from streams.errors import Unavailable
from streams.simulator.people import new_id
from streams.simulator.settings import MINUTE, SECOND
from streams.simulator.story import CURRENCY, Event, total

LADDER: tuple[tuple[FeedbackType, float, Millis], ...] = (
    ("sent", 1.0, 20 * SECOND),
    ("delivered", 0.97, 30 * SECOND),
    ("opened", 0.45, 20 * MINUTE),
    ("clicked", 0.3, 2 * MINUTE),
)
"""What becomes of a message: a step, the share of those that take it after the one before, and its time."""
BUYS = 0.5
"""Share of those who clicked that buy what they had left."""


class Delivery:
    """Reads outreach and schedules its consequences."""

    def __init__(self, codec: Codec, clock: Clock, seed: int, schedule: Callable[[Event], None]) -> None:
        self._codec = codec
        self._clock = clock
        self._seed = seed
        self._schedule = schedule
        self._known: set[str] = set()

    def run(self, settings: Mapping[str, Any], prefix: str, stop: threading.Event) -> None:
        """Follow the outreach topics until ``stop`` is set. ``settings``: of the consumer."""
        consumer = Consumer({**settings, "group.id": "unused"})
        try:
            consumer.assign(_partitions(consumer, prefix))
            while not stop.is_set():
                for message in consumer.consume(500, 0.1):
                    if message.error():
                        raise KafkaException(message.error())
                    self.take(self._codec.decode(message.value()))
        finally:
            consumer.close()

    def take(self, record: Any) -> None:
        """A request or a cancellation; each outreach is handled once."""
        if not isinstance(record, Outreach) or record.outreach_id in self._known:
            return
        self._known.add(record.outreach_id)
        if record.action == "request":
            self._send(record)

    def _send(self, request: Outreach) -> None:
        random = Random(f"{self._seed}/{request.outreach_id}")
        at = self._clock.now()
        for step, share, takes in LADDER:
            if random.random() >= share:
                return
            at += 1 + int(random.expovariate(1 / takes))
            self._schedule(_feedback(random, request, step, at))
        if request.visitor_id and random.random() < BUYS:
            self._schedule(_order(random, request, request.visitor_id, at + 3 * MINUTE))


def _feedback(random: Random, request: Outreach, step: FeedbackType, at: Millis) -> Feedback:
    return Feedback(
        event_id=new_id(random),
        occurred_at=at,
        received_at=at,
        profile_id=request.profile_id,
        outreach_id=request.outreach_id,
        channel=request.channel,
        type=step,
    )


def _order(random: Random, request: Outreach, visitor_id: str, at: Millis) -> CartEvent:
    """The customer followed the link and bought what was left behind."""
    return CartEvent(
        event_id=new_id(random),
        occurred_at=at,
        received_at=at,
        visitor_id=visitor_id,
        type="order_completed",
        cart_id=request.cart_id,
        order_id="o-" + new_id(random)[:13],
        lines=request.lines,
        value=total(request.lines),
        currency=CURRENCY,
        outreach_id=request.outreach_id,
    )


def _partitions(consumer: Consumer, prefix: str) -> list[TopicPartition]:
    found = []
    for topic in OUTREACH.values():
        name = topic.named(prefix)
        described = consumer.list_topics(name, timeout=10).topics[name]
        if described.error is not None:
            raise Unavailable(f"topic {name}: {described.error}; create it: heedful topics create")
        found += [TopicPartition(name, partition, 0) for partition in described.partitions]
    return found
