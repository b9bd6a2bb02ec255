"""The simulator as a whole on a real broker: history at once, then in pace, and an answer to outreach."""

import json
import threading
import time

import pytest

from schemas import topics
from schemas.registry import FileRegistry
from streams.clock import simulated_from_now
from streams.kernel.config import KernelConfig
from streams.simulator.process import Simulation, simulate
from streams.simulator.settings import HOUR, Traffic
from tests.kernel.harness import Bench
from tests.simulator.test_delivery import outreach

START = 1_700_000_000_000
PATIENCE = 30.0

pytestmark = pytest.mark.broker


@pytest.fixture
def bench(broker, prefix):
    made = Bench(KernelConfig({"bootstrap.servers": broker.bootstrap}, prefix, prefix), partitions=2)
    made.create(*(topic.named(prefix) for topic in (*topics.INPUTS, *topics.OUTREACH.values())))
    return made


def until(condition):
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it didn't happen"
        time.sleep(0.05)


def test_history_then_life_then_feedback(bench, tmp_path):
    status, stop = tmp_path / "status.json", threading.Event()
    simulation = Simulation(Traffic(malformed=0.0), seed=1, history=2 * HOUR, status=status)
    clock = simulated_from_now(START, speed=600.0)
    running = threading.Thread(target=simulate, args=(simulation, bench.config, FileRegistry(), clock, stop))
    running.start()
    try:
        until(status.exists)
        assert len(bench.read(topics.CART)) > 100
        bench.send(topics.OUTREACH["email"], outreach(1))
        until(lambda: bench.read(topics.FEEDBACK))
    finally:
        stop.set()
        running.join()
    told = json.loads(status.read_text())
    assert told["state"] == "stopped"
    assert told["published"]["clickstream"] == len(bench.raw(topics.CLICKSTREAM.named(bench.config.prefix)))
