"""How long after its moment a signal can be read, while events come in as they happen.

python -m benchmarks.latency [--rates 500 4000] [--seconds 60] [--out benchmarks/LATENCY.md]

One Apache Kafka broker on loopback, both kernels as a worker runs them, 4 partitions. Visitors click, fill
carts, order or leave; customers ask: 90 % clicks, 8 % changes of carts, 2 % support. A cart counts as left
after half a minute of silence. A signal's moment is when the time of the log, which is behind the clock on
the wall by the lateness (10 s), has passed that silence; from then until a read_committed subscriber has
the record. The traffic is made, and the subscriber reads, on the same cores.
"""

import argparse
import math
import os
import time
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from pathlib import Path
from typing import NamedTuple, TypeAlias

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.broker import CODEC, Place, create_topics
from benchmarks.processes import Cost, Side, module, running
from benchmarks.report import grid, machine
from schemas import topics
from schemas.events import CartEvent, Click, SupportEvent
from schemas.outputs import AbandonmentSignal
from schemas.topics import Topic
from schemas.words import Millis
from tests.apache_kafka import ApacheKafka, apache_kafka

SILENCE: Millis = 30_000
LATENESS: Millis = 10_000
PAUSE: Millis = 1_000
"""Between two events of one visitor."""
PARTITIONS = 4
TICK = 0.002
"""Seconds between two looks at what is to be said, and at what can be read."""
VISITS = (
    ("product_added", "product_viewed", "product_viewed"),
    ("product_added", "product_added", "product_viewed", "order_completed"),
)
"""What two visitors do, the first of whom leaves a cart behind."""
ROUND = 50
"""Events in which these two come once, and a customer; the others are clicks of who has no cart."""
PASSERS = ROUND - sum(map(len, VISITS)) - 1

Event: TypeAlias = Click | CartEvent | SupportEvent


class Crowd:
    """Events, made in the moment in which they are received."""

    def __init__(self) -> None:
        self._rounds = 0
        self._plans: list[tuple[Millis, str, int]] = []
        """What visitors are about to do: when, who, and which of their steps. A heap."""
        self.left: dict[str, Millis] = {}
        """Who left a cart behind, and when they were last seen."""

    def events(self, now: Millis, rounds: int) -> Iterator[Event]:
        """So many rounds begin; and what was to follow on those before."""
        for _ in range(rounds):
            self._rounds += 1
            for visit in range(len(VISITS)):
                heappush(self._plans, (now, f"visitor-{self._rounds}-{visit}", 0))
            yield self._asks(now)
            for passer in range(PASSERS):
                yield self._click(now, f"passer-{self._rounds % 997}-{passer}")
        while self._plans and self._plans[0][0] <= now:
            yield self._step(now, *heappop(self._plans)[1:])

    def _step(self, now: Millis, who: str, step: int) -> Event:
        steps = VISITS[int(who[-1])]
        if step + 1 < len(steps):
            heappush(self._plans, (now + PAUSE, who, step + 1))
        elif steps is VISITS[0]:
            self.left[who] = now
        what = steps[step]
        return self._click(now, who) if what == "product_viewed" else self._cart(now, who, step, what)

    def _click(self, now: Millis, who: str) -> Click:
        name = f"click-{who}-{now}"
        return Click(event_id=name, occurred_at=now, received_at=now, visitor_id=who, type="product_viewed")

    def _cart(self, now: Millis, who: str, step: int, what: str) -> CartEvent:
        product, order = f"product-{step}", f"order-{who}" if what == "order_completed" else None
        return CartEvent(
            event_id=f"cart-{who}-{step}",
            occurred_at=now,
            received_at=now,
            visitor_id=who,
            type=what,  # type: ignore[arg-type]
            product_id=product,
            order_id=order,
        )

    def _asks(self, now: Millis) -> SupportEvent:
        return SupportEvent(
            event_id=f"said-{self._rounds}",
            occurred_at=now,
            received_at=now,
            profile_id=f"customer-{self._rounds}",
            contact_id=f"contact-{self._rounds}",
            type="message_received",
            kind="customer_message",
            channel="email",
            status="open",
        )


class Seen(NamedTuple):
    """What was measured: events a second, milliseconds of each signal in their order, what it cost."""

    rate: float
    latencies: list[float]
    cost: Cost

    def percentile(self, share: float) -> float:
        """What so many of them are not above."""
        return self.latencies[max(0, math.ceil(share * len(self.latencies)) - 1)]


class Run:
    """Both ends of the path: what is published, and what is read."""

    def __init__(self, place: Place, processes: Side) -> None:
        config, self._place, self._processes = place.config, place, processes
        self._crowd = Crowd()
        self._producer = Producer(config.producer())
        self._consumer = Consumer(config.consumer("read_committed", {"group.id": "latency"}))
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
    with running(*kernels) as processes:
        run = Run(place, processes)
        run.through(rate, 15)
        begun, before = _now(), run.published
        with processes.measured(kafka.pid, costs):
            run.through(rate, seconds)
        events = run.published - before
        run.through(rate, (SILENCE + LATENESS) / 1000 + 10)
        latencies = run.latencies(begun)
        run.close()
    return Seen(events / costs[0].seconds, latencies, costs[0])


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
    add("--rates", type=int, nargs="+", default=[500, 4_000], help="events a second (%(default)s)")
    add("--seconds", type=float, default=60.0, help="of each, warm (%(default)s)")
    add("--out", type=Path, default=Path(__file__).parent / "LATENCY.md", help="the report")
    asked, load = parser.parse_args(), os.getloadavg()[0]
    with apache_kafka() as kafka:
        seen = []
        for rate in asked.rates:
            print(f"{rate:,} events a second: about {asked.seconds + 65:.0f} s", flush=True)
            seen.append(measured(kafka, rate, asked.seconds))
    print(_table(seen))
    asked.out.write_text(_page(seen, load))


def _table(seen: Sequence[Seen]) -> str:
    head = (
        "events/s",
        "signals",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "most ms",
        "cores of the kernels",
        "of the broker",
    )
    return grid([head, *map(_row, seen)])


def _row(one: Seen) -> Sequence[str]:
    shown = [f"{one.percentile(share):.0f}" for share in (0.5, 0.95, 0.99, 1.0)]
    cores = [f"{spent / one.cost.seconds:.2f}" for spent in (one.cost.cpu, one.cost.broker)]
    return (f"{one.rate:,.0f}", f"{len(one.latencies):,}", *shown, *cores)


def _page(seen: Sequence[Seen], load: float) -> str:
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# From the moment to the signal\n\nWritten by `make bench-latency`. {about}\n\n{_table(seen)}\n\n"
        f"{machine()}; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
