"""Whether what stands on the log is what must have come of it: nothing lost, nothing twice, nothing else.

The brokers may take a record of a source twice while they die: the guarantee of its client ends there. Of a
click that comes again, so late, no id is remembered: that it was activity is told, perhaps again, under the
same id (``streams/visits.py``). So of shoppers of whom a source wrote anything again, outputs may stand
there twice, and the activity of every click; states are not compared. Nothing else of theirs may be lost or
invented.
"""

import time
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from schemas.topics import TOPICS
from streams.kernel.config import Settings
from tests.chaos.replaying import clock_of, state_of
from tests.chaos.shop import PARTITIONS, PROCESSORS, Shop
from tests.chaos.soak.crowd import Crowd, Digests, Ids, digests, short
from tests.kernel.harness import CODEC, PATIENCE, at

NONE = array("Q")


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
    """What came of it. Recoveries in seconds. ``again``: shoppers of whom a source wrote something again."""

    sent: list[Count]
    counts: list[Count]
    keys: dict[str, int]
    wrong_keys: dict[str, int]
    recoveries: list[float]
    again: int = 0

    @property
    def right(self) -> bool:
        """Nothing is lost, twice or invented, and every state is that of a run without faults."""
        sources = not any(count.lost or count.invented for count in self.sent)
        return sources and all(count.right for count in self.counts) and not any(self.wrong_keys.values())

    def __str__(self) -> str:
        """A table."""
        lines = [f"{'topic':<22}{'wanted':>12}{'lost':>8}{'twice':>8}{'invented':>10}"]
        lines += [
            f"{c.label:<22}{c.wanted:>12,}{c.lost:>8,}{c.twice:>8,}{c.invented:>10,}"
            for c in (*self.sent, *self.counts)
        ]
        if self.again:
            lines.append(f"sources wrote events of {self.again:,} shoppers again")
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
    sent, again = [], set[int]()
    for label, wanted in crowd.sent.items():
        got = found(shop, label)
        sent.append(compared(label, wanted, got))
        again |= _shoppers_of(shop, label, more_often(wanted, got))
    excused, theirs = _outcomes(crowd, again)
    outputs = _outputs(crowd.ids).items()
    counts = [compared(label, wanted, found(shop, label), excused[label]) for label, wanted in outputs]
    states = {kernel: _states(shop, kernel) for kernel in PROCESSORS}
    return Verdict(
        sent,
        counts,
        {kernel: len(wanted) for kernel, wanted in crowd.states.items()},
        _different(crowd.states, states, theirs),
        recoveries,
        len(again),
    )


def _outcomes(crowd: Crowd, shoppers: Iterable[int]) -> tuple[Ids, dict[str, set[str]]]:
    """Ids by topic, and keys by kernel, of what must come of these shoppers' events."""
    ids: Ids = defaultdict(lambda: array("Q"))
    keys: dict[str, set[str]] = defaultdict(set)
    for shopper in shoppers:
        told, states = crowd.outcome(shopper)
        ids["facts"].extend(crowd.activity(shopper))
        for label, some in told.items():
            ids[label].extend(some)
        for kernel, known in states.items():
            keys[kernel] |= known.keys()
    return ids, keys


def _shoppers_of(shop: Shop, label: str, ids: frozenset[int]) -> set[int]:
    """Whose events these are. Nothing is read for none."""
    events = (event for event in _events(shop, label) if short(event.event_id) in ids) if ids else ()
    return {
        int((getattr(event, "visitor_id", None) or event.profile_id).removeprefix("s")) for event in events
    }


def found(shop: Shop, label: str) -> "array[int]":
    """The ids that stand on a topic, read committed."""
    return array("Q", (short(event.event_id) for event in _events(shop, label)))


def _events(shop: Shop, label: str) -> Iterator[Any]:
    """What stands on a topic and has an id."""
    name = shop.bench.config.named(next(topic for topic in TOPICS if topic.label == label))
    values = (message.value() for message in records(shop, name))
    decoded = (CODEC.decode(value) for value in values if value is not None)
    return (event for event in decoded if hasattr(event, "event_id"))


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


def compared(label: str, wanted: "array[int]", got: "array[int]", excused: "array[int]" = NONE) -> Count:
    """What must stand on a topic and what does. Sources send some events twice; these stand there twice.

    ``excused``: ids that may stand there more often, or needn't.
    """
    ids, times, found_each = _each(wanted, got)
    more = np.where(np.isin(ids, np.asarray(excused)), 0, (found_each - times).clip(min=0))
    lost = (times - found_each).clip(min=0)
    foreseen = np.isin(np.asarray(got), np.concatenate((ids, np.asarray(excused))))
    return Count(label, len(wanted), int(lost.sum()), int(more.sum()), int((~foreseen).sum()))


def more_often(wanted: "array[int]", got: "array[int]") -> frozenset[int]:
    """The ids that stand there more often than they must."""
    ids, times, found_each = _each(wanted, got)
    return frozenset(ids[found_each > times].tolist())


def _each(wanted: "array[int]", got: "array[int]") -> tuple[Any, Any, Any]:
    """Each wanted id, how often it must stand there, and how often it does."""
    ids, times = np.unique(np.asarray(wanted), return_counts=True)
    there, found_times = np.unique(np.asarray(got), return_counts=True)
    if not len(there):
        return ids, times, np.zeros_like(times)
    places = np.searchsorted(there, ids).clip(max=len(there) - 1)
    return ids, times, np.where(there[places] == ids, found_times[places], 0)


def _states(shop: Shop, kernel: str) -> dict[str, bytes]:
    """What the changelog holds in the end."""
    latest: dict[int, dict[str, bytes | None]] = {partition: {} for partition in range(PARTITIONS)}
    for message in records(shop, shop.changelog(kernel)):
        latest[at(message.partition())][(message.key() or b"").decode()] = message.value()
    held = [state_of(PROCESSORS[kernel], changelog, clock_of(changelog)) for changelog in latest.values()]
    return {key: value for state in held for key, value in digests(state).items()}


def _different(wanted: Digests, got: Digests, excused: Mapping[str, Set[str]]) -> dict[str, int]:
    compared_keys = {kernel: (wanted[kernel].keys() | got[kernel]) - excused[kernel] for kernel in wanted}
    return {
        kernel: sum(wanted[kernel].get(key) != got[kernel].get(key) for key in keys)
        for kernel, keys in compared_keys.items()
    }
