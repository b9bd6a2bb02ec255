"""Faust's Kafka transport, reading committed records only.

Faust's own consumer asks for read_uncommitted outside its transactions, and would hand outreach that was
aborted to the agents.
"""

from collections import Counter
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport


class _CommittedThread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        """Faust offers no setting for it; aiokafka reads the attribute when the consumer starts."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class CommittedConsumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    def behind(self) -> dict[str, int]:
        """Offsets between what was read and the ends, by topic assigned, as far as the broker told them."""
        behind: Counter[str] = Counter()
        try:
            assigned = self.assignment()
        except ConsumerNotStarted:
            return {}
        for tp in assigned:
            behind[tp.topic] += max(0, (self.highwater(tp) or 0) - (self._read_offset[tp] or 0))
        return dict(behind)


class CommittedTransport(Transport):
    """Reads committed records only."""

    Consumer: ClassVar[type[Consumer]] = CommittedConsumer
