"""The day of ``tests.chaos.day`` on a real broker, worked off by kernel processes that can be killed."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas import topics
from schemas.control import Heartbeat
from schemas.topics import Topic
from schemas.words import Millis
from streams import children
from streams.care import Care
from streams.kernel.config import KernelConfig, Settings
from streams.visits import Visits
from tests.chaos import day, kernel_process
from tests.chaos.replaying import State, clock_of, replayed, state_of
from tests.kernel.harness import CODEC, Bench, until

PARTITIONS = 2
PROCESSORS: dict[str, Any] = {"visits": Visits(), "care": Care(day.RULES, lateness=0)}


class Watched:
    """A process under a supervisor: it may be killed, and ends itself when a commit hangs in the client."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._process = start()
        self._may_end, self._left = threading.Event(), threading.Event()
        self._watch = threading.Thread(target=self._watching, daemon=True)
        self._watch.start()

    def kill(self) -> None:
        """It ends at once, and is started again."""
        self._process.kill()

    def terminate(self) -> None:
        """Let it end in order."""
        self._may_end.set()
        self._process.terminate()

    def wait(self, timeout: float) -> int:
        """What it ended with."""
        return self._process.wait(timeout)

    def leave(self) -> None:
        """It isn't watched any more. A process ends with the thread that started it."""
        self._left.set()
        self._watch.join()

    def _watching(self) -> None:
        while not self._left.wait(0.1):
            if self._process.poll() is not None and not self._may_end.is_set():
                self._process = self._start()


