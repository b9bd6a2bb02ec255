"""Faust's Kafka transport, reading committed records only.

Faust's own consumer asks for read_uncommitted outside its transactions, and would hand outreach that was
aborted to the agents.
"""

from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport


class _CommittedThread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        """Faust offers no setting for it; aiokafka reads the attribute when the consumer starts."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class _CommittedConsumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(Transport):
    """Reads committed records only."""

    Consumer: ClassVar[type[Consumer]] = _CommittedConsumer
