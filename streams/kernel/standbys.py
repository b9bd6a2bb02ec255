"""Warm standbys: the state of tasks that this worker may be given next, followed in the background.

A standby is what a restore would have read so far: the newest value of each key before an offset of the
changelog, read_committed and undecoded. Whoever is given the task reads on from there.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.clock import WallClock
from streams.kernel.changelog import RESTORE_PATIENCE, behind, reader, split
from streams.kernel.config import KernelConfig
from streams.kernel.restoring import Copy

log = logging.getLogger(__name__)

STALE_AFTER = 6 * 3_600.0
"""Seconds after which a standby that was not at the end is begun anew: tombstones that it has not read may be
gone. Kafka keeps them for a day (``delete.retention.ms``)."""

ASK_EVERY = 600.0
"""Seconds between two questions to the broker whether the end still is the end: where nothing is written, the
client says nothing."""

FETCH_KIB = 16_384
"""So much that was fetched and not taken yet is held in memory."""

TURN = 0.2
RETRY_AFTER = 1.0
RECORDS = 2_000
"""Taken at once; a take-over waits no longer than that takes."""


def followed(own: Collection[int], partitions: int, standbys: int) -> frozenset[int]:
    """The tasks that a worker follows, given its own.

    ``range`` gives each worker a run of tasks. When so many workers as there are to be ``standbys`` come or
    go, each of the others is given tasks out of its run and of that many runs on either side. Its own
    are among them: a rebalance takes all tasks from all workers for a moment. Who has none follows all.
    """
    if not own:
        return frozenset(range(partitions))
    reach = standbys * (len(own) + 1)
    return frozenset(range(max(0, min(own) - reach), min(partitions, max(own) + reach + 1)))


def _now() -> float:
    """Seconds of the wall's clock: another one may stand still while the machine does."""
    return WallClock().now() / 1000


@dataclass(eq=False, slots=True)
class Standby:
    """What is followed of one task. ``behind``: records, as far as known; -1: nothing was fetched yet."""

    copy: Copy | None = None
    at_end: float = field(default_factory=_now)
    behind: int = -1

    @property
    def stale(self) -> bool:
        """Whether it may have missed that a key was forgotten."""
        return _now() - self.at_end > STALE_AFTER


class Standbys:
    """The standbys of one worker. A thread of its own reads, and outlives the sessions of the kernel.

    Whatever fails there begins all of them anew: a standby saves time, and is never needed.
    """

    def __init__(self, config: KernelConfig, changelog: str) -> None:
        self._config = config
        self._changelog = changelog
        self._admin = AdminClient(dict(config.kafka))
        self._topic_id: str | None = None
        self._lock = threading.Lock()
        self._standbys: dict[int, Standby] = {}
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="standbys")
        self._thread.start()

    def begin(self, partitions: Collection[int]) -> dict[int, Copy]:
        """What a restore of these tasks begins with, as far as there is anything.

        Nothing of a changelog that has been deleted and created anew. Raises KafkaException.
        """
        self._identify()
        with self._lock:
            usable = {p: s for p in partitions if (s := self._standbys.get(p)) and not s.stale}
            return {p: standby.copy.duplicate() for p, standby in usable.items() if standby.copy}

    def follow(self, partitions: Collection[int], restored: Mapping[int, Copy]) -> None:
        """From now on follow these. ``restored``: what was restored since ``begin``, to go on from."""
        with self._lock:
            known = {**self._standbys, **{p: Standby(copy) for p, copy in restored.items()}}
            self._standbys = {p: known.get(p) or Standby() for p in sorted(partitions)}

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def status(self) -> dict[str, dict[str, int]]:
        """By task, how many keys it has and how many records it is behind; -1: that isn't known yet."""
        return {
            str(partition): {
                "keys": len(standby.copy.values) if standby.copy else 0,
                "behind": standby.behind,
            }
            for partition, standby in self._standbys.items()
        }

    def close(self) -> None:
        """Follow nothing any more."""
        self._stop.set()
        self._thread.join()

    def _identify(self) -> None:
        described = self._admin.describe_topics(TopicCollection([self._changelog]))
        found = str(described[self._changelog].result(RESTORE_PATIENCE).topic_id)
        with self._lock:
            if found != self._topic_id:
                self._standbys = {partition: Standby() for partition in self._standbys}
        self._topic_id = found

    def _run(self) -> None:
        settings: dict[str, Any] = {
            "auto.offset.reset": "error",
            "queued.max.messages.kbytes": FETCH_KIB,
        }
        while not self._stop.is_set() and self._failure is None:
            try:
                with reader(self._config, "read_committed", settings) as consumer:
                    self._read(consumer)
            except KafkaException as failure:
                log.warning("%s: standbys are begun anew: %s", self._changelog, failure)
                with self._lock:
                    self._standbys = {partition: Standby() for partition in self._standbys}
                self._stop.wait(RETRY_AFTER)
            except BaseException as failure:
                self._failure = failure

    def _read(self, consumer: Consumer) -> None:
        assigned: dict[int, Standby] = {}
        asked = _now()
        while not self._stop.is_set():
            wanted, now = self._wanted(), _now()
            if wanted != assigned:
                consumer.assign([self._start(consumer, *each) for each in wanted.items()])
                assigned = wanted
            self._take(consumer.consume(RECORDS, TURN), assigned, now)
            ask = now - asked > ASK_EVERY
            for partition, standby in assigned.items():
                self._look(consumer, partition, standby, ask)
            asked = now if ask else asked

    def _wanted(self) -> dict[int, Standby]:
        """All standbys, those that are stale begun anew."""
        with self._lock:
            self._standbys = {p: Standby() if s.stale else s for p, s in self._standbys.items()}
            return self._standbys

    def _start(self, consumer: Consumer, partition: int, standby: Standby) -> TopicPartition:
        at = TopicPartition(self._changelog, partition)
        if standby.copy is None:
            low, _ = consumer.get_watermark_offsets(at, timeout=RESTORE_PATIENCE)
            standby.copy = Copy(low)
        at.offset = standby.copy.offset
        return at

    def _take(self, messages: list[Message], assigned: Mapping[int, Standby], now: float) -> None:
        """``now``: before they were asked for; a process may stand still for days."""
        runs: dict[Any, list[Message]] = defaultdict(list)
        for message in messages:
            runs[message.partition()].append(message)
        for partition, run in runs.items():
            records, end = split(run)
            standby = assigned[partition]
            assert standby.copy is not None
            with self._lock:
                standby.copy.take(records)
                standby.copy.offset = behind(records, end, standby.copy.offset)
                if end is not None:
                    standby.at_end = now

    def _look(self, consumer: Consumer, partition: int, standby: Standby, ask: bool) -> None:
        """How far it is behind, as the client knows, or the broker if it is asked."""
        now, at = _now(), TopicPartition(self._changelog, partition)
        _, high = consumer.get_watermark_offsets(at, timeout=RESTORE_PATIENCE, cached=not ask)
        assert standby.copy is not None
        if high >= 0:
            standby.behind = max(0, high - standby.copy.offset)
            if ask and not standby.behind:
                standby.at_end = now
