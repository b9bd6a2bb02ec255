"""The lander: every topic of heedful into ClickHouse, once.

For each partition, in this order: read a range of records; have the range before it landed and recorded;
claim the range (one Kafka transaction: the claim, and the range's beginning as the committed offset); insert
it, one block per schema, under tokens that name the range; record it in the table ``landings``. Whoever takes
the partition over finds the last claim and finishes it.
"""

import logging
import threading
import time
from collections import Counter
from itertools import groupby
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from prometheus_client import Histogram

from schemas.codec import Codec
from schemas.errors import RegistryUnavailable
from schemas.lag import Lag
from schemas.looking import look
from schemas.rebalancing import Rebalancing
from schemas.words import Millis
from sinks.clickhouse.blocks import Cut, counted, cut
from sinks.clickhouse.claims import At, last_claim, read_claims
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.jobs import Jobs
from sinks.clickhouse.lane import Lane
from sinks.clickhouse.ledger import Ledger
from sinks.clickhouse.store import Store
from sinks.clickhouse.topology import Landed
from sinks.clickhouse.whole import whole
from sinks.errors import Refused

log = logging.getLogger(__name__)

POLL = 0.05
GRACE = 30.0
"""Seconds that inserts under way are waited for when partitions are let go."""


class Session:
    """One membership of the group, from joining to leaving."""

    def __init__(
        self,
        config: LandingConfig,
        codec: Codec,
        store: Store,
        landed: Landed,
        counts: Counter[str],
        commits: Histogram,
    ) -> None:
        self._config = config
        self._codec = codec
        self._landed = landed
        self.counts = counts
        self.lanes: dict[At, Lane] = {}
        self.registry_error = ""
        self.joined = False
        """It was given partitions, of which the broker said where to go on."""
        self.most_waiting = 0
        """Bytes that were read and not landed at any time."""
        self.commits = commits
        self.jobs = Jobs(config, codec, store, counts)
        self._ledger = Ledger(config, codec)
        self._rebalancing = Rebalancing()
        self._consumer = Consumer(
            config.consumer(
                {
                    "group.id": config.internal("landing"),
                    "partition.assignment.strategy": "range",
                    "session.timeout.ms": config.session_timeout,
                    "heartbeat.interval.ms": config.session_timeout // 4,
                }
            )
        )
        self._lag = Lag(self._consumer)

    @property
    def last_error(self) -> str:
        """What is not overcome yet."""
        return self.jobs.last_error or self.registry_error

    @property
    def behind(self) -> Millis:
        """For how long the oldest record that was read, and isn't landed, has stood in the log."""
        now = _now()
        oldest = (lane.oldest for lane in list(self.lanes.values()))
        return max((now - written for written in oldest if written is not None), default=0)

    def lag(self) -> dict[str, int]:
        """Offsets that are not landed, by topic."""
        labels = {name: topic.label for name, topic in self._landed.topics.items()}
        return {labels[name]: count for name, count in self._lag.by_topic().items()}

    def why_not_ready(self) -> str | None:
        """What keeps new records from being landed soon; None: nothing."""
        for lane in list(self.lanes.values()):
            if lane.phase in ("halted", "taking over"):
                return f"{lane.source.name}-{lane.source.partition} is {lane.phase}"
        if self.last_error:
            return "what is claimed could not be landed yet; /status says why"
        return self._lag.why_not_ready(self._config.batch_rows)

    def run(self, stop: threading.Event) -> None:
        """Join, work until ``stop`` is set, let inserts under way end, leave."""
        self._consumer.subscribe(
            list(self._landed.topics),
            on_assign=self._rebalancing.keeping(self._assigned),
            on_revoke=self._rebalancing.keeping(self._revoked),
            on_lost=self._rebalancing.keeping(self._revoked),
        )
        while not stop.is_set():
            self._turn()
        self._let_go()

    def close(self) -> None:
        """Leave the group. What is claimed and not landed is left to the next session."""
        self._consumer.close()
        self.jobs.close()
        self._ledger.close()

    def _turn(self) -> None:
        self._read()
        self.jobs.tend()
        now = time.monotonic()
        due = [lane for lane in self.lanes.values() if lane.is_due(now)]
        if due:
            self._claim(due, now)
        self._throttle()
        if self._lag.due(now):
            self._lag.look(now, {at: lane.landed_to or 0 for at, lane in self.lanes.items()})

    def _read(self) -> None:
        messages = look(self._consumer, self._rebalancing, self._config.fetch_size, POLL)
        self._rebalancing.check()
        for error in (message.error() for message in messages):
            if error is not None:
                raise _gone(error) if error.code() == KafkaError._AUTO_OFFSET_RESET else KafkaException(error)
        for place, run in groupby(messages, key=_place):
            self.lanes[place].add(list(run))

    def _claim(self, due: list[Lane], now: float) -> None:
        claimed: list[tuple[Lane, Cut]] = []
        self.registry_error = ""
        claimed_bytes = self._claimed_bytes
        for lane in due:
            if claimed_bytes >= self._config.buffer_bytes:
                break
            try:
                found = self._cut(lane)
            except RegistryUnavailable as error:
                self.registry_error = str(error)
                lane.since = now
                continue
            if found.is_quiet and not lane.is_quiet_long_enough(now):
                lane.hush(found, now)
            else:
                claimed.append((lane, found))
                claimed_bytes += sum(len(insert.data) for insert in found.inserts)
        if not claimed:
            return
        with self.commits.time():
            self._ledger.commit([found for _, found in claimed], self._consumer)
        for lane, found in claimed:
            lane.claimed(found, now)
            self.counts.update(counted(lane.source.topic.label, found))
            self.jobs.start(lane)

    @property
    def _claimed_bytes(self) -> int:
        return sum(lane.claimed_bytes for lane in self.lanes.values())

    def _cut(self, lane: Lane) -> Cut:
        """The records stay with the lane until they are decoded: the registry may be away."""
        messages = whole(self._config, lane.source, lane.start, lane.messages)
        found = cut(self._codec, lane.source, lane.start, messages, _now()).after(lane.quiet)
        lane.take()
        return found

    def _throttle(self) -> None:
        """Keep memory bounded: what can't be landed is not read on, nor is anything above the bound."""
        held = sum(lane.waiting for lane in self.lanes.values())
        self.most_waiting = max(self.most_waiting, held + self._claimed_bytes)
        crowded = held >= self._config.buffer_bytes
        for lane in self.lanes.values():
            wanted = lane.is_full or (crowded and bool(lane.messages))
            if wanted != lane.paused:
                at = [TopicPartition(*lane.place)]
                self._consumer.pause(at) if wanted else self._consumer.resume(at)
                lane.paused = wanted

    def _assigned(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        log.info("landing: assigned %d partitions", len(assigned))
        offsets = {(at.topic, at.partition): at.offset for at in consumer.committed(assigned, timeout=30)}
        claims = read_claims(self._config)
        starts = []
        for (topic, partition), offset in offsets.items():
            at = topic, partition
            lane = self._lane(at, offset if offset >= 0 else None, claims.get(at, []))
            self.lanes[at] = lane
            start = OFFSET_BEGINNING if lane.position is None else lane.position
            starts.append(TopicPartition(topic, partition, start))
        consumer.assign(starts)
        self.joined = True

    def _lane(self, at: At, committed: int | None, claims: list[Any]) -> Lane:
        source = self._landed.source(*at)
        lane = Lane(source, self._config)
        claim = last_claim(claims, source.topic_id, committed, self._config.aborted_visible)
        if claim is not None:
            lane.claim, lane.phase, lane.position = claim, "taking over", claim.last + 1
            self.jobs.take_over(lane)
        return lane

    def _revoked(self, consumer: Consumer, revoked: list[TopicPartition]) -> None:
        log.info("landing: revoked %d partitions", len(revoked))
        self._let_go()

    def _let_go(self) -> None:
        """Inserts under way may end; a claim that stays open is finished by whoever comes next."""
        self.jobs.end(GRACE)
        self.lanes.clear()
        self._lag.look(time.monotonic(), {})


def _place(message: Message) -> At:
    return message.topic(), message.partition()  # type: ignore[return-value]


def _now() -> Millis:
    return time.time_ns() // 1_000_000


def _gone(error: KafkaError) -> Refused:
    return Refused(
        f"Landing: records were deleted before they were landed: {error}. What is lost can't be landed any "
        "more; to go on with what is there, land under another deployment name into another database."
    )
