"""How soon a signal can be read once it can be known, while events come in as they happen.

python -m benchmarks.latency [--rates 500 8000] [--seconds 60] [--out benchmarks/LATENCY.md]

One Apache Kafka broker on loopback, both kernels as a worker runs them, 4 partitions. Visitors click, fill
carts, order or leave; customers ask: 90 % clicks, 8 % changes of carts, 2 % support. A cart counts as left
after half a minute of silence. *Noticed*: from the record in care's inputs that moved its clock past the due
time being readable, to the signal being visible to a read_committed subscriber; of carts and of unanswered
contacts. *Wall*: from the due time and the lateness (10 s) by the clock on the wall, to the same; of carts.
It holds the silence of inputs too, in which time stands still between two heartbeats (250 ms). The traffic is
made, and both are measured, on the same cores.
"""

import argparse
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.broker import CODEC, Place, create_topics
from benchmarks.crowd import ROUND, Crowd, Event
from benchmarks.processes import Cost, Side, module, running
from benchmarks.report import grid, machine
from schemas import topics
from schemas.events import CartEvent, Click
from schemas.outputs import AbandonmentSignal
from schemas.topics import Topic
from schemas.words import Millis
from streams.demo.observer import Observer, percentile
from tests.apache_kafka import ApacheKafka, apache_kafka

SILENCE: Millis = 30_000
LATENESS: Millis = 10_000
PARTITIONS = 4
WARM = 45.0
"""Seconds until carts are left and contacts unanswered as often as later on."""
TICK = 0.002
"""Seconds between two looks at what is to be said, and at what can be read."""


class Seen(NamedTuple):
    """What was measured: events a second, milliseconds of each signal in their order, what it cost.

    ``noticed``: since the record that moved care's clock past the due time could be read; ``wall``: since
    that time by the clock on the wall, less the lateness.
    """

    rate: float
    noticed: list[float]
    wall: list[float]
    cost: Cost


class Run:
    """Both ends of the path: what is published, and what is read."""

    def __init__(self, place: Place, processes: Side) -> None:
        self._place, self._processes = place, processes
        self._crowd = Crowd()
        self._producer = Producer(place.config.producer({"linger.ms": 20}))
        self._consumer = Consumer(place.config.consumer("read_committed", {"group.id": "latency"}))
        name = topics.ABANDONMENT_SIGNALS.named(place.prefix)
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in range(PARTITIONS)])
        self._seen: dict[str, float] = {}
        self.published = 0

    def through(self, rate: int, seconds: float) -> None:
        """Events at a rate, for so long; what can be read meanwhile is noted."""
        began, rounds = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            due = int(passed * rate / ROUND)
            self._publish(due - rounds)
            rounds = due
            self._read()
        self._processes.require_alive()

    def latencies(self, since: Millis) -> list[float]:
        """Of the carts that were left after a moment, and are due: all must have been signalled by now."""
        due = _now() - SILENCE - LATENESS - 5_000
        left = [who for who, at in self._crowd.left.items() if since <= at < due]
        missing = [who for who in left if who not in self._seen]
        assert left, "no cart was left behind"
        assert not missing, f"{len(missing)} of {len(left)} carts are not signalled: {missing[:3]}"
        return sorted(self._seen[who] for who in left)

    def close(self) -> None:
        """Leave."""
        self._producer.flush(10)
        self._consumer.close()

    def _publish(self, rounds: int) -> None:
        for event in self._crowd.events(_now(), rounds):
            topic, key = _where(event)
            self._producer.produce(topic.named(self._place.prefix), CODEC.encode(event), key)
            self.published += 1
        self._producer.poll(0)

    def _read(self) -> None:
        for message in self._consumer.consume(1_000, TICK):
            signal = CODEC.decode(message.value(), topics.ABANDONMENT_SIGNALS)
            if isinstance(signal, AbandonmentSignal) and signal.kind == "abandoned":
                assert signal.visitor_id not in self._seen, f"{signal.visitor_id} was signalled twice"
                self._seen[signal.visitor_id] = time.time() * 1000 - signal.occurred_at - LATENESS


def measured(kafka: ApacheKafka, rate: int, seconds: float) -> Seen:
    """One rate, on topics of its own, once all that is warm is warm."""
    place, costs = Place(kafka, f"latency.{rate}", PARTITIONS), list[Cost]()
    create_topics(place)
    kernels = [
        module("benchmarks.kernel", role, kafka.bootstrap, place.prefix, "apache", str(SILENCE // 1000))
        for role in ("visits", "care")
    ]
    with running(*kernels) as processes, _observing(place) as observer:
        run = Run(place, processes)
        run.through(rate, WARM)
        begun, before = _now(), run.published
        with processes.measured(kafka.pid, costs):
            run.through(rate, seconds)
        events = run.published - before
        run.through(rate, (SILENCE + LATENESS) / 1000 + 10)
        wall, noticed = run.latencies(begun), observer.latencies(time.monotonic() - seconds - 5)
        run.close()
    return Seen(events / costs[0].seconds, noticed, wall, costs[0])


@contextmanager
def _observing(place: Place) -> Iterator[Observer]:
    """Look on for as long as the block runs."""
    observer, enough = Observer(place.config, CODEC), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(observer.run, enough)
        try:
            yield observer
        finally:
            enough.set()
        looking.result()


def _where(event: Event) -> tuple[Topic, str]:
    match event:
        case Click():
            return topics.CLICKSTREAM, topics.key(event.shop_id, event.visitor_id)
        case CartEvent():
            return topics.CART, topics.key(event.shop_id, event.visitor_id)
    return topics.SUPPORT, topics.key(event.shop_id, event.profile_id)


def _now() -> Millis:
    return int(time.time() * 1000)


def main() -> None:
    """Measure each rate, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description="See the module.")
    add = parser.add_argument
    add(
        "--rates",
        type=int,
        nargs="+",
        default=[500, 2_000, 4_000, 8_000],
        help="events a second (%(default)s)",
    )
    add("--seconds", type=float, default=60.0, help="of each, warm (%(default)s)")
    add("--out", type=Path, default=Path(__file__).parent / "LATENCY.md", help="the report")
    asked, load = parser.parse_args(), os.getloadavg()[0]
    with apache_kafka(measured=True) as kafka:
        seen = []
        for rate in asked.rates:
            print(f"{rate:,} events a second: about {asked.seconds + WARM + 50:.0f} s", flush=True)
            seen.append(measured(kafka, rate, asked.seconds))
    print(_table(seen))
    asked.out.write_text(_page(seen, load))


def _table(seen: Sequence[Seen]) -> str:
    times = [f"{what}, {share} ms" for what in ("noticed", "wall") for share in ("p50", "p95", "p99")]
    head = ("events/s", "signals", *times, "cores of the kernels", "of the broker")
    return grid([head, *map(_row, seen)])


def _row(one: Seen) -> Sequence[str]:
    shown = [f"{percentile(of, share):.0f}" for of in (one.noticed, one.wall) for share in (0.5, 0.95, 0.99)]
    cores = [f"{spent / one.cost.seconds:.2f}" for spent in (one.cost.cpu, one.cost.broker)]
    return (f"{one.rate:,.0f}", f"{len(one.noticed):,}", *shown, *cores)


def _page(seen: Sequence[Seen], load: float) -> str:
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# From the moment to the signal\n\nWritten by `make bench-latency`. {about}\n\n{_table(seen)}\n\n"
        f"{machine()}; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
