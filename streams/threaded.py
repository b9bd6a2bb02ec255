"""A blocking loop as a service of the application: in its own thread, stopped and watched with the rest."""

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias

from mode import Service
from prometheus_client.metrics_core import Metric

Status: TypeAlias = dict[str, Any]
"""What a worker says of itself; JSON."""


class Work(Protocol):
    """A loop that runs until it is told to stop: a kernel, the landing."""

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, leave everything in order, return."""

    def status(self) -> Status:
        """Counters, for people and for tests. Called from another thread."""

    def why_not_ready(self) -> str | None:
        """What it has still to do before it is at work on what is new; None: it is. From another thread."""

    def collect(self) -> Iterable[Metric]:
        """What it measured since the process started, for Prometheus. From another thread."""


class Threaded(Service):
    """Hosts work. What the work raises ends the whole worker, and so does work that ends by itself."""

    def __init__(self, work: Work, **options: Any) -> None:
        """``options`` are the service's."""
        super().__init__(**options)
        self.work = work
        self._stop = threading.Event()
        self._running: asyncio.Future[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the work is being done."""
        return self._running is not None and not self._running.done()

    async def on_start(self) -> None:
        """Start the thread."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="work")
        self._running = asyncio.get_running_loop().run_in_executor(thread, self.work.run, self._stop)
        thread.shutdown(wait=False)

    @Service.task
    async def _watch(self) -> None:
        assert self._running
        await asyncio.shield(self._running)
        if not self._stop.is_set():
            raise RuntimeError("the work ended by itself")

    async def on_stop(self) -> None:
        """Let the work finish what it began, however long that takes: whoever is impatient may kill us."""
        self._stop.set()
        if self._running:
            await asyncio.wait([self._running])
