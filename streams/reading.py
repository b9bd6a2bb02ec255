"""Reads a topic to its end, for commands that look at what is there."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.access import NOT_ALLOWED, granting, unavailable
from schemas.errors import FixAccess
from schemas.words import Millis
from streams.errors import FixConfiguration, Unavailable
from streams.settings import Settings

PATIENCE = 15.0
"""Seconds within which a broker has to say something."""


def read_to_end(settings: Settings, topic: str, since: Millis | None = None) -> Iterator[Message]:
    """All committed records of a topic, partition by partition in no order among them.

    ``since``: what was written before may be left out; the embedded broker leaves out nothing.
    Raises as ``partitions_of``, and Unavailable if the broker stops answering.
    """
    with _consumer(settings) as consumer:
        partitions = partitions_of(consumer, settings, topic)
        starts = [TopicPartition(topic, partition, 0) for partition in partitions]
        consumer.assign(since_then(consumer, settings, starts, since))
        while partitions:
            message = consumer.poll(PATIENCE)
            if message is None:
                raise Unavailable(f"the broker {settings.kafka.bootstrap} stopped answering")
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                partitions.discard(message.partition() or 0)
            else:
                raise Unavailable(f"{topic} can't be read: {error}")


def since_then(
    consumer: Consumer, settings: Settings, starts: list[TopicPartition], since: Millis | None
) -> list[TopicPartition]:
    """The places from which on all stands that was written since a moment. Raises BrokerUnavailable.

    The embedded broker can't say where that is, so there it is the beginning.
    """
    if since is None or since <= 0 or settings.kafka.kind == "embedded":
        return starts
    asked = [TopicPartition(start.topic, start.partition, since) for start in starts]
    try:
        return consumer.offsets_for_times(asked, PATIENCE)
    except KafkaException as error:
        raise unavailable(settings.kafka.librdkafka(), error.args[0]) from error


@contextmanager
def _consumer(settings: Settings) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            **settings.kafka.librdkafka(),
            "group.id": f"heedful.{settings.deployment}.looking",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
            "log_level": 0,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()


def partitions_of(consumer: Consumer, settings: Settings, topic: str) -> set[int]:
    """Raises FixConfiguration if there is no such topic, FixAccess, BrokerUnavailable."""
    try:
        found = consumer.list_topics(topic, timeout=PATIENCE).topics[topic]
    except KafkaException as error:
        raise unavailable(settings.kafka.librdkafka(), error.args[0]) from error
    if found.error is not None and found.error.code() in NOT_ALLOWED:
        grant = granting(settings.kafka.librdkafka(), "Read", "topic", topic)
        raise FixAccess(f"the broker doesn't let this user see {topic}; who may, allows it: {grant}")
    if found.error is not None or not found.partitions:
        raise FixConfiguration(f"there is no topic {topic}; `heedful topics create` creates it")
    return set(found.partitions)
