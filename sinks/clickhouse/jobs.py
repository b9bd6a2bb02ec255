"""What is done to ClickHouse beside the loop of a landing session, in a few threads.

A partition has at most one job at a time. A job that fails is done again after a while; it stops nothing but
its partitions, which are never skipped.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from confluent_kafka import KafkaException

from schemas.codec import Codec
from schemas.errors import RegistryUnavailable
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.inserting import Inserting
from sinks.clickhouse.lane import Lane
from sinks.clickhouse.store import Store
from sinks.errors import Refused, SinkError

log = logging.getLogger(__name__)


class Jobs:
    """The jobs of a session. Its methods are called by the loop only."""

    def __init__(self, config: LandingConfig, codec: Codec, store: Store, counts: Counter[str]) -> None:
        self._config = config
        self._inserting = Inserting(config, codec, store)
        self._counts = counts
        self._jobs: dict[Future[None], list[Lane]] = {}
        self._waiting: list[Lane] = []
        self._pool = ThreadPoolExecutor(config.inserters, thread_name_prefix="insert")
        self._last_error = ""
        self._refusal = ""

    @property
    def last_error(self) -> str:
        """What is not overcome yet; first of all what can't be without help."""
        return self._refusal or self._last_error

    def tend(self) -> None:
        """Take note of what is done, and begin what follows from it or was to be tried again by now."""
        self._finish()
        now = time.monotonic()
        ripe = [lane for lane in self._waiting if lane.retry_at <= now]
        for lane in ripe:
            self._waiting.remove(lane)
            self._again(lane)

    def end(self, patience: float) -> None:
        """Let what is under way end, begin nothing more that was to be tried again, forget the rest."""
        self._waiting.clear()
        until = time.monotonic() + patience
        while self._jobs and time.monotonic() < until:
            wait(self._jobs, timeout=until - time.monotonic(), return_when="FIRST_COMPLETED")
            self._finish()
        self._jobs.clear()
        self._waiting.clear()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True)

    def start(self, lane: Lane) -> None:
        """Insert what a lane has claimed. After a failure or a long pause some of it may be there."""
        assert lane.cut is not None
        cut, source = lane.cut, lane.source
        doubtful_at = 0.0 if lane.attempts else lane.claimed_at + self._config.doubt_after / 1000

        def insert() -> None:
            if time.monotonic() < doubtful_at:
                self._inserting.insert(source, cut)
            else:
                self._inserting.complete(source, cut.claim)

        self._submit([lane], insert)

    def _again(self, lane: Lane) -> None:
        if lane.phase == "taking over":
            self.take_over(lane)
        elif lane.phase == "inserting":
            self.start(lane)
        elif lane.phase == "recording":
            self._record([lane])

    def _record(self, lanes: list[Lane]) -> None:
        claims = [lane.claim for lane in lanes if lane.claim]
        self._submit(lanes, lambda: self._inserting.record(claims))

    def take_over(self, lane: Lane) -> None:
        """Finish what a predecessor has claimed."""
        claim, source = lane.claim, lane.source
        assert claim is not None

        def finish() -> None:
            if self._inserting.take_over(source, claim):
                self._counts["taken over"] += 1

        self._submit([lane], finish)

    def _submit(self, lanes: list[Lane], job: Callable[[], None]) -> None:
        self._jobs[self._pool.submit(job)] = lanes

    def _finish(self) -> None:
        inserted: list[Lane] = []
        for job in [job for job in self._jobs if job.done()]:
            lanes = self._jobs.pop(job)
            if not self._failed(job, lanes):
                for lane in lanes:
                    self._advance(lane, inserted)
        if inserted:
            self._record(inserted)

    def _advance(self, lane: Lane, inserted: list[Lane]) -> None:
        if lane.phase == "inserting":
            lane.phase = "recording"
            inserted.append(lane)
            return
        if lane.phase == "recording" and lane.claim:
            self._counts["rows"] += lane.claim.rows
            self._counts[f"rows {lane.source.topic.label}"] += lane.claim.rows
        lane.done()
        if not self._waiting:
            self._last_error = ""

    def _failed(self, job: Future[None], lanes: list[Lane]) -> bool:
        error = job.exception()
        if error is None:
            return False
        self._last_error = str(error)
        self._counts["failures"] += 1
        for lane in lanes:
            self._put_off(lane, error)
        return True

    def _put_off(self, lane: Lane, error: BaseException) -> None:
        if isinstance(error, Refused):
            lane.phase, self._refusal = "halted", str(error)
            log.critical("%s", error)
        elif isinstance(error, SinkError | KafkaException | RegistryUnavailable):
            wait_for = lane.failed(time.monotonic())
            self._waiting.append(lane)
            log.warning("%s-%s: again in %.1f s: %s", *lane.place, wait_for, error)
        else:
            raise error
