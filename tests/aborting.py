"""Records that must never be obeyed: of a transaction that was aborted, and of one left open and fenced."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

Keyed: TypeAlias = Sequence[tuple[str, bytes]]


def publish_thrice(bootstrap: str, name: str, aborted: Keyed, dangling: Keyed, committed: Keyed) -> None:
    """One after the other, each in a transaction of the same id; all of them are on the broker."""
    first = _producer(bootstrap, name)
    _produce(first, name, aborted)
    first.abort_transaction(30)
    _produce(first, name, dangling)
    successor = _producer(bootstrap, name)
    _produce(successor, name, committed)
    successor.commit_transaction(30)
    first.purge()


def visible(bootstrap: str, name: str, partitions: int, isolation: str) -> list[bytes]:
    """Values that a reader of some isolation sees, up to the ends."""
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "group.id": f"{name}.{isolation}",
        "isolation.level": isolation,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    found, left = [], set(range(partitions))
    with closing(Consumer(settings)) as consumer:
        consumer.assign([TopicPartition(name, partition, 0) for partition in left])
        while left:
            message = consumer.poll(30)
            assert message is not None, "the broker stopped answering"
            error = message.error()
            if error is None:
                found.append(message.value() or b"")
            else:
                assert error.code() == KafkaError._PARTITION_EOF
                left.discard(message.partition() or 0)
    return found


def _producer(bootstrap: str, name: str) -> Producer:
    """Ends and fences what the one before it left open."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name})
    producer.init_transactions(30)
    return producer


def _produce(producer: Producer, name: str, records: Keyed) -> None:
    producer.begin_transaction()
    for key, value in records:
        producer.produce(name, key=key, value=value)
    assert producer.flush(30) == 0
