"""Whether a task gets on, and why it doesn't."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.control import Hold
from schemas.topics import Output
from streams.kernel.loop import Kernel
from streams.kernel.processor import Moment
from streams.kernel.progress import Progress, Standing
from streams.kernel.watermark import Watermarks
from tests.kernel.counting import Notes, Noting, said
from tests.kernel.harness import CODEC, Bench, MakeBench, until
from tests.kernel.noted import START, beat, click, send_time

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("clock", "unread", "since"),
    [
        pytest.param(50, 7, NOW, id="nothing moves"),
        pytest.param(50, 8, NOW, id="the backlog grows"),
        pytest.param(50, 6, NOW + 5, id="the backlog shrinks"),
        pytest.param(49, 7, NOW, id="the clock does not go back"),
        pytest.param(51, 7, NOW + 5, id="the clock moves"),
        pytest.param(51, 9, NOW + 5, id="the clock moves, and the backlog grows"),
    ],
)
def test_a_task_gets_on(clock: int, unread: int, since: int) -> None:
    progress = Progress(NOW, clock=50)
    progress.look(NOW + 1, 50, 7, {})
    progress.look(NOW + 5, clock, unread, {})
    assert progress.since == since


def test_a_backlog_that_comes_and_goes_is_no_progress() -> None:
    progress = Progress(NOW, clock=50)
    for moment, unread in enumerate((3, 9, 4, 8, 3, 5)):
        progress.look(NOW + moment, 50, unread, {})
    assert progress.since == NOW


def test_what_was_read_again_after_a_restore_is_no_progress() -> None:
    progress = Progress(since=NOW, clock=50)
    progress.begin(NOW + 1_000, begun=NOW + 900)
    progress.look(NOW + 1_001, 50, 7, {"cart": 3})
    assert progress.since == NOW


def test_a_task_that_never_got_on_stands_since_its_kernel_began() -> None:
    progress = Progress(since=0)
    progress.begin(NOW + 1_000, begun=NOW + 900)
    assert progress.since == NOW + 900


def standing(**said: Any) -> Standing:
    given: dict[str, Any] = {
        "kernel": "visits",
        "partition": 3,
        "since": NOW,
        "watermarks": Watermarks(inputs={"clickstream": NOW + 5, "cart": NOW}),
        "lateness": 10_000,
        "names": {"clickstream": "cx.clickstream", "cart": "cx.cart"},
        "holds": {},
        "unread": {},
    }
    return Standing(**{**given, **said})


@pytest.mark.parametrize(
    ("after", "stuck"),
    [pytest.param(59_999, False, id="before"), pytest.param(60_000, True, id="exactly"), (60_001, True)],
)
def test_it_is_stuck_after_a_minute(after: int, stuck: bool) -> None:
    assert standing().is_stuck(NOW + after, 60_000) is stuck


FED = Watermarks(inputs={"orders": NOW + 30_000}, feeders={0: NOW, 1: NOW - 7_000}, expected=2)
CART = "cx.cart-3"
SINCE = "2023-11-14T22:13:20.000Z"


@pytest.mark.parametrize(
    ("said", "why", "told"),
    [
        pytest.param(
            {}, "silent", f"cx.cart-3 has had neither events nor heartbeats since {SINCE}", id="silent"
        ),
        pytest.param(
            {"watermarks": Watermarks(inputs={"clickstream": NOW, "cart": 0})},
            "silent",
            "cx.cart-3 has had neither events nor heartbeats since the beginning",
            id="never heard of",
        ),
        pytest.param(
            {"holds": {"cart": True}}, "held", "cx.cart-3 is held: history is being imported", id="held"
        ),
        pytest.param({"holds": {"clickstream": True}}, "silent", "cx.cart-3 has", id="another input is held"),
        pytest.param(
            {"unread": {"cart": 12}},
            "left_open",
            "12 records of cx.cart-3 can't be read: a transaction is open there",
            id="a transaction is open",
        ),
        pytest.param(
            {"unread": {"cart": 12}, "read_on": frozenset({"cart"})},
            "unmoved",
            f"nothing that comes in cx.cart-3 is later than {SINCE}, and believed",
            id="what comes moves no time",
        ),
        pytest.param(
            {"unread": {"clickstream": 12}}, "silent", "cx.cart-3 has", id="another input is not read"
        ),
        pytest.param(
            {"failing": "it was begun anew 3 times, the last time after: x"},
            "not_committing",
            "it was begun anew 3 times",
            id="its session ends",
        ),
        pytest.param({"watermarks": FED}, "waits", "visits-1 has told no time after 2023", id="fed"),
        pytest.param(
            {"watermarks": Watermarks(inputs={}, feeders={0: NOW}, expected=2)},
            "waits",
            "visits-1 has told no time after the beginning",
            id="one of those that feed it has never spoken",
        ),
        pytest.param(
            {"watermarks": Watermarks(inputs={"cart": NOW}, expected=0)},
            "waits",
            "visits has told no time after the beginning",
            id="nobody that feeds it has spoken",
        ),
    ],
)
def test_the_likely_reason(said: dict[str, Any], why: str, told: str) -> None:
    reason = standing(**said).reason
    assert (reason.why, reason.told.startswith(told)) == (why, True), reason
    assert reason.do


def test_a_reason_says_where_to_look() -> None:
    assert "--topic cx.cart --partition 3" in replace(standing(), unread={"cart": 1}).reason.do


def stuck(kernel: Kernel) -> dict[str, str]:
    """Why, by task."""
    return {task["task"]: task["why"] for task in kernel.status()["stuck"]}


def gauges(kernel: Kernel) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in kernel.collect()
        for sample in metric.samples
        if sample.name.startswith("heedful_task")
    }


def hold(here: Bench) -> None:
    here.send(topics.CART, Hold(action="hold", received_at=START), partition=1)


@pytest.mark.broker
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda here: None, "silent", id="an input without heartbeats"),
        pytest.param(hold, "held", id="a hold that is not lifted"),
    ],
)
def test_a_task_that_is_stuck_is_named(make: MakeBench, spoil: Callable[[Bench], None], why: str) -> None:
    """Time goes on in partition 0, and in the clickstream of partition 1."""
    here = make(partitions=2, stuck_after=1_500)
    with here.running(Noting()) as kernel:
        spoil(here)
        until(lambda: going_on(here, but=topics.CART) and stuck(kernel) == {"noting-1": why}, "named")
        found = gauges(kernel)
        assert found["heedful_task_stuck", "noting", "1", why] == 1
        assert found["heedful_task_stands_seconds", "noting", "1"] >= 1.5
        assert found["heedful_task_stands_seconds", "noting", "0"] < 1.5
        until(lambda: going_on(here) and not stuck(kernel), "it gets on again")


@pytest.mark.broker
def test_a_transaction_that_is_left_open(make: MakeBench) -> None:
    here = make(stuck_after=1_500)
    with here.running(Noting()) as kernel:
        until(lambda: going_on(here) and kernel.status().get("durable", 0) > START, "a beginning")
        cart = here.config.named(topics.CART)
        producer = Producer(here.config.producer({"transactional.id": f"{here.config.prefix} somebody"}))
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(cart, value=CODEC.encode(beat(0)), partition=0)
        assert producer.flush(30) == 0
        until(lambda: going_on(here) and stuck(kernel) == {"noting-0": "left_open"}, "named")
        producer.abort_transaction(30)
        until(lambda: going_on(here) and not stuck(kernel), "it gets on again")


class TellsTooMuch(Noting):
    """What it says of one event is longer than a record may be."""

    def apply(self, state: Notes | None, event: Any, at: Moment, out: list[Output]) -> Notes:
        if event.event_id == "large":
            out.append(Output(topics.PROFILES, "k", said(["x" * 20_000_000], at.clock)))
        return super().apply(state, event, at, out)


@pytest.mark.broker
def test_a_worker_that_fails_on_the_same_record_again_and_again(make: MakeBench) -> None:
    """Also on the first record of all, before which nothing was committed."""
    here = make(stuck_after=1_500)
    here.send(topics.CLICKSTREAM, click("large", 10))
    send_time(here, 1_000)
    with here.running(TellsTooMuch()) as kernel:
        until(lambda: stuck(kernel) == {"noting-0": "not_committing"}, "named")
        until(lambda: kernel.status()["sessions"] > 3, "again and again")
        [told] = kernel.status()["stuck"]
        assert "MSG_SIZE_TOO_LARGE" in told["told"]


def going_on(here: Bench, but: topics.Topic | None = None) -> bool:
    """A little later everywhere but in partition 1 of an input."""
    here.moment += 100
    for partition in range(here.partitions):
        for topic in Noting.inputs:
            if partition == 0 or topic != but:
                here.send(topic, beat(here.moment), partition=partition)
    return True
