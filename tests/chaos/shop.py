"""The day of ``tests.chaos.day`` on a real broker, worked off by kernel processes that can be killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from schemas import topics
from schemas.control import Heartbeat
from streams import children
from streams.care import Care
from streams.kernel.changelog import POSITION_KEY
from streams.kernel.state import EntryCodec
from streams.visits import Visits
from tests.chaos import day, kernel_process
from tests.kernel.harness import Bench, until

PARTITIONS = 2
PROCESSORS: dict[str, Any] = {"visits": Visits(), "care": Care(day.RULES, lateness=0)}


@dataclass
class Shop:
    """One deployment on a running broker."""

    bootstrap: str
    prefix: str
    embedded: bool
    logs: Path

    @cached_property
    def bench(self) -> Bench:
        """Its topics, created; and means to read them."""
        config = kernel_process.config(self.bootstrap, self.prefix, self.embedded)
        made = Bench(config, PARTITIONS)
        names = [topic.named(self.prefix) for topic in topics.TOPICS]
        made.create(*names, *(self.changelog(name) for name in PROCESSORS))
        return made

    def changelog(self, kernel: str) -> str:
        """The topic that a kernel's state is in."""
        return f"heedful.{self.prefix}.{kernel}.changelog"

    def publish(self) -> None:
        """The whole day, and behind it heartbeats that end it."""
        for topic, event in day.events():
            self.bench.send(topic, event)
        for topic in topics.INPUTS:
            for partition in range(PARTITIONS):
                self.bench.send(topic, Heartbeat(received_at=day.end()), partition=partition)

    @contextmanager
    def process(self, kernel: str, fail_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A kernel process, killed at the end of the block if it hasn't ended by then."""
        said = {
            "kernel": kernel,
            "bootstrap": self.bootstrap,
            "prefix": self.prefix,
            "aborted_visible": self.embedded,
            "fail_at": fail_at,
        }
        command = [sys.executable, "-m", "tests.chaos.kernel_process", json.dumps(said)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with open(self.logs / f"{kernel}.log", "ab") as log:
            process = children.start(command, log, environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def finish(self, kernel: str) -> None:
        """Let a healthy process work until the kernel is through with the day, and end in order."""
        with self.process(kernel) as process:
            until(lambda: self.is_through(kernel), f"{kernel} is through")
            process.terminate()
            assert process.wait(20) in (0, -signal.SIGTERM)

    def is_through(self, kernel: str) -> bool:
        """Whether the kernel has read all its inputs, durably."""
        names = [topic.named(self.prefix) for topic in PROCESSORS[kernel].inputs]
        group = f"heedful.{self.prefix}.{kernel}"
        return all(self.bench.committed(group, name) == self.bench.ends(name) for name in names)

    def published(self, label: str) -> list[str]:
        """Ids of the records on a topic: each one on Kafka, distinct ones where aborted are visible."""
        topic = next(topic for topic in topics.TOPICS if topic.label == label)
        found = day.ids(self.bench.read(topic))
        return sorted(set(found)) if self.embedded else found

    def state(self, kernel: str) -> dict[str, Any]:
        """By key, what the changelog holds, decoded."""
        codec = EntryCodec(PROCESSORS[kernel])
        latest = {key: value for key, value in self.bench.raw(self.changelog(kernel)) if key != POSITION_KEY}
        return {
            (key or b"").decode(): codec.decode(value) for key, value in latest.items() if value is not None
        }
