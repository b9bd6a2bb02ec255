"""Landing as a piece of work: ``run`` it in a thread, ask for its ``status`` from another."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable

from confluent_kafka import KafkaException
from prometheus_client import Histogram
from prometheus_client.metrics_core import Metric

from schemas.codec import Codec
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.landing import Session
from sinks.clickhouse.ledger import create_claims
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.store import Store
from sinks.clickhouse.topology import look
from sinks.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_AFTER = 1.0
COMMIT_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Buckets, as those of the kernels."""


class Lander:
    """Lands every topic, exactly once. The store is the caller's: it outlives a lander."""

    def __init__(self, config: LandingConfig, codec: Codec, store: Store) -> None:
        self._config = config
        self._codec = codec
        self._store = store
        self._counts: Counter[str] = Counter()
        self._commits = Histogram(
            "heedful_commit_seconds", "How long a commit took.", buckets=COMMIT_SECONDS, registry=None
        )
        self._session: Session | None = None
        self._sessions = 0
        self._last_error = ""
        self.ended = False
        """``run`` has returned, or raised."""

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then let inserts under way end.

        An outage of broker or ClickHouse is waited out. Raises FixTarget, and Refused where going on would
        land rows twice or lose them.
        """
        try:
            self._run(stop)
        finally:
            self.ended = True

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                migrate(self._store)
                create_claims(self._config)
                self._work(stop)
            except (KafkaException, Unavailable) as failure:
                self._session = None
                self._last_error = str(failure)
                log.warning("landing: session ended, begins anew: %s", failure)
                stop.wait(RETRY_AFTER)

    def _work(self, stop: threading.Event) -> None:
        landed = look(self._config)
        session = Session(self._config, self._codec, self._store, landed, self._counts, self._commits)
        self._session = session
        self._sessions += 1
        try:
            session.run(stop)
        finally:
            session.close()

    def status(self) -> dict[str, object]:
        """Counters since the start. ``open``: claims not landed; ``halted``: partitions that need help."""
        session = self._session
        lanes = list(session.lanes.values()) if session else []
        return {
            **self._counts,
            "sessions": self._sessions,
            "partitions": len(lanes),
            "open": sum(lane.phase != "idle" for lane in lanes),
            "halted": sum(lane.phase == "halted" for lane in lanes),
            "paused": sum(lane.paused for lane in lanes),
            "waiting bytes": sum(lane.waiting + lane.claimed_bytes for lane in lanes),
            "most waiting bytes": session.most_waiting if session else 0,
            "memory bound": self._config.memory_bound,
            "behind": session.behind if session else -1,
            "lag": session.lag() if session else {},
            "last error": self._not_overcome(session),
        }

    def _not_overcome(self, session: Session | None) -> str:
        """What ended the last session is over once another one has its partitions."""
        if session is None:
            return self._last_error
        return session.last_error or ("" if session.joined else self._last_error)

    def why_not_ready(self) -> str | None:
        """What keeps new records from being landed soon; None: nothing."""
        return self._session.why_not_ready() if self._session else "it has not joined its group yet"

    def collect(self) -> Iterable[Metric]:
        """How long claims took to be committed, for Prometheus."""
        return self._commits.collect()

    def landed_to(self) -> dict[str, int]:
        """By "topic-partition": everything before this offset is landed, or needs no landing."""
        session = self._session
        lanes = list(session.lanes.values()) if session else []
        found = {f"{lane.source.name}-{lane.source.partition}": lane.landed_to for lane in lanes}
        return {name: offset for name, offset in found.items() if offset is not None}
