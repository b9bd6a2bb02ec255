"""What analysts read: each event once, and what belongs together side by side."""

from decimal import Decimal
from typing import Any

import pytest

from schemas import topics
from schemas.events import Feedback
from schemas.outputs import AbandonmentSignal, ContactSignal, Decision, Outreach
from schemas.topics import Topic
from schemas.words import GuardResult, Line, Record
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.store import Row
from sinks.clickhouse.tables import table_of
from tests.sinks.harness import CODEC, START

MINUTE = 60_000


def put(store: EmbeddedStore, topic: Topic, *records: Record) -> None:
    """Each record twice: on the embedded broker a second copy may follow an aborted one."""
    table = table_of(topic)
    first = only(store.query(f"SELECT count() AS rows FROM {table}"))["rows"]
    values = [(first + at, CODEC.encode(record)) for at, record in enumerate(records * 2)]
    for block in CODEC.decode_batch(topic, values).blocks_from(topic.name, "id", 0):
        store.insert(table, block.columns, block.container, "Avro", f"{topic.label} {first}")


def signal(event_id: str, at: int = 0, **fields: Any) -> AbandonmentSignal:
    given: dict[str, Any] = {
        "kind": "abandoned",
        "stage": "checkout",
        "device": "mobile",
        "cart_id": "cart",
        "processed_at": START + at * MINUTE,
        "value": Decimal("12.50"),
        "currency": "EUR",
        **fields,
    }
    return AbandonmentSignal(
        event_id=event_id,
        profile_id="p",
        visitor_id="v",
        occurred_at=START + at * MINUTE,
        rules_version="r",
        opened_by="o",
        changed_by="c",
        changed_at=START,
        last_activity_at=START,
        lines=(Line(product_id="mug", price=Decimal("12.50")),),
        **given,
    )


def outreach(outreach_id: str, signal_id: str, at: int, **fields: Any) -> Outreach:
    given = {"action": "request", "channel": "email", **fields}
    return Outreach(
        event_id=f"{outreach_id} {given['action']}",
        outreach_id=outreach_id,
        profile_id="p",
        occurred_at=START + at * MINUTE,
        processed_at=START + at * MINUTE,
        valid_until=START + 1_000 * MINUTE,
        signal_id=signal_id,
        rule="abandonment.cart",
        rules_version="r",
        **given,
    )


def contact(kind: str, at: int, started: int = 0, **fields: Any) -> ContactSignal:
    return ContactSignal(
        event_id=f"{kind} {at}",
        profile_id="p",
        contact_id="c",
        kind=kind,
        occurred_at=START + at * MINUTE,
        rules_version="r",
        channel="email",
        started_at=START + started * MINUTE,
        due_at=START + (started + 60) * MINUTE,
        elapsed_ms=(at - started) * MINUTE,
        **{"clock": "first_reply", "processed_at": START + at * MINUTE, **fields},
    )


def minute(at: int) -> str:
    return f"2023-11-14 22:{13 + at:02}:20.000"


def only(rows: list[Row]) -> Row:
    assert len(rows) == 1
    return rows[0]


def told_three_ways(row: Row) -> tuple[bool, bool, bool]:
    return row["recovered_any"], row["recovered_after_outreach"], row["recovered_by_link"]


def test_an_abandonment_is_one_row_with_what_is_in_the_cart(store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("s"))
    row = only(store.query("SELECT * FROM v_abandonment"))
    assert (row["stage"], row["device"], row["abandoned_at"]) == ("checkout", "mobile", minute(0))
    assert (row["value"], row["currency"]) == (12.5, "EUR")
    assert row["lines"] == [{"product_id": "mug", "name": None, "quantity": 1, "price": 12.5}]
    assert (row["approached_at"], row["recovered_at"], row["order_id"]) == (None, None, None)
    assert told_three_ways(row) == (False, False, False)


