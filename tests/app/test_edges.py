"""What the edges do with a record: count it once, try again, and lose nothing that a handler couldn't do."""

import asyncio
from typing import Any

from schemas.outputs import AbandonmentSignal, DeadLetter, Outreach
from schemas.topics import ABANDONMENT_SIGNALS, OUTREACH, Topic
from schemas.words import Record
from streams.edges.guarded import Guarded
from streams.edges.seen import Seen
from streams.kernel.deadletters import Origin

ORIGIN = Origin("cx.signals.abandonment", 2, 7, 1_000, b"main/c1", b"\x00\x00\x00\x00\x01")


def signal(event_id: str) -> AbandonmentSignal:
    return AbandonmentSignal(
        event_id=event_id,
        profile_id="c1",
        visitor_id="v1",
        kind="abandoned",
        stage="checkout",
        occurred_at=1_000,
        processed_at=1_001,
        rules_version="r",
        cart_id="k",
        opened_by="e0",
        changed_by="e1",
        changed_at=900,
        last_activity_at=950,
    )


def outreach(event_id: str) -> Outreach:
    return Outreach(
        event_id=event_id,
        outreach_id="o",
        profile_id="c1",
        action="request",
        channel="email",
        occurred_at=1_000,
        processed_at=1_001,
        valid_until=2_000,
        signal_id="s",
        rule="abandonment.checkout",
        rules_version="r",
    )


def shown(seen: Seen, *records: tuple[Topic, Record]) -> dict[str, Any]:
    async def show() -> None:
        for topic, record in records:
            await seen(topic, record)

    asyncio.run(show())
    return seen.status()


class Flaky:
    """A handler that fails a number of times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def __call__(self, topic: Topic, record: Record) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError("no network")


def guarded(handler: Flaky) -> tuple[Guarded, list[tuple[str, DeadLetter]]]:
    posted: list[tuple[str, DeadLetter]] = []

    async def post(key: str, letter: DeadLetter) -> None:
        posted.append((key, letter))

    guard = Guarded(handler, post, pauses=(0.0, 0.0))
    asyncio.run(guard(ABANDONMENT_SIGNALS, signal("s1"), ORIGIN))
    return guard, posted


def test_records_are_counted_by_topic_and_kind_and_each_id_once() -> None:
    email = OUTREACH["email"]
    records = [
        (ABANDONMENT_SIGNALS, signal("s1")),
        (email, outreach("o1")),
        (ABANDONMENT_SIGNALS, signal("s1")),
    ]
    status = shown(Seen(), *records)
    assert status["seen"] == {"signals.abandonment": {"abandoned": 1}, "outreach.email": {"request": 1}}
    assert status["again"] == 1


def test_the_latest_come_first_and_are_few() -> None:
    status = shown(Seen(latest=2), *[(ABANDONMENT_SIGNALS, signal(f"s{n}")) for n in range(5)])
    assert [record["event_id"] for record in status["latest"]] == ["s4", "s3"]
    assert status["latest"][0]["stage"] == "checkout"


def test_memory_is_bounded() -> None:
    ids = ["a", "b", "c", "a"]
    status = shown(Seen(remembered=2), *[(ABANDONMENT_SIGNALS, signal(event_id)) for event_id in ids])
    assert status["seen"]["signals.abandonment"]["abandoned"] == 4


def test_a_handler_that_fails_is_tried_again() -> None:
    guard, posted = guarded(Flaky(2))
    assert (guard.failures, guard.dead_letters, posted) == (2, 0, [])


def test_what_no_try_could_do_becomes_a_dead_letter() -> None:
    guard, [(key, letter)] = guarded(Flaky(99))
    assert (guard.failures, guard.dead_letters) == (3, 1)
    assert key == "cx.signals.abandonment/2/7"
    assert (letter.stage, letter.reason, letter.detail) == ("edges", "handler_failed", "OSError")
    assert letter.value == ORIGIN.value
