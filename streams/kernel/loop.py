"""A kernel: a processor hosted on Kafka, for as long as it is wanted."""

import logging
import threading
from collections.abc import Iterable
from itertools import chain
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from prometheus_client.metrics_core import Metric

from schemas.codec import Codec
from schemas.errors import RegistryUnavailable
from schemas.topics import Topic
from streams.clock import Clock
from streams.errors import FixConfiguration, Unavailable
from streams.kernel.config import KernelConfig
from streams.kernel.measures import Measures
from streams.kernel.processor import Processor
from streams.kernel.session import Session
from streams.kernel.standbys import Standbys
from streams.kernel.standings import Standings

log = logging.getLogger(__name__)

RETRY_AFTER = 1.0
"""Seconds before a kernel that lost its tasks joins again."""


class Kernel:
    """Hosts a processor on Kafka, exactly once. ``run`` it in a thread of its own.

    Whatever goes wrong between it and the broker (a commit refused or timed out, a fence, a rebalance that
    came too late) or the registry ends a session: its tasks are dropped and built anew from the log. Errors
    of heedful's own tree, and bugs, end ``run``.
    """

    def __init__(
        self,
        processor: Processor[Any],
        config: KernelConfig,
        codec: Codec,
        clock: Clock,
        announces: Topic | None = None,
    ) -> None:
        """``announces``: the topic into which every task writes its clock, behind its facts. If the processor
        reads that topic itself, its tasks so learn how far all of them have come.
        """
        self._processor = processor
        self._config = config
        self._codec = codec
        self._clock = clock
        self._announces = announces
        self._session: Session | None = None
        self._sessions = 0
        self._measures = Measures()
        self._standings = Standings(config.stuck_after)
        self._standbys: Standbys | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then commit and let go."""
        if not self._config.standbys:
            self._run(stop)
            return
        changelog = self._config.internal(self._processor.name, "changelog")
        self._standbys = Standbys(self._config, changelog)
        try:
            self._run(stop)
        finally:
            self._standbys.close()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._sessions += 1
            session = self._joining()
            self._session = session
            try:
                session.run(stop)
            except (KafkaException, RegistryUnavailable, Unavailable) as failure:
                log.warning("%s: session ended, tasks are rebuilt: %s", self._processor.name, failure)
                self._standings.failed(str(failure))
                session.abort()
                self._refuse(failure)
                stop.wait(RETRY_AFTER)
            except BaseException:
                session.abort()
                raise

    def _joining(self) -> Session:
        try:
            return Session(
                self._processor,
                self._config,
                self._codec,
                self._clock,
                self._announces,
                self._measures,
                self._standings,
                self._standbys,
            )
        except KafkaException as failure:
            self._refuse(failure)
            raise

    def status(self) -> dict[str, Any]:
        """Counters since the start, and where the clock stands; times in milliseconds.

        All that follows from time up to ``durable``, and from each input up to the offset ``durable to``, is
        committed.
        """
        session = self._session
        found = session.status() if session else {"tasks": 0}
        buried = {f"dead {reason}": count for reason, count in self._measures.buried.copy().items()}
        standbys = {"standbys": self._standbys.status()} if self._standbys else {}
        said = {**buried, **self._standings.status(), **standbys, **found}
        return {"kernel": self._processor.name, "sessions": self._sessions, **said}

    def why_not_ready(self) -> str | None:
        """What it has still to do before it is at work on what is new; None: it is."""
        return self._session.why_not_ready() if self._session else "it has not joined its group yet"

    def collect(self) -> Iterable[Metric]:
        """What it made durable since the process started, and how its tasks get on."""
        return chain(self._measures.collect(), self._standings.collect())

    def _refuse(self, failure: Exception) -> None:
        """Raises FixConfiguration where trying again won't help: the client doesn't take one of its settings,
        or somebody else has joined under this worker's name; joining again would drive that one out.
        """
        error = failure.args[0] if isinstance(failure, KafkaException) else None
        if error is None:
            return
        if error.code() == KafkaError._INVALID_ARG and "roperty" in error.str():
            raise FixConfiguration(
                f"{error.str().strip()}. It stands in the table [kafka] of the settings."
            ) from failure
        if error.code() == KafkaError._FATAL and "group.instance.id" in error.str():
            raise FixConfiguration(
                f"{self._processor.name}: another worker has joined as instance {self._config.instance!r}, "
                "and has this one's tasks now. If it was started in this one's place, all is well; else give "
                "each worker a name of its own: the setting instance, or HEEDFUL_INSTANCE."
            ) from failure
