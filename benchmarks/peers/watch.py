"""What comes out of one side, as a subscriber sees it: carts left behind, first replies overdue."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.broker import CODEC, Place
from benchmarks.peers.traffic import Crowd
from schemas import topics
from schemas.outputs import AbandonmentSignal, ContactSignal
from schemas.topics import Topic
from schemas.words import Record

OUTPUTS = (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS)
OF_INTEREST: dict[type[Record], tuple[str, str, str]] = {
    AbandonmentSignal: ("abandoned", "visitor_id", "stage"),
    ContactSignal: ("breached", "contact_id", "clock"),
}
"""Which kind of signal counts, and the fields that tell it from others."""
SAID_EVERY = 20.0
"""Seconds between two lines about how far it has come."""


class Watch:
    """The signals of one side. ``seen``: visitor and stage, or contact and clock; and how often."""

    def __init__(self, place: Place) -> None:
        self._consumer = Consumer(place.config.consumer("read_committed", {"group.id": "benchmark"}))
        self._topics = {topic.named(place.prefix): topic for topic in OUTPUTS}
        self._consumer.assign(
            [TopicPartition(name, number, 0) for name in self._topics for number in range(place.partitions)]
        )
        self.seen: Counter[tuple[str, str]] = Counter()

    def wait_for(
        self, wanted: Counter[tuple[str, str]], patience: float, meanwhile: Callable[[], None]
    ) -> None:
        """Until so many were seen; ``meanwhile`` is called in between. Raises TimeoutError after so many
        seconds.
        """
        count = wanted.total()
        began = said = time.monotonic()
        while (total := self.seen.total()) < count:
            now = time.monotonic()
            if now > began + patience:
                missing = [*(wanted - self.seen)][:3]
                raise TimeoutError(
                    f"{total:,} of {count:,} signals after {patience:.0f} s, missing such as {missing}"
                )
            if now > said + SAID_EVERY:
                said = now
                print(f"    {total:,} of {count:,} signals after {now - began:.0f} s", flush=True)
            meanwhile()
            self._take(0.05)

    def nothing_more(self, seconds: float) -> None:
        """Look on for a while, so that what is signalled twice is seen."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._take(0.05)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _take(self, seconds: float) -> None:
        by_place: dict[tuple[str, int], list[Message]] = defaultdict(list)
        for message in self._consumer.consume(10_000, seconds):
            if message.error() is None:
                by_place[message.topic() or "", message.partition() or 0].append(message)
        for (name, _), messages in by_place.items():
            self.seen.update(_signals(self._topics[name], messages))


def expected(*crowds: Crowd) -> Counter[tuple[str, str]]:
    """What a detector must have said: each once."""
    carts = (left for crowd in crowds for left in crowd.abandoned.items())
    contacts = ((contact, "first_reply") for crowd in crowds for contact in crowd.overdue)
    return Counter([*carts, *contacts])


def patience(events: int) -> float:
    """Seconds after which a side has failed: slower than 500 events a second."""
    return 120 + events / 500


def _signals(topic: Topic, messages: list[Message]) -> Iterator[tuple[str, str]]:
    batch = CODEC.decode_batch(topic, [(message.offset() or 0, message.value()) for message in messages])
    if batch.bad:
        raise AssertionError(f"no signal: {batch.bad[0]}")
    wanted, *fields = OF_INTEREST[topic.model]
    for _, kind, who, what in batch.fields(topic.model, "kind", *fields):
        if kind == wanted:
            yield who, what
