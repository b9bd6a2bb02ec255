"""How far the kernels have read, by the offsets that they committed."""

from confluent_kafka import Consumer, TopicPartition

from schemas.topics import CART, CLICKSTREAM, FACTS, FEEDBACK, ORDERS, PROFILE_UPDATES, SUPPORT, Topic
from streams.demo.log import Log
from streams.settings import Settings
from streams.wiring import kernel_config

READERS: dict[str, tuple[Topic, ...]] = {
    "visits": (CLICKSTREAM, CART),
    "care": (FACTS, SUPPORT, ORDERS, PROFILE_UPDATES, FEEDBACK),
}


def read_by_kernels(settings: Settings, log: Log) -> dict[str, int]:
    """Per topic, how many of its events and bad records stand before the offsets committed."""
    found: dict[str, int] = {}
    for kernel, topics in READERS.items():
        committed = _committed(settings, kernel, topics)
        for topic in topics:
            found[topic.label] = sum(
                each.offset < committed.get((topic.label, each.partition), 0)
                for each in log.topics[topic.label]
                if each.kind != "control"
            )
    return found


def _committed(settings: Settings, kernel: str, topics: tuple[Topic, ...]) -> dict[tuple[str, int], int]:
    config = kernel_config(settings)
    names = {settings.named(topic): topic.label for topic in topics}
    asked = [TopicPartition(name, partition) for name in names for partition in range(settings.partitions)]
    consumer = Consumer(config.consumer("read_committed", {"group.id": config.internal(kernel)}))
    try:
        committed = consumer.committed(asked, timeout=15)
    finally:
        consumer.close()
    return {(names[at.topic], at.partition): at.offset for at in committed if at.offset >= 0}
