"""The edges as a process: what is published is told to a webhook, once, whatever happens in between."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from schemas.control import Hold
from schemas.jsonl import to_iso
from schemas.outputs import Alert, AlertDelivery, DeadLetter
from schemas.topics import ABANDONMENT_SIGNALS, ALERT_DELIVERIES, ALERTS, CART, DEAD_LETTERS, Topic
from schemas.words import Record
from sinks.clickhouse.client import rows
from sinks.errors import SinkError
from streams.addresses import address_of
from streams.clock import WallClock
from streams.errors import Unavailable
from streams.preparing import prepare
from streams.reading import read_to_end
from streams.rows import serving
from streams.sections import REVEAL
from streams.settings import Settings
from tests.alerts.receiver import Receiver, receiving
from tests.alerts.telling import HOUR
from tests.app.test_edges import signal
from tests.app.test_worker import CODEC, on, page, worker
from tests.waiting import eventually

NOW = WallClock().now
LARGE = {"name": "large", "kind": "abandonment", "above": {"EUR": 500}, "to": ["ops"]}
SECRET = "very secret"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path, receiver: Receiver) -> Settings:
    kind, fixture = request.param
    alerting = {"targets": {"ops": {"webhook": receiver.url, "secret": SECRET}}, "retry": ["100ms", "100ms"]}
    alerting["digest"] = {"most": 1000}
    found = on(request.getfixturevalue(fixture).bootstrap, kind, prefix, tmp_path).but(
        alerts=[LARGE], alerting=alerting
    )
    prepare(found)
    return found


def publish(settings: Settings, topic: Topic, *records: Record) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    for record in records:
        producer.produce(topic.named(settings.prefix), key=b"main/c1", value=CODEC.encode(record))
    assert producer.flush(10) == 0


def publish_under(settings: Settings, key: str, record: Record) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    name = ABANDONMENT_SIGNALS.named(settings.prefix)
    producer.produce(name, key=key.encode(), value=CODEC.encode(record))
    assert producer.flush(10) == 0


def left(event_id: str, age: int = 0) -> Record:
    return replace(signal(event_id), occurred_at=NOW() - age, value=Decimal(640), currency="EUR")


def on_topic(settings: Settings, topic: Topic) -> list[Any]:
    messages = read_to_end(settings, topic.named(settings.prefix))
    return [CODEC.decode(message.value(), topic) for message in messages]


def status(settings: Settings) -> dict[str, Any]:
    address = address_of(settings, "edges")
    try:
        return dict(page(address, "status")["alerts"]) if address else {}
    except OSError:
        return {}


def signals_told(receiver: Receiver) -> list[str]:
    return [alert["signal_id"] for call in receiver.taken for alert in call.said["alerts"]]


def test_a_large_cart_is_raised_on_the_topic_and_told_once(settings: Settings, receiver: Receiver) -> None:
    first = left("s1")
    publish(settings, ABANDONMENT_SIGNALS, first, first)
    with worker(settings, "edges"):
        eventually(lambda: signals_told(receiver))
        publish(settings, ABANDONMENT_SIGNALS, left("s2"))
        eventually(lambda: len(signals_told(receiver)) == 2)
        eventually(lambda: status(settings).get("delivered") == 2)
    assert signals_told(receiver) == ["s1", "s2"]
    raised: list[Alert] = on_topic(settings, ALERTS)
    assert {alert.signal_id for alert in raised} == {"s1", "s2"}
    assert len({alert.event_id for alert in raised}) == 2
    delivered: list[AlertDelivery] = on_topic(settings, ALERT_DELIVERIES)
    assert {one.notice_id for one in delivered} == {alert.event_id for alert in raised}


def test_old_news_tell_nobody(settings: Settings, receiver: Receiver) -> None:
    """A backlog, or an import of history."""
    publish(settings, ABANDONMENT_SIGNALS, *(left(f"old{n}", 31 * 60_000) for n in range(50)))
    with worker(settings, "edges"):
        eventually(lambda: status(settings).get("stale") == 50)
        publish(settings, ABANDONMENT_SIGNALS, left("new"))
        eventually(lambda: signals_told(receiver))
    assert signals_told(receiver) == ["new"]
    assert len(on_topic(settings, ALERTS)) == 1


def test_killed_while_a_target_is_away_it_tells_after_all_and_once(
    settings: Settings, receiver: Receiver
) -> None:
    patient = settings.but(alerting={**revealed(settings), "retry": ["10m"]})
    receiver.status = 503
    with worker(patient, "edges") as process:
        publish(patient, ABANDONMENT_SIGNALS, left("s1"))
        eventually(lambda: receiver.calls)
        process.kill()
        process.wait()
    receiver.status = 200
    for _ in range(2):
        with worker(patient, "edges") as process:
            eventually(lambda: signals_told(receiver))
            eventually(lambda: on_topic(patient, ALERT_DELIVERIES))
            process.terminate()
            process.wait(30)
    with worker(patient, "edges"):
        publish(patient, ABANDONMENT_SIGNALS, left("s2"))
        eventually(lambda: "s2" in signals_told(receiver))
    assert signals_told(receiver) == ["s1", "s2"]


def test_a_target_that_never_answers_leaves_a_dead_letter(settings: Settings, receiver: Receiver) -> None:
    receiver.status = 500
    with worker(settings, "edges"):
        publish(settings, ABANDONMENT_SIGNALS, left("s1"))
        eventually(lambda: status(settings).get("refused") == 1)
    letters: list[DeadLetter] = on_topic(settings, DEAD_LETTERS)
    assert [(one.stage, one.reason, one.detail) for one in letters] == [
        ("deliver ops", "handler_failed", "HTTP 500")
    ]
    assert len(receiver.calls) == 3


@pytest.mark.chaos
@pytest.mark.on_embedded
def test_two_processes_share_the_telling_and_one_takes_over(
    settings: Settings, receiver: Receiver, tmp_path: Path
) -> None:
    """Partitions change hands twice, the second time because their owner was killed."""
    other = settings.but(alerting=revealed(settings), data_dir=tmp_path / "other")

    def told(first: int, last: int) -> None:
        names = [f"s{n}" for n in range(first, last)]
        for name in names:
            publish_under(settings, f"main/{name}", left(name))
        eventually(lambda: set(names) <= set(signals_told(receiver)))
        eventually(lambda: len(on_topic(settings, ALERT_DELIVERIES)) >= last)

    with worker(settings, "edges") as first:
        told(0, 10)
        with worker(other, "edges"):
            eventually(lambda: status(other).get("waiting"))
            told(10, 20)
            first.kill()
            first.wait()
            told(20, 30)
    assert sorted(signals_told(receiver)) == sorted(f"s{n}" for n in range(30))


@pytest.mark.slow
@pytest.mark.on_embedded
def test_dead_letters_above_a_threshold_are_raised_and_resolved(
    settings: Settings, receiver: Receiver
) -> None:
    """Measured in ClickHouse, where they land; in simulated time, of which an hour is a minute."""
    start = NOW()
    rule = {"name": "dead", "kind": "dead_letters", "above": 3, "window": "30m", "every": "5m", "to": ["ops"]}
    fast = settings.but(
        alerts=[{**rule, "resolve_after": "10m"}],
        clock={"kind": "simulated", "start": start, "origin": start, "speed": 60},
    )
    with worker(fast, "landing"), worker(fast, "edges"):
        publish(fast, DEAD_LETTERS, letter("long ago", start - 10 * HOUR))
        eventually(lambda: count(fast, "raw_dead_letters") == 1)
        now = fast.clock.clock().now()
        publish(fast, DEAD_LETTERS, *(letter(f"d{n}", now) for n in range(5)))
        eventually(lambda: len(receiver.taken) == 2, 180)
    raised, resolved = (call.said["alerts"][0] for call in receiver.taken)
    assert (raised["state"], raised["value"], raised["count"]) == ("raised", 5.0, 5)
    assert raised["cause"] == "not_framed on cx.cart 5.00"
    assert (resolved["state"], resolved["alert_id"]) == ("resolved", raised["alert_id"])


@pytest.mark.slow
@pytest.mark.on_embedded
@pytest.mark.long
@pytest.mark.timeout(900)
def test_what_an_import_leaves_behind_is_no_news(settings: Settings, receiver: Receiver) -> None:
    """Dead letters of history bear the time of the import; windows that touch it are not measured."""
    start = NOW()
    rule = {"name": "dead", "kind": "dead_letters", "above": 3, "window": "10m", "every": "5m", "to": ["ops"]}
    fast = settings.but(
        alerts=[rule],
        clock={"kind": "simulated", "start": start, "origin": start, "speed": 10},
        heartbeats="off",
    )

    def held(action: Any) -> None:
        hold = Hold(action=action, received_at=fast.clock.clock().now(), reason="import")
        publish(fast, CART, hold)
        eventually(lambda: status(fast).get("held") is (action == "hold"), 180)

    def letters(name: str, number: int, age: int = 0) -> None:
        at = fast.clock.clock().now() - age
        publish(fast, DEAD_LETTERS, *(letter(f"{name} {n}", at) for n in range(number)))

    letters("long ago", 1, age=10 * HOUR)
    with worker(fast, "visits"), worker(fast, "landing"), worker(fast, "edges"):
        held("hold")
        letters("of history", 50)
        eventually(lambda: count(fast, "raw_dead_letters") == 51, 180)
        live = fast.clock.clock().now()
        held("live")
        for batch in range(1, 100):
            letters(f"of now {batch}", 5)
            eventually(lambda batch=batch: count(fast, "raw_dead_letters") == 51 + 5 * batch, 180)  # type: ignore[misc]
            if receiver.taken:
                break
    [raised] = receiver.taken[0].said["alerts"]
    assert raised["state"] == "raised"
    assert raised["window_from"] >= to_iso(live)


def count(settings: Settings, table: str) -> int:
    try:
        with serving(settings) as client:
            return int(rows(client, f"SELECT toUInt32(count()) AS n FROM {table}")[0]["n"])
    except (Unavailable, SinkError):
        return 0


def letter(event_id: str, at: int) -> DeadLetter:
    return DeadLetter(
        event_id=event_id,
        topic="cx.cart",
        partition=0,
        offset=1,
        stage="decode",
        reason="not_framed",
        detail="begins with 7b",
        value_bytes=1,
        occurred_at=at,
        application="visits",
    )


def revealed(settings: Settings) -> dict[str, Any]:
    return settings.alerting.model_dump(mode="json", context=REVEAL)
