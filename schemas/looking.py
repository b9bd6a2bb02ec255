"""One look at what a client has fetched: what it takes out has a bound in bytes, as it has in records.

The client's own call has none: while it fills a list of so many records, more are fetched.
"""

import time
from collections import defaultdict
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message

from schemas.rebalancing import Rebalancing

LOOK_BYTES = 4 * 2**20
"""What one look takes, or one helping more."""
HELPING = 32
"""Records that are taken first, whatever they weigh; they tell how many more may be taken at once. Helpings
that stay so small cost a worker a fifth of its processor, and the broker as much again.
"""


def look(consumer: Consumer, rebalancing: Rebalancing, most: int, wait: float) -> list[Message]:
    """At most so many records, waited for so many seconds; the broker's errors among them.

    What was taken before the group gave or took partitions is left out: where a partition that is held now
    is to be read from was said when it was given.
    """
    until, assignment = time.monotonic() + wait, rebalancing.count
    messages: list[Message] = []
    size, helpings = 0, HELPING
    while size < LOOK_BYTES and len(messages) < most:
        asked = min(helpings, most - len(messages))
        helping = consumer.consume(asked, max(0.0, until - time.monotonic()))
        if assignment != rebalancing.count:
            messages, size, assignment = [], 0, rebalancing.count
        messages += helping
        size += sum(map(len, helping))
        if len(helping) < asked:
            break
        helpings = max(HELPING, (LOOK_BYTES - size) * len(messages) // (2 * size + 1))
    return messages


def by_partition(messages: list[Message]) -> dict[tuple[int, str], list[Message]]:
    """Messages by partition and topic, each run in the order of offsets. Raises what the broker reported."""
    runs: defaultdict[Any, list[Message]] = defaultdict(list)
    for message in messages:
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        runs[message.partition(), message.topic()].append(message)
    return runs