@dataclass
class Shop:
    """One deployment on a running broker."""

    bootstrap: str
    prefix: str
    embedded: bool
    logs: Path
    deployment: str = ""
    """Default: the prefix. Another one looks on: it shares the inputs, which are there already."""
    copies: int = 1
    """Of each record, on brokers of their own."""
    shoppers: int = day.SHOPPERS
    bootstrap_of_kernels: str = ""
    """Where they begin, if elsewhere: behind a network that can be cut."""

    def __post_init__(self) -> None:
        """Settle the default."""
        self.deployment = self.deployment or self.prefix

    @property
    def config(self) -> KernelConfig:
        """Where its kernels run."""
        return kernel_process.config(self.bootstrap, self.prefix, self.embedded, deployment=self.deployment)

    @cached_property
    def bench(self) -> Bench:
        """Its topics, created; and means to read them."""
        config = self.config
        made = Bench(config, PARTITIONS, copies=self.copies)
        own = topics.TOPICS if self.deployment == self.prefix else (topics.FACTS, *topics.OUTPUTS)
        names = [config.named(topic) for topic in own]
        made.create(*names, *(self.changelog(name) for name in PROCESSORS))
        return made

    def changelog(self, kernel: str) -> str:
        """The topic that a kernel's state is in."""
        return f"heedful.{self.deployment}.{kernel}.changelog"

    def group(self, kernel: str) -> str:
        """The consumer group of a kernel."""
        return f"heedful.{self.deployment}.{kernel}"

    def publish(self) -> None:
        """The whole day, and behind it heartbeats that end it."""
        self.publish_events()
        self.reach(day.end(self.shoppers), topics.INPUTS)

    def publish_events(self) -> None:
        """The whole day, which doesn't end: deadlines stay open."""
        for topic, event in day.events(self.shoppers):
            self.bench.send(topic, event)

    def reach(self, at: Millis, inputs: Iterable[Topic]) -> None:
        """Let every partition of these inputs reach a time."""
        for topic in inputs:
            for partition in range(PARTITIONS):
                self.bench.send(topic, Heartbeat(received_at=at), partition=partition)

    @contextmanager
    def process(self, kernel: str, fail_at: str = "", **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A kernel process, killed at the end of the block if it hasn't ended by then.

        ``settings``: those of a kernel, in place of ``kernel_process.config``'s.
        """
        said = {
            "kernel": kernel,
            "bootstrap": self.bootstrap_of_kernels or self.bootstrap,
            "prefix": self.prefix,
            "deployment": self.deployment,
            "aborted_visible": self.embedded,
            "fail_at": fail_at,
            **settings,
        }
        command = [sys.executable, "-m", "tests.chaos.kernel_process", json.dumps(said)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with open(self.log(kernel, settings.get("instance")), "ab") as log:
            process = children.start(command, log, environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    @contextmanager
    def watched(self, kernel: str, **settings: Any) -> Iterator["Watched"]:
        """A kernel's process, started anew whenever it ends, while the block runs."""
        with ExitStack() as started:
            process = Watched(lambda: started.enter_context(self.process(kernel, **settings)))
            try:
                yield process
            finally:
                process.leave()

    def log(self, kernel: str, instance: str | None = None) -> Path:
        """What a kernel's processes say."""
        return self.logs / ".".join([self.deployment, kernel, *([instance] if instance else []), "log"])

    def has_members(self, kernel: str) -> bool:
        """Whether the broker counts anybody as a member of the kernel's group."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        (described,) = admin.describe_consumer_groups([self.group(kernel)]).values()
        return bool(described.result(30).members)

    def has_pending(self, name: str) -> bool:
        """Whether a transaction is open on a topic: its last stable offset is not its end."""
        settings: Settings = {"group.id": "test"}
        readers = [
            Consumer(self.bench.config.consumer(isolation, settings))
            for isolation in ("read_committed", "read_uncommitted")
        ]
        places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
        stable, end = ([r.get_watermark_offsets(at, timeout=30)[1] for at in places] for r in readers)
        for reader in readers:
            reader.close()
        return stable != end

    def finish(self, kernel: str) -> None:
        """Let a healthy process work until the kernel is through with the day, and end in order."""
        with self.process(kernel) as process:
            until(lambda: self.is_through(kernel), f"{kernel} is through")
            process.terminate()
            assert process.wait(20) in (0, -signal.SIGTERM)

    def is_through(self, kernel: str) -> bool:
        """Whether the kernel has read all its inputs, durably."""
        names = [self.bench.config.named(topic) for topic in PROCESSORS[kernel].inputs]
        group = self.group(kernel)
        return all(self.bench.committed(group, name) == self.bench.ends(name) for name in names)

    def published(self, label: str) -> list[str]:
        """Ids of the records on a topic: each one on Kafka, distinct ones where aborted are visible."""
        topic = next(topic for topic in topics.TOPICS if topic.label == label)
        found = day.ids(self.bench.read(topic))
        return sorted(set(found)) if self.embedded else found

    def count(self, labels: Iterable[str], isolation: str) -> int:
        """How many records stand on topics."""
        return sum(len(self.bench.raw(f"{self.deployment}.{label}", isolation)) for label in labels)

    def state(self, kernel: str) -> State:
        """What the changelog holds, and when each key is to be looked at next."""
        found: State = {}
        shown = self.bench.messages(self.changelog(kernel), "read_committed")
        for partition in range(PARTITIONS):
            latest = {(m.key() or b"").decode(): m.value() for m in shown if m.partition() == partition}
            found |= state_of(PROCESSORS[kernel], latest, clock_of(latest))
        return found

    def replayed(self, kernel: str) -> State:
        """What the changelog should hold: the inputs, as they stand on the log, read once without faults."""
        processor, changes = PROCESSORS[kernel], dict[str, bytes | None]()
        for partition in range(PARTITIONS):
            records = [(t, record) for t in processor.inputs for record in self._records(t, partition)]
            changes.update(replayed(processor, records).changes())
        return state_of(processor, changes)

    def _records(self, topic: Topic, partition: int) -> list[Any]:
        found = self.bench.messages(self.bench.config.named(topic), "read_committed")
        return [CODEC.decode(each.value() or b"") for each in found if each.partition() == partition]


def is_right(shop: Shop) -> None:
    """Every signal, decision, fact exists once, nothing else does; state is that of a replay of the log."""
    for label, wanted in day.expected(shop.shoppers).items():
        if label not in ("clickstream", "cart"):
            assert shop.published(label) == wanted, label
    for kernel in ("visits", "care"):
        assert shop.state(kernel) == shop.replayed(kernel)
