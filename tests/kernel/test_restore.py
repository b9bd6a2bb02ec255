"""A task built anew against logs that aren't as tidy as one would wish."""

from dataclasses import replace
from itertools import count

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.control import Heartbeat
from streams.care import Care
from streams.clock import WallClock
from streams.kernel.changelog import POSITION_KEY, Position, encode_position
from streams.kernel.loop import Kernel
from streams.kernel.state import Entry, EntryCodec
from streams.kernel.watermark import unknown
from streams.visits import Visits
from tests.apache_kafka import ApacheKafka
from tests.builders import added, book, bought, minute
from tests.kernel.counting import Notes, Noting
from tests.kernel.harness import CODEC, Bench, MakeBench, bench, until
from tests.kernel.noted import START, click, notes, send_time

pytestmark = pytest.mark.broker

NOWHERE = encode_position(Position({}, {}, unknown(Noting.inputs), 0, {}))


def left_open(here: Bench, transactional_id: str, key: bytes, value: bytes) -> Producer:
    """A transaction that has written one record to the changelog and isn't ended."""
    producer = Producer(here.config.producer({"transactional.id": transactional_id}))
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(here.config.internal("noting", "changelog"), value=value, key=key, partition=0)
    assert producer.flush(30) == 0
    return producer


def test_progress_is_shown(make: MakeBench) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click("a", 10), click("b", 10, "w"))
    with here.running(Noting()) as kernel:
        until(lambda: durable(kernel.status()) == 2, "durable")
    told: list[tuple[object, object]] = []

    def look(point: str) -> None:
        if point in ("restore.end", "restore.done"):
            told.append((again.status().get("restoring"), again.why_not_ready()))

    again = Kernel(Noting(), replace(here.config, reached=look), CODEC, WallClock())
    with here.working(again):
        until(lambda: again.why_not_ready() is None, "ready")
        assert again.status()["restoring"] == {}
        assert again.status()["keys"] == 2
    during, after = told
    assert during == (
        {"0": {"keys": 0, "share": 0.0}},
        "task 0 is restored: 0 keys so far, 0% of its changelog read",
    )
    assert after[0] == {}


def test_what_a_predecessor_left_open_is_not_restored(make: MakeBench) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click("a", 10))
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 1, "read")
    never = EntryCodec(Noting()).encode(Entry(state=Notes(["never committed"], START)), START)
    predecessor = left_open(here, here.config.internal("noting", "0"), b"main/v", never)
    send_time(here, 1_000)
    with here.running(Noting()):
        until(lambda: notes(here) == [("a",)], "the note")
    predecessor.purge()


@pytest.mark.slow
def test_restore_waits_for_what_is_committed_but_not_yet_readable(make: MakeBench) -> None:
    """What a marker that lags behind its commit does to the last stable offset, an older transaction of
    somebody else does too; and that one stays open for as long as a test likes.
    """
    steps: list[str] = []
    here = make(reached=steps.append)
    here.send(topics.CLICKSTREAM, click("a", 10))
    with here.running(Noting()) as kernel:
        until(lambda: durable(kernel.status()) == 1, "a is durable")
        other = left_open(here, f"{here.config.prefix} other", POSITION_KEY, NOWHERE)
        here.send(topics.CLICKSTREAM, click("b", 20))
        until(lambda: durable(kernel.status()) == 2, "b is durable")
    send_time(here, 1_000)
    steps.clear()
    with here.running(Noting()):
        until(lambda: "restore.end" in steps, "it knows where the changelog ends")
        assert "restore.done" not in steps
        other.abort_transaction(30)
        until(lambda: notes(here) == [("a", "b")], "the note")


def durable(status: dict[str, dict[str, int]]) -> int:
    return status.get("durable to", {}).get("clickstream-0", 0)


@pytest.mark.kafka
@pytest.mark.slow
def test_a_compacted_changelog(kafka: ApacheKafka, prefix: str) -> None:
    here = bench(kafka.bootstrap, prefix, 1, embedded=False, changelog=False)
    changelog = here.config.internal("noting", "changelog")
    here.create(
        changelog,
        cleanup_policy="compact",
        min_cleanable_dirty_ratio="0.01",
        segment_ms="100",
        max_compaction_lag_ms="200",
        delete_retention_ms="100",
    )
    numbers = count()
    with here.running(Noting()) as kernel:

        def compacted() -> bool:
            """Every commit ends with a position record; compaction leaves few of them."""
            number = next(numbers)
            here.send(topics.CLICKSTREAM, click(f"e{number:04}", 10, visitor=f"v{number % 3}"))
            until(lambda: durable(kernel.status()) == number + 1, "durable")
            left = sum(key == POSITION_KEY for key, _ in here.raw(changelog))
            return kernel.status()["commits"] > 20 and left < kernel.status()["commits"] / 2

        until(compacted, "the changelog is compacted")
    sent = next(numbers)
    send_time(here, 10_000)
    with here.running(Noting()) as kernel:
        until(lambda: len(notes(here)) == 3, "all notes")
        assert kernel.status()["sessions"] == 1
    expected = [tuple(f"e{number:04}" for number in range(visitor, sent, 3)) for visitor in range(3)]
    assert sorted(notes(here)) == expected


def test_an_order_in_the_backlog_is_heard_before_the_deadline_that_passed_during_the_outage(
    make: MakeBench,
) -> None:
    here = make()
    visits, care = Visits(), Care(book(), lateness=0)
    here.create(*(here.config.internal(kernel.name, "changelog") for kernel in (visits, care)))
    here.send(topics.CART, added(0, visitor="buys"), added(0, visitor="leaves"))
    reach(here, 10)
    with here.running(visits, topics.FACTS), here.running(care) as kernel:
        until(lambda: kernel.status().get("durable", 0) >= minute(10), "ten minutes have passed")
    here.send(topics.CART, bought(50, visitor="buys"))
    reach(here, 300)
    with here.running(visits, topics.FACTS), here.running(care) as kernel:
        until(lambda: kernel.status().get("durable", 0) >= minute(300), "the outage is caught up with")
    (signal,) = here.read(topics.ABANDONMENT_SIGNALS)
    assert (signal.kind, signal.profile_id) == ("abandoned", "leaves")


def reach(here: Bench, at: float) -> None:
    """Let all inputs reach a minute."""
    for topic in topics.INPUTS:
        here.send(topic, Heartbeat(received_at=minute(at)), partition=0)
