"""Time for inputs in which nothing happens: an event of silence, appended to the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message

from schemas.codec import Codec
from schemas.control import Heartbeat
from streams.clock import Clock
from streams.kernel.config import KernelConfig

LOST_AFTER = 10.0
"""Seconds after which a heartbeat that the broker has taken, and nobody read back, is taken for lost."""


@dataclass(slots=True)
class _Silence:
    since: float
    under_way: bool = False
    taken: float | None = None

    def answered(self, error: KafkaError | None, now: float) -> None:
        """The broker has taken the heartbeat, or it never will."""
        self.under_way = error is None
        self.taken = now

    def waits(self, now: float) -> bool:
        """Whether a heartbeat is on its way. Nothing is lost while the broker doesn't answer."""
        return self.under_way and (self.taken is None or now - self.taken < LOST_AFTER)


class Heartbeats:
    """Appends a heartbeat to an input partition that was silent, one at a time.

    The clock moves only when a heartbeat is read back, and the next is not appended before that: a broker
    that stalls stops the clock, however long it does. ``monotonic``: what silence is measured by, in seconds.
    """

    def __init__(
        self,
        config: KernelConfig,
        codec: Codec,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._after = config.heartbeat_after / 1000
        self._codec = codec
        self._clock = clock
        self._monotonic = monotonic
        self._producer = config.make_producer(config.producer())
        self._silences: dict[tuple[str, int], _Silence] = {}

    def heard(self, topic: str, partition: int) -> None:
        """Something was read from the partition."""
        self._silences[topic, partition] = _Silence(self._monotonic())

    def beat(self, topic: str, partition: int) -> None:
        """Append a heartbeat if the partition was silent for long enough."""
        self._producer.poll(0)
        now = self._monotonic()
        silence = self._silences.setdefault((topic, partition), _Silence(now))
        if now - silence.since < self._after or silence.waits(now):
            return
        silence.under_way, silence.taken = True, None

        def answered(error: KafkaError | None, _: Message) -> None:
            silence.answered(error, self._monotonic())

        self._producer.produce(topic, partition=partition, value=self._value(), on_delivery=answered)

    def forget(self, topic: str, partition: int) -> None:
        """The partition is somebody else's now."""
        self._silences.pop((topic, partition), None)

    def close(self) -> None:
        """Send what is under way."""
        self._producer.flush(5)
        self._producer.close()

    def _value(self) -> bytes:
        return self._codec.encode(Heartbeat(received_at=self._clock.now()))
