"""What the simulator puts on a real broker."""

import threading

import pytest

from schemas.codec import Codec
from schemas.events import Click
from schemas.registry import FileRegistry
from schemas.topics import CLICKSTREAM
from streams.clock import SimulatedClock, simulated_from_now
from streams.kernel.config import KernelConfig
from streams.simulator.arrival import Arrival, arrival
from streams.simulator.publisher import STALL, Publisher
from tests.kernel.harness import Bench

START = 1_700_000_000_000
SPEED = 1_000_000.0
CODEC = Codec(FileRegistry())

pytestmark = pytest.mark.broker


class Hands:
    """A clock that is set by hand."""

    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at


@pytest.fixture
def bench(broker, prefix):
    made = Bench(KernelConfig(kafka={"bootstrap.servers": broker.bootstrap}, prefix=prefix), partitions=1)
    made.create(CLICKSTREAM.named(prefix))
    return made


def publisher(bench, clock):
    return Publisher(CODEC, clock, bench.config.producer(), bench.config.prefix)


def click(at, event_id=None):
    event_id = event_id or f"e{at}"
    return arrival(Click(event_id=event_id, occurred_at=START + at, received_at=START + at, visitor_id="v"))


def test_catches_up_with_the_clock_and_no_further(bench):
    sender = publisher(bench, Hands(START + 10))
    first_ahead = sender.catch_up(iter([click(0), click(9), click(10), click(11)]))
    assert first_ahead == click(10)
    assert [each.event_id for each in bench.read(CLICKSTREAM)] == ["e0", "e9"]
    assert sender.published == {"clickstream": 2}


def test_publishes_each_when_its_time_has_come(bench):
    clock = simulated_from_now(START, SPEED)
    sender = publisher(bench, clock)
    sender.live(click(1_000), iter([click(60_000), click(120_000)]), threading.Event())
    assert clock.now() >= START + 120_000
    sender.flush()
    assert len(bench.read(CLICKSTREAM)) == 3


def test_stops_while_it_waits(bench):
    stop = threading.Event()
    stop.set()
    sender = publisher(bench, Hands())
    sender.live(click(10), iter([]), stop)
    sender.flush()
    assert bench.read(CLICKSTREAM) == []


def test_a_stall_of_the_machine_is_a_stall_of_the_world(bench):
    clock = Hands(START)
    sender = publisher(bench, clock)
    sender.live(click(0), iter([]), threading.Event())
    clock.at += 10 * STALL
    sender.live(click(STALL), iter([click(STALL, event_id="e0")]), threading.Event())
    sender.flush()
    happened = [
        (each.event_id, each.occurred_at - START, each.received_at - START)
        for each in bench.read(CLICKSTREAM)
    ]
    late = 10 * STALL
    assert happened == [("e0", 0, 0), (f"e{STALL}", late, late), ("e0", STALL, late)]


def test_a_copy_of_history_happened_when_history_did(bench):
    clock = Hands(START + 10)
    sender = publisher(bench, clock)
    sender.catch_up(iter([click(0, event_id="e"), click(10)]))
    clock.at += 10 * STALL
    sender.live(click(STALL), iter([click(0, event_id="e")]), threading.Event())
    sender.flush()
    assert [each.occurred_at - START for each in bench.read(CLICKSTREAM) if each.event_id == "e"] == [0, 0]


def test_what_is_scheduled_happens_when_it_is_published(bench):
    clock = Hands(START + 500)
    sender = publisher(bench, clock)
    sender.schedule(click(100, event_id="scheduled").value)
    sender.live(click(500), iter([]), threading.Event())
    sender.flush()
    happened = {each.event_id: each.occurred_at - START for each in bench.read(CLICKSTREAM)}
    assert happened == {"scheduled": 500, "e500": 500}


def test_noise_is_published_as_it_is(bench):
    sender = publisher(bench, SimulatedClock(START, 0, 1.0))
    noise = Arrival(START, CLICKSTREAM, "main/v", b"noise")
    sender.catch_up(iter([noise, click(10**15)]))
    assert [value for _, value in bench.raw(CLICKSTREAM.named(bench.config.prefix))] == [b"noise"]
