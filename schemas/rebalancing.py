"""What a consumer does when the group gives or takes partitions, which may fail like anything else."""

from collections.abc import Callable
from typing import TypeAlias

from confluent_kafka import Consumer, TopicPartition

Callback: TypeAlias = Callable[[Consumer, list[TopicPartition]], None]


class Rebalancing:
    """Keeps what a callback raises until ``check`` raises it.

    The client would hand a KafkaException on as a bare KafkaError, which is no exception to Python: no
    ``except`` catches it, and the thread ends without a word (confluent-kafka 2.16).
    """

    def __init__(self) -> None:
        self.count = 0
        """How often partitions were given or taken."""
        self._failure: Exception | None = None

    def keeping(self, callback: Callback) -> Callback:
        """The callback, to be given to ``Consumer.subscribe``."""

        def call(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            self.count += 1
            try:
                callback(consumer, partitions)
            except Exception as failure:
                self._failure = self._failure or failure

        return call

    def check(self) -> None:
        """Raise what a callback raised, if any did. To be called whenever the consumer was polled."""
        if self._failure is not None:
            raise self._failure
