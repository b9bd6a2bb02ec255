"""The simulator as a process: a world, its delivery service, and a file that says how far it is."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schemas.codec import Codec
from schemas.registry import Registry
from schemas.words import Millis
from streams.clock import Clock
from streams.kernel.config import KernelConfig
from streams.simulator.delivery import Delivery
from streams.simulator.publisher import Publisher
from streams.simulator.settings import Traffic
from streams.simulator.world import World

REPORT_EVERY = 0.25
"""Seconds between two writes of the status file."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to simulate, and where to say how far it is."""

    traffic: Traffic
    seed: int
    history: Millis
    status: Path | None = None


def simulate(
    simulation: Simulation, kafka: KernelConfig, registry: Registry, clock: Clock, stop: threading.Event
) -> dict[str, int]:
    """Publish the history at once and go on in the pace of the clock until ``stop`` is set.

    Returns how many events were published to each topic (its name without the prefix).
    """
    codec = Codec(registry)
    publisher = Publisher(codec, clock, kafka.producer(), kafka.prefix)
    stream = iter(World(simulation.traffic, simulation.seed, clock.now() - simulation.history))
    first = publisher.catch_up(stream)
    delivery = Delivery(codec, clock, simulation.seed, publisher.schedule)
    consumer = kafka.consumer("read_committed", {"fetch.wait.max.ms": 500})
    with ThreadPoolExecutor(2) as pool:
        helpers = [
            pool.submit(delivery.run, consumer, kafka.deployment, stop),
            pool.submit(_report, publisher, simulation.status, stop),
        ]
        for helper in helpers:
            helper.add_done_callback(lambda _: stop.set())
        try:
            publisher.live(first, stream, stop)
        finally:
            stop.set()
        for helper in helpers:
            helper.result()
    publisher.flush()
    write_status(simulation.status, "stopped", dict(publisher.published))
    return dict(publisher.published)


def _report(publisher: Publisher, path: Path | None, stop: threading.Event) -> None:
    while not stop.is_set():
        write_status(path, "live", dict(publisher.published))
        stop.wait(REPORT_EVERY)


def write_status(path: Path | None, state: str, published: dict[str, int]) -> None:
    """Replace the status file as a whole, so that a reader never sees half of it."""
    if path is None:
        return
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"state": state, "published": published}))
    os.replace(fresh, path)