@pytest.mark.parametrize(
    ("requested", "recovered", "link", "expected"),
    [
        pytest.param(None, 5, None, (True, False, False), id="by oneself"),
        pytest.param(2, 5, None, (True, True, False), id="after an outreach"),
        pytest.param(2, 5, "o1", (True, True, True), id="by its link"),
        pytest.param(6, 5, None, (True, False, False), id="before the outreach"),
        pytest.param(2, None, None, (False, False, False), id="not at all"),
    ],
)
def test_recovery_is_told_three_ways(
    requested: int | None,
    recovered: int | None,
    link: str | None,
    expected: tuple[bool, ...],
    store: EmbeddedStore,
) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("s"))
    if requested is not None:
        put(store, topics.OUTREACH["email"], outreach("o1", "s", requested))
    if recovered is not None:
        came = signal("r", recovered, kind="recovered", abandoned_id="s", order_id="order", outreach_id=link)
        put(store, topics.ABANDONMENT_SIGNALS, came)
    row = only(store.query("SELECT * FROM v_abandonment"))
    assert told_three_ways(row) == expected
    assert row["order_id"] == ("order" if recovered else None)


def test_a_withdrawn_signal_says_so(store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("s"), signal("w", 3, kind="withdrawn", abandoned_id="s"))
    assert only(store.query("SELECT withdrawn_at FROM v_abandonment"))["withdrawn_at"] == minute(3)


def test_signals_are_counted_by_minute_once(store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("a"), signal("b"), signal("c", 1))
    rows = store.query("SELECT minute, signals FROM v_abandonment_by_minute ORDER BY minute")
    assert [row["signals"] for row in rows] == [2, 1]


@pytest.mark.parametrize(
    ("said", "outcome", "answered", "breached"),
    [
        pytest.param([contact("answered", 20)], "answered", minute(20), None, id="in time"),
        pytest.param([contact("breached", 30)], "breached", None, minute(30), id="still waiting"),
        pytest.param(
            [contact("breached", 30), contact("answered_late", 40)],
            "answered_late",
            minute(40),
            minute(30),
            id="late",
        ),
        pytest.param(
            [contact("acknowledged", 1, clock="acknowledgement")], "acknowledged", None, None, id="robot"
        ),
        pytest.param([contact("closed", 10)], "closed", None, None, id="closed"),
        pytest.param(
            [
                contact("breached", 30),
                contact("answered", 20),
                contact("withdrawn", 31, breached_id="breached 30"),
            ],
            "answered",
            minute(20),
            None,
            id="an answer that arrived late",
        ),
    ],
)
def test_a_question_and_what_became_of_it(
    said: list[ContactSignal], outcome: str, answered: str | None, breached: str | None, store: EmbeddedStore
) -> None:
    put(store, topics.CONTACT_SIGNALS, *said)
    row = only(store.query("SELECT * FROM v_first_reply"))
    assert (row["outcome"], row["answered_at"], row["breached_at"]) == (outcome, answered, breached)


def test_an_outreach_with_its_cancellation_and_feedback(store: EmbeddedStore) -> None:
    cancel = outreach("o1", "s", 4, action="cancel", reason="order")
    put(store, topics.OUTREACH["email"], outreach("o1", "s", 2), cancel)
    sent = Feedback(
        event_id="f",
        occurred_at=START + 5 * MINUTE,
        received_at=START + 5 * MINUTE,
        profile_id="p",
        outreach_id="o1",
        type="sent",
    )
    put(store, topics.FEEDBACK, sent)
    row = only(store.query("SELECT * FROM v_outreach"))
    told = row["requested_at"], row["cancelled_at"], row["cancel_reason"], row["sent_at"], row["opened_at"]
    assert told == (minute(2), minute(4), "order", minute(5), None)


def test_a_decision_with_what_its_guard_said(store: EmbeddedStore) -> None:
    decision = Decision(
        event_id="d",
        outreach_id="o1",
        signal_id="s",
        profile_id="p",
        rule="abandonment.cart",
        outcome="refused",
        guard="consent",
        guards=(GuardResult(guard="consent", result="refused", detail="none given"),),
        occurred_at=START,
        processed_at=START,
        valid_until=START,
        rules_version="r",
    )
    put(store, topics.DECISIONS, decision)
    row = only(store.query("SELECT outcome, guard, detail FROM v_decisions"))
    assert row == {"outcome": "refused", "guard": "consent", "detail": "none given"}


def test_freshness_by_topic(store: EmbeddedStore) -> None:
    put(store, topics.ABANDONMENT_SIGNALS, signal("a", 7))
    row = only(store.query("SELECT topic, rows, last_occurred_at, last_received_at FROM v_freshness"))
    assert tuple(row.values()) == ("cx.signals.abandonment", 2, minute(7), None)
