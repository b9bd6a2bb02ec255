"""Two kernels on a simulated log, and a seeded scheduler that lets everything happen to them that may."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from schemas import topics
from schemas.control import Heartbeat
from schemas.words import Millis
from streams.care import Care
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig, Settings
from streams.kernel.hosted import HostedTask
from streams.kernel.processor import Processor
from streams.visits import Visits
from tests.builders import START
from tests.properties.lives import received
from tests.properties.saying import LIVE
from tests.simulation.clients import Consumer, Producer
from tests.simulation.life import LATENESS, MINUTE, Arrivals
from tests.simulation.log import Log, refused
from tests.simulation.memo import Memo
from tests.simulation.worker import Kernel, MakeTask, Worker

STEPS = 60
CRASHES, FREEZES, LOST_ANSWERS = 0.01, 0.01, 0.02
"""Of all points reached, and of all commits."""
LATE_HISTORIES = 0.4
"""Of all histories, those in which events come late."""
CARE = Care(LIVE, LATENESS)
FOREIGN = "somebody else"


class Crashed(Exception):
    """The process is no more: nothing is tidied up."""


@dataclass(frozen=True)
class Parts:
    """What the simulation is made of; a planted fault takes the place of one of them."""

    visits: Processor[Any] = field(default_factory=Visits)
    care: Processor[Any] = CARE
    make_task: MakeTask = HostedTask
    make_worker: Callable[..., Worker] = Worker
    make_consumer: Callable[..., Consumer] = Consumer


class World:
    """One history. The same seed gives the same one. ``steps``: what happened, in words."""

    def __init__(self, seed: int, parts: Parts | None = None) -> None:
        self.steps: list[str] = []
        self.log = Log(START)
        self._random = Random(seed)
        self._parts = parts or Parts()
        self._healthy = False
        self._nested = False
        self.late = self._random.random() < LATE_HISTORIES
        self._arrivals = Arrivals(self._random, self.late)
        self.partitions = self._random.randint(1, 2)
        self.config = self._configured()
        self.codec = Memo()
        self.kernels = [self._kernel(self._parts.visits), self._kernel(self._parts.care)]
        self._members: dict[str, list[Worker]] = {kernel.group: [] for kernel in self.kernels}
        self._zombies: list[Worker] = []
        self._acting: list[Worker] = []
        self._count = 0

    def run(self) -> "World":
        """Everything that may happen; then a healthy run to the end of the log."""
        for _ in range(STEPS):
            self._step()
        self._recover()
        return self

    def reach(self, at: Millis) -> "World":
        """Time passes in every input, and healthy workers do what follows."""
        self._healthy = True
        self._pass_time(max(at, self._arrivals.last))
        for topic in topics.INPUTS:
            for partition in range(self.partitions):
                heartbeat = self.codec.encode(Heartbeat(received_at=self.log.now))
                self.log.append((self.config.named(topic), partition), None, heartbeat)
        self._work_off()
        return self

    # What may happen.

    def _step(self) -> None:
        kernel = self._random.choice(self.kernels)
        members = self._members[kernel.group]
        if not members:
            self._rebalance(kernel)
            return
        worker = self._random.choice(members + [one for one in self._zombies if one.kernel is kernel])
        happens = self._random.choices(
            [self._wait, self._work, self._turn, self._beat, self._rebalance, self._kill, self._meddle],
            [20, 40, 15, 8, 4, 3, 5],
        )[0]
        happens(worker if happens in (self._work, self._turn, self._beat, self._kill) else kernel)

    def _wait(self, _: Kernel) -> None:
        self._pass_time(
            self.log.now + self._random.choice([300, 1_000, 5 * MINUTE, 40 * MINUTE, 2 * 60 * MINUTE])
        )

    def _pass_time(self, until: Millis) -> None:
        for arrival in self._arrivals.until(until):
            self.log.now = max(self.log.now, arrival.at)
            self._receive(arrival.event)
        self.log.now = max(self.log.now, until)
        self._say(f"it is {(self.log.now - START) / MINUTE:.2f}")

    def _receive(self, event: Any) -> None:
        topic = next(topic for topic in topics.INPUTS if topic.model is type(event))
        said = received(event, self.log.now)
        key = topics.key(event.shop_id, getattr(event, f"{topic.key}_id"))
        Producer(self.log, self.partitions, self._answer, {}).produce(
            self.config.named(topic), self.codec.encode(said), key.encode()
        )
        self._say(f"received: {topic.label} {event.type} of {key} at {(event.occurred_at - START) / MINUTE}")

    def _work(self, worker: Worker) -> None:
        if not worker.tasks:
            return
        partition = self._random.choice(sorted(worker.tasks))
        topic = self._random.choice(worker.kernel.processor.inputs)
        most, announced = self._random.randint(1, 4), self._announces(worker)
        happens = self._random.choice(["poll", "poll", "advance", "commit"])
        share = self._random.choice([1.0, 1.0, 0.5])
        self._say(f"{worker.name}[{partition}]: {happens}{f' {share}' if happens == 'advance' else ''}")
        match happens:
            case "poll":
                self._attempt(worker, lambda: worker.poll(partition, topic, most))
            case "advance":
                self._attempt(worker, lambda: worker.advance(partition, share))
            case _:
                self._attempt(worker, lambda: worker.commit(partition, announced))

    def _turn(self, worker: Worker) -> None:
        self._say(f"{worker.name}: a turn")
        self._attempt(worker, lambda: worker.turn(self._announces(worker)))

    def _beat(self, worker: Worker) -> None:
        self._say(f"{worker.name}: heartbeats")
        worker.beat()

    def _kill(self, worker: Worker) -> None:
        self._say(f"{worker.name}: killed")
        self._drop(worker)

    def _rebalance(self, kernel: Kernel) -> None:
        """Members leave in order, or freeze and are zombies from now on; one or two others take over."""
        for worker in list(self._members[kernel.group]):
            if self._healthy or self._random.random() < 0.5:
                self._say(f"{worker.name}: leaves")
                self._attempt(worker, worker.leave)
                self._drop(worker)
            else:
                self._freeze(worker)
        membership = self.log.rebalance(kernel.group)
        shares = self._random.choice([1, self.partitions])
        for share in range(shares):
            worker = self._parts.make_worker(kernel, self._name(kernel), membership)
            self._members[kernel.group].append(worker)
            partitions = list(range(share, self.partitions, shares))
            self._say(f"{worker.name}: assigned {partitions}")
            self._attempt(worker, partial(worker.assigned, partitions))

    def _meddle(self, kernel: Kernel) -> None:
        """Somebody else's transaction holds the last stable offset down; or one of ours expires."""
        opened = self.log.opened()
        if FOREIGN in opened:
            self._end_foreign()
        elif opened and self._random.random() < 0.6:
            self._say(f"expires: {opened[0]}")
            self.log.expire(opened[0])
        else:
            inputs = [self.config.named(topic) for topic in kernel.processor.inputs]
            topic = self._random.choice([kernel.changelog, kernel.changelog, *inputs])
            place = (topic, self._random.randrange(self.partitions))
            self._say(f"{FOREIGN} begins a transaction on {place}")
            self.log.initialise(FOREIGN)
            self.log.append(place, b"never", None, self.log.writing(FOREIGN))

    def _end_foreign(self) -> None:
        if FOREIGN in self.log.opened():
            self._say(f"{FOREIGN} aborts")
            self.log.finish(FOREIGN, "aborted")

    # What it happens to.

    def _attempt(self, worker: Worker, step: Callable[[], object]) -> None:
        """A worker whose step fails is gone, as in ``loop.py``; one that crashes doesn't even say so."""
        self._acting.append(worker)
        try:
            step()
        except Crashed:
            self._say(f"{worker.name}: crashes")
            self._drop(worker)
        except (KafkaException, Unavailable) as failure:
            self._say(f"{worker.name}: {failure}")
            worker.abort()
            self._drop(worker)
        finally:
            self._acting.pop()

    def _reached(self, point: str) -> None:
        """Of ``KernelConfig``: the process may end here, or stand still while others go on."""
        if self._healthy or self._nested:
            return
        drawn = self._random.random()
        if drawn < CRASHES:
            self._say(f"at {point}")
            raise Crashed
        if drawn < CRASHES + FREEZES:
            self._say(f"{self._acting[-1].name} stands still at {point}")
            self._meanwhile(self._acting[-1])

    def _meanwhile(self, worker: Worker) -> None:
        self._nested = True
        self._freeze(worker)
        self._rebalance(worker.kernel)
        for _ in range(self._random.randint(0, 8)):
            self._step_of_others(worker)
        self._nested = False
        self._say(f"{worker.name} goes on")

    def _step_of_others(self, worker: Worker) -> None:
        self._zombies.remove(worker)
        self._step()
        self._zombies.append(worker)

    def _answer(self, when: str) -> None:
        """Of a commit: the client may get none, whether or not the broker has committed."""
        if not self._healthy and self._random.random() < LOST_ANSWERS:
            raise refused(KafkaError._TIMED_OUT, fatal=False)

    def _waited(self) -> bool:
        """A reader waits: somebody else's transaction may end meanwhile."""
        if FOREIGN not in self.log.opened() or self._random.random() < 0.3:
            return False
        self._end_foreign()
        return True

    def _freeze(self, worker: Worker) -> None:
        self._drop(worker)
        self._zombies.append(worker)

    def _drop(self, worker: Worker) -> None:
        for workers in (self._members[worker.kernel.group], self._zombies):
            with suppress(ValueError):
                workers.remove(worker)

    # In the end.

    def _recover(self) -> None:
        """Whoever is frozen goes on once more; then all are healthy, and new."""
        for zombie in list(self._zombies):
            self._turn(zombie)
        self._healthy = True
        self._say("from here on all is well")
        self._zombies.clear()
        self._end_foreign()
        for kernel in self.kernels:
            self._rebalance(kernel)
        self._work_off()

    def _work_off(self) -> None:
        moved = True
        while moved:
            moved = False
            for worker in [one for workers in self._members.values() for one in workers]:
                moved |= worker.turn(announces=True)

    # How it is made.

    def _kernel(self, processor: Processor[Any]) -> Kernel:
        return Kernel(processor, self.config, self.codec, self.log, self.partitions, self._parts.make_task)

    def _configured(self) -> KernelConfig:
        def producer(settings: Settings) -> Any:
            return Producer(self.log, self.partitions, self._answer, settings)

        def consumer(settings: Settings) -> Any:
            return self._parts.make_consumer(self.log, self._waited, settings)

        return KernelConfig(
            kafka={},
            lateness=LATENESS,
            reached=self._reached,
            make_producer=producer,
            make_consumer=consumer,
        )

    def _announces(self, worker: Worker) -> bool:
        return worker.kernel.processor.name == "visits" or self._random.random() < 0.3

    def _name(self, kernel: Kernel) -> str:
        self._count += 1
        return f"{kernel.processor.name} {self._count}"

    def _say(self, what: str) -> None:
        self.steps.append(what)
