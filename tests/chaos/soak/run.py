"""Events by the million, processes killed by the hundred, and a verdict."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from threading import Semaphore
from typing import Any, TypeAlias
from uuid import uuid4

from schemas import admin, topics
from tests.chaos.shop import PARTITIONS, PROCESSORS, Shop, Watched
from tests.chaos.soak.crowd import Crowd
from tests.chaos.soak.verdict import Verdict, judge
from tests.chaos.traffic import Minutes, Traffic, ended, flowing
from tests.kafka_cluster import COPIES, Cluster, Node
from tests.kernel.harness import Bench

WORKERS = 2
"""Of each kernel."""
RECOVERED_WITHIN = 90.0
"""Seconds after a kill until both kernels are through with what was sent since, on two cores."""
REST_WITHIN = 1_800.0
"""Seconds for what is left after the last kill: half a million events of ten, on a slow machine."""
BROKERS = 0.4
"""Share of the kills that meet a broker."""
BRISK: dict[str, Any] = {"fetch_size": 10_000, "commit_every": 100}
"""As in production; the tests of single commits are pettier."""

Workers: TypeAlias = dict[tuple[str, int], Watched]


class KeptShop(Shop):
    """A shop whose topics have the settings of production."""

    @cached_property
    def bench(self) -> Bench:
        """Its topics, created; and means to read them."""
        kafka = {"bootstrap.servers": self.bootstrap}
        admin.create(kafka, admin.plans(self.prefix, self.deployment, PARTITIONS), self.copies)
        return Bench(self.config, PARTITIONS, copies=self.copies)


@dataclass
class Soak:
    """One run. ``say``: told how it goes."""

    cluster: Cluster
    folder: Path
    events: int
    kills: int
    seed: int
    say: Callable[[str], None] = print
    recoveries: list[float] = field(default_factory=list)

    def run(self) -> Verdict:
        """Send everything, kill as often, wait for the end, judge. The events are spread over the kills."""
        crowd, released = Crowd(self.events), Semaphore(0)
        with ExitStack() as started:
            workers: Workers = {
                (kernel, number): started.enter_context(self.shop.watched(kernel, **BRISK))
                for kernel in PROCESSORS
                for number in range(WORKERS)
            }
            minutes = self._in_shares(crowd, released)
            with flowing(self.shop, minutes, crowd.end, REST_WITHIN) as traffic:
                traffic.recovery()
                for number in range(1, self.kills + 1):
                    released.release()
                    self._kill_one(workers, traffic, f"kill {number} of {self.kills}")
                    self.say(f"{crowd.told:,} of {self.events:,} events sent")
                released.release(crowd.lasts)
            self.say("all is sent; the kernels work off the rest")
            ended(
                self.shop,
                {k: [p for (kernel, _), p in workers.items() if kernel == k] for k in PROCESSORS},
                REST_WITHIN,
            )
        self.say("they are through; the log is read")
        return judge(self.shop, crowd, self.recoveries)

    @cached_property
    def shop(self) -> Shop:
        """A deployment of its own."""
        prefix = f"soak{uuid4().hex[:8]}"
        return KeptShop(self.cluster.bootstrap, prefix, False, self.folder, copies=COPIES)

    @cached_property
    def _random(self) -> Random:
        return Random(self.seed)

    def _in_shares(self, crowd: Crowd, released: Semaphore) -> Minutes:
        """Another share of the minutes each time that one is released; until then time stands still."""
        share = max(1, crowd.shoppers_come_for // (self.kills + 1))
        for reached, events in crowd.minutes():
            while reached % share == 0 and not released.acquire(timeout=0.2):
                yield reached - 1, []
            yield reached, events

    def _kill_one(self, workers: Workers, traffic: Traffic, which: str) -> None:
        traffic.over.wait(self._random.uniform(0.0, 1.0))
        if self._random.random() < BROKERS:
            self.cluster.until_whole()
            role, node = self._some_node()
            node.kill()
            self._recover(traffic, f"{which}: node {node.number}, which {role}")
            node.start()
        else:
            worker = self._random.choice(list(workers))
            workers[worker].kill()
            self._recover(traffic, f"{which}: worker {worker[1]} of {worker[0]}")

    def _recover(self, traffic: Traffic, what: str) -> None:
        took = traffic.recovery()
        self.recoveries.append(took)
        self.say(f"{what}: recovered in {took:.1f} s")
        assert took < RECOVERED_WITHIN, f"seed {self.seed}: {what}: recovered in {took:.1f} s"

    def _some_node(self) -> tuple[str, Node]:
        """One that has something to do, and what."""
        kernel, partition = self._random.choice(list(PROCESSORS)), self._random.randrange(PARTITIONS)
        group, of = self.shop.group(kernel), self.cluster
        topic = self._random.choice(topics.INPUTS).named(self.shop.prefix)
        return self._random.choice(
            [
                (f"leads {topic}-{partition}", of.leader(topic, partition)),
                (f"leads the changelog of {kernel}", of.leader(self.shop.changelog(kernel), partition)),
                (f"coordinates the group of {kernel}", of.group_coordinator(group)),
                (f"coordinates {kernel}'s transactions", of.transaction_coordinator(f"{group}.{partition}")),
            ]
        )
