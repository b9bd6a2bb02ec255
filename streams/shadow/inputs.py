"""The inputs of a range of the log, in the order of time, as both kernels have read them."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from schemas import topics
from schemas.codec import Codec
from schemas.control import Heartbeat, Hold
from schemas.holes import Refill
from schemas.topics import Topic
from schemas.words import Millis
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig
from streams.reading import partitions_of, since_then
from streams.settings import Settings
from streams.shadow.merging import Merge
from streams.wiring import kernel_config

BROWSING = (topics.CLICKSTREAM, topics.CART)
"""Nine tenths of the log. All else is read from its beginning: consent and contacts are kept for long."""

FETCH = 1_000
TURN = 0.2
"""Seconds for which nothing is waited for, before Ctrl-C is heard again."""

PATIENCE = 15.0
"""Seconds within which a broker has to say something."""

TIMES_DIFFER: Millis = 300_000
"""Kernels refuse what was received so much after its record was written."""


class Lane(NamedTuple):
    """A partition of an input."""

    name: str
    partition: int


class Received(NamedTuple):
    """An event as a kernel got it. ``at``: how far its partition had come, which may be behind it.

    ``held``: while history was imported into some partition.
    """

    at: Millis
    topic: Topic
    event: Any
    held: bool


class Inputs:
    """What was received up to ``limit``: clicks and carts from ``since`` on, of all else all that there is.

    Iterate it once; then ``merge.limit`` is how far the log has come, at most.
    """

    def __init__(self, settings: Settings, codec: Codec, since: Millis, limit: Millis) -> None:
        self._settings = settings
        self._config: KernelConfig = kernel_config(settings)
        self._codec = codec
        self._since = since
        self._topics = {self._config.named(topic): topic for topic in topics.INPUTS}
        self._limit = limit
        self._held: dict[Lane, bool] = {}
        self._places: dict[Lane, int] = {}
        self.read = 0
        self.merge = Merge((), limit)

    def __iter__(self) -> Iterator[Received]:
        """Raises as ``partitions_of``, and Unavailable if the broker stops answering."""
        with closing(self._consumer()) as consumer, closing(self._refill()) as refill:
            starts = self._starts(consumer)
            self.merge = Merge((Lane(at.topic, at.partition) for at in starts), self._limit)
            consumer.assign(starts)
            paused: set[Lane] = set()
            silent = 0.0
            while self.merge.wanted:
                messages = consumer.consume(FETCH, TURN)
                silent = 0.0 if messages else silent + TURN
                if silent > PATIENCE:
                    raise Unavailable(f"the broker {self._settings.kafka.bootstrap} stopped answering")
                self._take(messages, refill)
                for timed in self.merge.ready():
                    yield from self._received(timed.at, timed.lane, timed.value)
                paused = self._paused(consumer, paused)

    def _consumer(self) -> Consumer:
        wanted: Any = {
            "group.id": self._config.internal("looking"),
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": 1_024,
            "log_level": 0,
        }
        return Consumer(self._config.consumer("read_committed", wanted))

    def _refill(self) -> Refill:
        return Refill(self._config.consumer("read_committed", {"group.id": self._config.internal("looking")}))

    def _starts(self, consumer: Consumer) -> list[TopicPartition]:
        found = []
        for name, topic in self._topics.items():
            places = [
                TopicPartition(name, number, 0) for number in partitions_of(consumer, self._settings, name)
            ]
            since = self._since - TIMES_DIFFER if topic in BROWSING else None
            found += since_then(consumer, self._settings, places, since)
        self._places = {Lane(at.topic, at.partition): at.offset for at in found}
        return found

    def _take(self, messages: list[Message], refill: Refill) -> None:
        runs: dict[Lane, list[Message]] = defaultdict(list)
        ended = []
        for message in messages:
            lane = Lane(message.topic() or "", message.partition() or 0)
            error = message.error()
            if error is None:
                runs[lane].append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.append(lane)
            else:
                raise Unavailable(f"{lane.name} can't be read: {error}")
        for lane, run in runs.items():
            self._put(lane, self._whole(lane, run, refill))
        for lane in ended:
            self.merge.end(lane)

    def _whole(self, lane: Lane, run: list[Message], refill: Refill) -> list[Message]:
        """The embedded broker may pass over a record."""
        if self._config.aborted_visible and (expected := self._places[lane]) >= 0:
            run = refill.complete(lane.name, lane.partition, expected, run)
        self._places[lane] = (run[-1].offset() or 0) + 1
        return run

    def _put(self, lane: Lane, run: list[Message]) -> None:
        topic = self._topics[lane.name]
        written = {message.offset() or 0: message.timestamp()[1] for message in run}
        batch = self._codec.decode_batch(topic, [(message.offset() or 0, message.value()) for message in run])
        self.read += len(run)
        for offset, record in batch.records:
            at: Millis = record.received_at  # type: ignore[attr-defined]
            if _claims_a_future(record, written[offset]):
                continue
            match record:
                case Heartbeat():
                    self.merge.put(lane, at)
                case Hold():
                    self.merge.put(lane, 0, record)
                case _ if topic not in BROWSING or at >= self._since:
                    self.merge.put(lane, at, record)

    def _received(self, at: Millis, lane: Any, record: Any) -> Iterator[Received]:
        if isinstance(record, Hold):
            if record.action != "unknown":
                self._held[lane] = record.action == "hold"
            return
        yield Received(at, self._topics[lane.name], record, any(self._held.values()))

    def _paused(self, consumer: Consumer, paused: set[Lane]) -> set[Lane]:
        """Nothing is fetched of partitions of which enough waits, or no more is wanted."""
        wanted: set[Any] = self.merge.wanted - self.merge.full
        rest = {lane for lane in self._places if lane not in wanted}
        consumer.pause([TopicPartition(*lane) for lane in rest - paused])
        consumer.resume([TopicPartition(*lane) for lane in paused - rest])
        return rest


def _claims_a_future(record: Any, written: Millis) -> bool:
    """Kernels refuse it, so that a wrong clock moves nobody's time."""
    if isinstance(record, Hold):
        return False
    happened: Millis = getattr(record, "occurred_at", record.received_at)
    received: Millis = record.received_at
    return received - written > TIMES_DIFFER or happened - received > TIMES_DIFFER
