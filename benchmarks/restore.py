"""How long it takes to build tasks anew from their changelogs, and to take them over warm.

python -m benchmarks.restore [--keys 1000000] [--updates 20] [--out benchmarks/RESTORE.md]

Apache Kafka, two partitions, every key an open cart, as many updates a key in no order, committed in
transactions of 10,000. Both tasks are restored by a new process, one after the other, once from what was
written and once from what the broker's compaction has left of it. Then two workers share them, each following
the other's, and one is killed (`kill -9`). The take-over lasts from the moment at which the group gives both
tasks to the other one until it goes on reading its inputs.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from benchmarks.broker import CODEC
from benchmarks.report import machine
from benchmarks.timers import MONTH, NOW, cart, encoded
from schemas import topics
from streams.clock import WallClock
from streams.kernel.changelog import POSITION_KEY, Position, encode_position, find_end, read_up_to
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask
from streams.kernel.loop import Kernel
from streams.kernel.watermark import unknown
from streams.visits import Visits
from tests.apache_kafka import ApacheKafka, apache_kafka

PARTITIONS = (0, 1)
BATCH = 10_000
PATIENCE = 1_800.0
AS_WRITTEN = {"cleanup.policy": "compact", "segment.bytes": str(64 << 20), "min.cleanable.dirty.ratio": "1.0"}
"""As heedful creates it, but that nothing is compacted before it is asked for."""
COMPACTED = {"min.cleanable.dirty.ratio": "0.01", "segment.ms": "1000", "max.compaction.lag.ms": "1000"}


class Row(NamedTuple):
    """One result."""

    what: str
    value: str


def configuration(bootstrap: str) -> KernelConfig:
    """How a kernel reaches the broker. Time is told by nobody."""
    return KernelConfig(kafka={"bootstrap.servers": bootstrap}, lateness=0, heartbeats=False)


def create(config: KernelConfig, changelog: str) -> AdminClient:
    """All topics."""
    admin = AdminClient(dict(config.kafka))
    new = [NewTopic(config.named(topic), len(PARTITIONS), 1) for topic in topics.TOPICS]
    new.append(NewTopic(changelog, len(PARTITIONS), 1, config=AS_WRITTEN))
    for future in admin.create_topics(new).values():
        future.result(60)
    return admin


def fill(config: KernelConfig, changelog: str, keys: int, updates: int) -> None:
    """Commits as tasks make them, of a group that has read nothing yet."""
    settings = {"transactional.id": "filling", "queue.buffering.max.messages": 1_000_000, "linger.ms": 20}
    producer = Producer(config.producer(settings))
    producer.init_transactions(60)
    entry, random = cart(), Random(1)
    position = encode_position(Position({}, {}, unknown(Visits.inputs), NOW, {}))
    for done in range(0, keys * updates, BATCH):
        producer.begin_transaction()
        for number in range(done, min(done + BATCH, keys * updates)):
            key = number if number < keys else random.randrange(keys)
            value = encoded(entry, NOW + random.randrange(MONTH))
            producer.produce(changelog, value, f"main/visitor-{key}".encode(), partition=key % 2)
        for partition in PARTITIONS:
            producer.produce(changelog, position, POSITION_KEY, partition=partition)
        producer.commit_transaction(60)


def compact(kafka: ApacheKafka, config: KernelConfig, changelog: str, admin: AdminClient, to: float) -> None:
    """Have the broker compact, until such a share of what it has on its disk is left."""
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in COMPACTED.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, changelog, incremental_configs=entries)
    admin.incremental_alter_configs([resource])[resource].result(60)
    whole, end = on_disk(kafka, changelog), time.monotonic() + PATIENCE
    while (left := on_disk(kafka, changelog)) > whole * to:
        print(f"{left / whole:.0%} is left", flush=True)
        if time.monotonic() > end:
            raise TimeoutError(f"{left / whole:.0%} is left after {PATIENCE:.0f} s")
        fill(config, changelog, 2, 1)
        time.sleep(2)


def on_disk(kafka: ApacheKafka, changelog: str) -> int:
    """Bytes of its segments, in the folder of the properties with which the broker was started."""
    folder = Path(psutil.Process(kafka.pid).cmdline()[-1]).parent
    return sum(path.stat().st_size for path in folder.glob(f"logs/{changelog}-*/*.log"))


def records(config: KernelConfig, changelog: str) -> int:
    """How many a restore reads."""
    return sum(
        len(messages)
        for partition in PARTITIONS
        for messages, _ in read_up_to(config, changelog, partition, find_end(config, changelog, partition))
    )


def restore(config: KernelConfig) -> dict[str, float]:
    """All tasks, in this process."""
    began, cpu = time.monotonic(), time.process_time()
    tasks = [HostedTask(Visits(), config, CODEC, partition, len(PARTITIONS)) for partition in PARTITIONS]
    for task in tasks:
        task.restore(dict)
    took = {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}
    for task in tasks:
        task.abort()
    keys = sum(len(task.task) for task in tasks)
    return {**took, "keys": keys, "memory": psutil.Process().memory_info().rss}


def hold(config: KernelConfig) -> None:
    """Be a worker, until killed; say so whenever a task is restored."""

    def reached(point: str) -> None:
        if point == "restore.done":
            print(point, flush=True)

    followed = replace(config, reached=reached, standbys=1)
    Kernel(Visits(), followed, CODEC, WallClock(), topics.FACTS).run(threading.Event())


class Assigned(logging.Handler):
    """Notes when a session was given all tasks, as it says in its log."""

    at: float | None = None
    cpu = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """A line of log."""
        if isinstance(record.args, tuple) and record.args[-1] == list(PARTITIONS):
            self.at, self.cpu = time.monotonic(), time.process_time()


def take_over(config: KernelConfig, keys: int) -> Iterator[Row]:
    """A worker in this process follows one in another process, which is killed."""
    done: list[tuple[float, float]] = []

    def reached(point: str) -> None:
        if point == "restore.done":
            done.append((time.monotonic(), time.process_time()))

    with child("--hold", config) as holder:
        for _ in PARTITIONS:
            assert holder.stdout is not None
            assert holder.stdout.readline()
        followed = replace(config, reached=reached, standbys=1)
        kernel, stop = Kernel(Visits(), followed, CODEC, WallClock(), topics.FACTS), threading.Event()
        working = threading.Thread(target=kernel.run, args=(stop,))
        working.start()
        try:
            wait(lambda: kernel.status().get("tasks") == 1, "each has a task")
            wait(lambda: is_followed(kernel, keys), "all is followed")
            assigned, killed = Assigned(), time.monotonic()
            logging.getLogger("streams.kernel.session").addHandler(assigned)
            logging.getLogger("streams.kernel.session").setLevel(logging.INFO)
            holder.kill()
            done.clear()
            wait(lambda: len(done) == len(PARTITIONS), "both tasks are restored")
            assert assigned.at is not None
            assert kernel.status()["keys"] == keys
            (until, cpu) = done[-1]
            yield Row("take-over of both tasks by whoever followed", f"{until - assigned.at:.2f} s")
            yield Row("CPU of that", f"{cpu - assigned.cpu:.2f} s")
            yield Row("from the kill on, the group's session time-out with it", f"{until - killed:.1f} s")
        finally:
            stop.set()
            working.join()


def is_followed(kernel: Kernel, keys: int) -> bool:
    """Whether its standbys are complete."""
    standbys = kernel.status()["standbys"].values()
    return sum(each["keys"] for each in standbys) == keys and all(each["behind"] == 0 for each in standbys)


def wait(condition: Callable[[], bool], what: str) -> None:
    """Until it is true. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


