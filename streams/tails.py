"""How far time has come in topics, read off their ends."""

from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.control import Hold
from schemas.errors import BadRecord
from schemas.topics import Topic
from schemas.words import Millis
from streams.errors import FixConfiguration, Unavailable
from streams.kernel.config import KernelConfig, Settings

LENGTH = 1_000
"""So many records from the end are looked at."""

PATIENCE = 15.0
"""Seconds within which a broker has to say something."""


def partitions_of(config: KernelConfig, topics: tuple[Topic, ...]) -> dict[str, int]:
    """How many partitions each topic has, by name.

    Raises FixConfiguration if one is missing, Unavailable if the broker gives no answer.
    """
    with closing(_consumer(config)) as consumer:
        try:
            known = consumer.list_topics(timeout=PATIENCE).topics
        except KafkaException as error:
            raise Unavailable(f"the broker gives no answer: {error.args[0].str()}") from error
    names = [topic.named(config.prefix) for topic in topics]
    missing = [name for name in names if name not in known]
    if missing:
        raise FixConfiguration(
            f"there is no topic {', '.join(missing)}; `heedful topics create` creates them"
        )
    return {name: len(known[name].partitions) for name in names}


def latest(config: KernelConfig, codec: Codec, topic: Topic, partitions: int) -> Millis | None:
    """The latest ``received_at`` near the ends of an input's partitions; None if nothing was received.

    Records that claim a future are left out, as kernels do. Raises Unavailable.
    """
    found: Millis | None = None
    for message in tail(config, topic.named(config.prefix), partitions):
        at = _received_at(codec, topic, message, config.future_tolerance)
        if at is not None:
            found = max(at, found or at)
    return found


def tail(config: KernelConfig, name: str, partitions: int) -> Iterator[Message]:
    """The last records of each partition, up to the end. Raises Unavailable."""
    with closing(_consumer(config)) as consumer:
        try:
            consumer.assign([_near_the_end(consumer, name, partition) for partition in range(partitions)])
        except KafkaException as error:
            raise Unavailable(f"{name} can't be read: {error.args[0].str()}") from error
        left = partitions
        while left:
            message = consumer.poll(PATIENCE)
            if message is None:
                raise Unavailable(f"{name} can't be read: the broker stopped answering")
            trouble = message.error()
            if trouble is None:
                yield message
            elif trouble.code() == KafkaError._PARTITION_EOF:
                left -= 1
            else:
                raise Unavailable(f"{name} can't be read: {trouble}")


def _consumer(config: KernelConfig) -> Consumer:
    settings: Settings = {"group.id": config.internal("looking"), "enable.partition.eof": True}
    return Consumer(config.consumer("read_committed", settings))


def _near_the_end(consumer: Consumer, name: str, partition: int) -> TopicPartition:
    """What the broker says of the end may be too low, so that reading goes on to the end that it shows."""
    low, high = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=PATIENCE)
    return TopicPartition(name, partition, max(low, high - LENGTH))


def _received_at(codec: Codec, topic: Topic, message: Message, tolerance: Millis) -> Millis | None:
    try:
        record = codec.decode(message.value(), topic)
    except BadRecord:
        return None
    if isinstance(record, Hold):
        return None
    at: Millis = record.received_at  # type: ignore[attr-defined]
    return at if at - message.timestamp()[1] <= tolerance else None
