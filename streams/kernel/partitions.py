"""How many partitions topics have: as many as each other, for ever."""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer

from streams.errors import FixConfiguration

PATIENCE = 30.0
"""Seconds within which the broker has to say it."""

MADE_KNOWN_WITHIN = 5.0
"""Seconds after which every broker knows a topic that was created just before."""

TURN = 0.1


def same_partitions(consumer: Consumer, names: Sequence[str]) -> int:
    """How many each of these topics has. Raises FixConfiguration if they differ, or if one isn't there."""
    counts = {name: count_partitions(consumer, name) for name in names}
    if len(set(counts.values())) != 1:
        raise FixConfiguration(
            f"Topics that share keys must have the same number of partitions, but have {counts}. Partitions "
            "can't be taken away, nor added where there are records: move to topics under another --prefix, "
            "as streams/README.md says under 'More partitions'."
        )
    return counts[names[0]]


def count_brokers(consumer: Consumer) -> int:
    """How many the cluster has now."""
    return len(consumer.list_topics(timeout=PATIENCE).brokers)


def count_partitions(consumer: Consumer, name: str) -> int:
    """How many a topic has. Raises FixConfiguration if there is none, nor comes to be known soon."""
    until = time.monotonic() + MADE_KNOWN_WITHIN
    while not (partitions := _partitions(consumer, name)):
        if time.monotonic() > until:
            raise FixConfiguration(f"Topic {name} does not exist. Create it: `heedful topics create`.")
        time.sleep(TURN)
    return partitions


def _partitions(consumer: Consumer, name: str) -> int:
    found = consumer.list_topics(name, timeout=PATIENCE).topics[name]
    return 0 if found.error is not None else len(found.partitions)
