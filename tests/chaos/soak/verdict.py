"""Whether what stands on the log is what must have come of it: nothing lost, nothing twice, nothing else."""

import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from schemas.topics import TOPICS
from streams.kernel.config import Settings
from tests.chaos.replaying import clock_of, state_of
from tests.chaos.shop import PARTITIONS, PROCESSORS, Shop
from tests.chaos.soak.crowd import Crowd, Digests, Ids, digests, short
from tests.kernel.harness import CODEC, PATIENCE, at


class Count(NamedTuple):
    """How many records of one topic are as they must be, and how many are not."""

    label: str
    wanted: int
    lost: int
    twice: int
    invented: int

    @property
    def right(self) -> bool:
        """All are."""
        return self.lost == self.twice == self.invented == 0


@dataclass(frozen=True)
class Verdict:
    """What came of it. Recoveries in seconds."""

    counts: list[Count]
    keys: dict[str, int]
    wrong_keys: dict[str, int]
    recoveries: list[float]

    @property
    def right(self) -> bool:
        """Nothing is lost, twice or invented, and every state is that of a run without faults."""
        return all(count.right for count in self.counts) and not any(self.wrong_keys.values())

    def __str__(self) -> str:
        """A table."""
        lines = [f"{'topic':<22}{'wanted':>12}{'lost':>8}{'twice':>8}{'invented':>10}"]
        lines += [
            f"{c.label:<22}{c.wanted:>12,}{c.lost:>8,}{c.twice:>8,}{c.invented:>10,}" for c in self.counts
        ]
        lines += [
            f"state of {kernel}: {wrong:,} of {self.keys[kernel]:,} keys differ from a run without faults"
            for kernel, wrong in self.wrong_keys.items()
        ]
        if self.recoveries:
            half, longest = median(self.recoveries), max(self.recoveries)
            lines.append(
                f"{len(self.recoveries)} kills: recovered in {half:.1f} s (p50), {longest:.1f} s (max)"
            )
        lines.append("verdict: " + ("right" if self.right else "WRONG"))
        return "\n".join(lines)


def judge(shop: Shop, crowd: Crowd, recoveries: list[float]) -> Verdict:
    """Read everything and compare it."""
    everything = {**crowd.sent, **_outputs(crowd.ids)}
    counts = [compared(label, wanted, found(shop, label)) for label, wanted in everything.items()]
    states = {kernel: _states(shop, kernel) for kernel in PROCESSORS}
    return Verdict(
        counts,
        {kernel: len(wanted) for kernel, wanted in crowd.states.items()},
        _different(crowd.states, states),
        recoveries,
    )


def found(shop: Shop, label: str) -> "array[int]":
    """The ids that stand on a topic, read committed."""
    name = shop.bench.config.named(next(topic for topic in TOPICS if topic.label == label))
    ids = array("Q")
    for message in records(shop, name):
        value = message.value()
        event_id = None if value is None else getattr(CODEC.decode(value), "event_id", None)
        if event_id is not None:
            ids.append(short(event_id))
    return ids


def records(shop: Shop, name: str) -> Iterator[Message]:
    """Every committed record of a topic, in no order across partitions. Nothing is kept."""
    settings: Settings = {"group.id": "test", "enable.partition.eof": True}
    consumer = Consumer(shop.bench.config.consumer("read_committed", settings))
    consumer.assign([TopicPartition(name, partition, 0) for partition in range(PARTITIONS)])
    ended: set[int | None] = set()
    heard = time.monotonic()
    while len(ended) < PARTITIONS:
        messages = consumer.consume(1_000, 0.1)
        heard = time.monotonic() if messages else heard
        assert time.monotonic() < heard + PATIENCE, f"{name} gives nothing"
        for message in messages:
            error = message.error()
            if error is None:
                yield message
            else:
                assert error.code() == KafkaError._PARTITION_EOF, error
                ended.add(message.partition())
    consumer.close()


def _outputs(ids: Ids) -> Ids:
    """Those of topics that no source writes to."""
    return {label: wanted for label, wanted in ids.items() if label not in ("cart", "clickstream")}


def compared(label: str, wanted: "array[int]", got: "array[int]") -> Count:
    """What must stand on a topic and what does. Sources send some events twice; these stand there twice."""
    ids, times = np.unique(np.asarray(wanted), return_counts=True)
    there, found_times = np.unique(np.asarray(got), return_counts=True)
    places = np.searchsorted(there, ids).clip(max=max(0, len(there) - 1))
    found_each = (
        np.where(there[places] == ids, found_times[places], 0) if len(there) else np.zeros_like(times)
    )
    return Count(
        label,
        len(wanted),
        int((times - found_each).clip(min=0).sum()),
        int((found_each - times).clip(min=0).sum()),
        len(got) - int(found_each.sum()),
    )


def _states(shop: Shop, kernel: str) -> dict[str, bytes]:
    """What the changelog holds in the end."""
    latest: dict[int, dict[str, bytes | None]] = {partition: {} for partition in range(PARTITIONS)}
    for message in records(shop, shop.changelog(kernel)):
        latest[at(message.partition())][(message.key() or b"").decode()] = message.value()
    held = [state_of(PROCESSORS[kernel], changelog, clock_of(changelog)) for changelog in latest.values()]
    return {key: value for state in held for key, value in digests(state).items()}


def _different(wanted: Digests, got: Digests) -> dict[str, int]:
    return {
        kernel: sum(
            wanted[kernel].get(key) != got[kernel].get(key) for key in wanted[kernel].keys() | got[kernel]
        )
        for kernel in wanted
    }
