"""Care's clock, seen from outside, and how late signals are."""

from schemas import topics
from schemas.control import Clock, Heartbeat
from schemas.events import OrderEvent
from schemas.facts import Fact
from streams.demo.observer import Observer, PartitionClock, Signalled, percentile
from streams.kernel.config import KernelConfig

HELP_DESK = (topics.SUPPORT, topics.ORDERS, topics.PROFILE_UPDATES, topics.FEEDBACK)


def beat(clock, at, seen, *inputs):
    for topic in inputs or HELP_DESK:
        clock.take(topic, Heartbeat(received_at=at), seen)


def facts_reach(clock, at, seen, task=0, tasks=1):
    clock.take(topics.FACTS, Clock(task=task, tasks=tasks, clock=at), seen)


def test_stands_still_until_all_inputs_spoke():
    clock = PartitionClock(lateness=10)
    beat(clock, 110, 1.0, *HELP_DESK[:3])
    facts_reach(clock, 100, 2.0)
    assert clock.clock == 0
    beat(clock, 105, 3.0, topics.FEEDBACK)
    assert clock.clock == 95


def test_waits_for_all_visits_tasks():
    clock = PartitionClock(lateness=10)
    beat(clock, 1_000, 1.0)
    facts_reach(clock, 500, 2.0, task=0, tasks=2)
    assert clock.clock == 0
    facts_reach(clock, 400, 3.0, task=1, tasks=2)
    assert clock.clock == 400


def test_events_move_it_and_facts_do_not():
    clock = PartitionClock(lateness=10)
    beat(clock, 100, 1.0)
    facts_reach(clock, 500, 1.0)
    order = OrderEvent(event_id="e", occurred_at=190, received_at=200, profile_id="c", order_id="o")
    clock.take(topics.ORDERS, order, 2.0)
    beat(clock, 300, 3.0, topics.SUPPORT, topics.PROFILE_UPDATES, topics.FEEDBACK)
    fact = Fact(event_id="f", occurred_at=900, received_at=900, profile_id="c", visitor_id="v")
    clock.take(topics.FACTS, fact, 4.0)
    assert clock.clock == 190


def test_a_deadline_is_passed_when_the_clock_is_beyond_it():
    clock = PartitionClock(lateness=0)
    facts_reach(clock, 1_000, 0.0)
    beat(clock, 100, 1.0)
    beat(clock, 200, 2.0)
    assert clock.passed(99) == 1.0
    assert clock.passed(100) == 2.0
    assert clock.passed(200) is None


def test_latency_is_from_noticeable_to_noticed():
    observer = Observer(KernelConfig(kafka={}, lateness=0), codec=None)
    clock = observer.clocks[0]
    facts_reach(clock, 1_000, 0.0)
    beat(clock, 100, 1.0)
    beat(clock, 200, 2.0)
    observer.signals["s"] = Signalled(0, 150, 2.25)
    observer.signals["too early to count"] = Signalled(0, 50, 9.0)
    assert observer.latencies(since=1.5) == [250.0]


def test_percentiles():
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert percentile([1.0], 0.99) == 1.0
    assert percentile([], 0.5) is None