@contextmanager
def child(word: str, config: KernelConfig) -> Iterator[subprocess.Popen[str]]:
    """This module in another process."""
    command = [sys.executable, "-m", "benchmarks.restore", word, str(config.kafka["bootstrap.servers"])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def measured(keys: int, updates: int) -> Iterator[Row]:
    """Every result in turn."""
    with apache_kafka() as kafka:
        config = configuration(kafka.bootstrap)
        changelog = config.internal("visits", "changelog")
        admin = create(config, changelog)
        fill(config, changelog, keys, updates)
        yield Row("as written: records of keys", f"{keys * updates:,}")
        yield from restored("as written", config)
        compact(kafka, config, changelog, admin, to=1.2 / updates)
        yield Row("compacted: records that are left", f"{records(config, changelog):,}")
        yield from restored("compacted", config)
        yield from take_over(config, keys)


def restored(how: str, config: KernelConfig) -> Iterator[Row]:
    """In a process of its own."""
    with child("--restore", config) as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
    yield Row(f"{how}: restore of {found['keys']:,} keys", f"{found['seconds']:.1f} s")
    yield Row(f"{how}: CPU of that", f"{found['cpu']:.1f} s")
    yield Row(f"{how}: memory of the process then", f"{found['memory'] / 2**20:,.0f} MiB")


def main() -> None:
    """Measure, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restore")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "RESTORE.md")
    parser.add_argument("--restore", help="restore from this broker, here")
    parser.add_argument("--hold", help="be a worker on this broker")
    asked = parser.parse_args()
    if asked.restore:
        print(json.dumps(restore(configuration(asked.restore))))
    elif asked.hold:
        hold(configuration(asked.hold))
    else:
        load, rows = os.getloadavg()[0], []
        for row in measured(asked.keys, asked.updates):
            print(f"{row.what}: {row.value}", flush=True)
            rows.append(row)
        asked.out.write_text(_page(rows, asked.keys, asked.updates, load))


def _page(rows: list[Row], keys: int, updates: int, load: float) -> str:
    lines = "\n".join(f"| {row.what} | {row.value} |" for row in rows)
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# Restore of {keys:,} keys with {updates} updates each\n\nWritten by `make bench-size`. {about}\n\n"
        f"| what | measured |\n|---|---|\n{lines}\n\n"
        f"{machine()}; load average {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end.\n"
    )


if __name__ == "__main__":
    main()
