"""What support leads read of states: who waits, now and at any moment; the contacts of a day."""

from typing import Any

import pytest

from schemas import topics
from schemas.outputs import ContactState
from schemas.words import ClockState, ContactClock
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.server import Server
from sinks.clickhouse.store import Row, quoted
from tests.sinks.harness import START
from tests.sinks.test_server import get
from tests.sinks.test_views import MINUTE, minute, only, put


def state(contact_id: str, at: int, since: int | None, *clocks: ContactClock, **fields: Any) -> ContactState:
    given = {"channel": "email", "team": "service", "status": "open", **fields}
    return ContactState(
        contact_id=contact_id,
        profile_id=f"customer of {contact_id}",
        waiting=since is not None,
        waiting_since=None if since is None else START + since * MINUTE,
        breached=any(clock.breached for clock in clocks),
        updated_at=START + at * MINUTE,
        rules_version="r",
        clocks=clocks,
        **given,
    )


def clock(
    name: str, due: int | None, kind: ClockState = "running", *, breached: bool = False
) -> ContactClock:
    due_at = None if due is None else START + due * MINUTE
    return ContactClock(clock=name, state=kind, started_at=START, due_at=due_at, breached=breached)


def forget(store: EmbeddedStore, contact_id: str) -> None:
    """A tombstone behind all that stands under the key."""
    offset = only(store.query("SELECT count() AS rows FROM raw_contacts"))["rows"]
    store.command(
        "INSERT INTO raw_tombstones (key, _topic, _topic_id, _partition, _offset) "
        f"VALUES ({quoted('main/' + contact_id)}, 'cx.contacts', 'id', 0, {offset})"
    )
    put(store, topics.CONTACTS, state("another", 0, None))


def queue(store: EmbeddedStore, at: int | None = None) -> list[Row]:
    moment = f"fromUnixTimestamp64Milli({START + (at or 0) * MINUTE}, 'UTC')"
    if at is None:
        return store.query("SELECT * FROM v_queue ORDER BY waiting_since, contact_id")
    [found] = store.query(f"SELECT toString({moment}) AS at")
    return store.query(
        f"SELECT * FROM v_queue_at(at={quoted(found['at'])}) ORDER BY waiting_since, contact_id"
    )


def ids(rows: list[Row]) -> list[str]:
    return [row["contact_id"] for row in rows]


def test_shares_of_a_day_by_the_newest_state(store: EmbeddedStore) -> None:
    put(
        store,
        topics.CONTACTS,
        state("a", 0, 0, created_at=START),
        state("b", 0, 0, created_at=START, acknowledged_at=START + 1),
        state("a", 9, None, created_at=START, answered_at=START + 9, solved_at=START + 9, status="solved"),
        state("c", 0, 0, created_at=START, channel="chat"),
        state("old", 5, None, asked_at=START, answered_at=START, status="closed"),
    )
    rows = store.query("SELECT * EXCEPT (shop_id) FROM v_contact_shares ORDER BY channel")
    assert [tuple(row.values()) for row in rows] == [
        ("2023-11-14", "chat", 1, 0, 0, 0, 0, 0, 0),
        ("2023-11-14", "email", 3, 1, 2, 2, pytest.approx(1 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3)),
    ]


def test_who_waits_now(store: EmbeddedStore) -> None:
    put(
        store,
        topics.CONTACTS,
        state("answered", 0, 0),
        state("waits", 0, 0, team="old"),
        state("forgotten", 0, 0),
        state("call", 3, None, callback_requested_at=START + 3 * MINUTE),
        state("came back", 1, 1),
        state("waits", 2, 0, clock("first_reply", 30, breached=True), clock("next_reply", 20, "ended")),
        state("answered", 2, None),
    )
    forget(store, "forgotten")
    forget(store, "came back")
    put(store, topics.CONTACTS, state("came back", 4, 4))
    rows = queue(store)
    assert ids(rows) == ["waits", "call", "came back"]
    assert [rows[0][name] for name in ("team", "waiting_since", "clock", "due_at", "breached")] == [
        "service",
        minute(0),
        "first_reply",
        minute(30),
        ["first_reply"],
    ]
    assert [rows[1][name] for name in ("waiting_since", "clock", "due_at", "breached")] == [
        minute(3),
        None,
        None,
        [],
    ]


def test_the_queue_of_the_first_version_of_the_contract(store: EmbeddedStore) -> None:
    due = {"first_reply_due_at": START + 30 * MINUTE}
    put(store, topics.CONTACTS, state("c", 0, 0, **due), state("d", 0, 0, **due, answered_at=START))
    assert [(row["clock"], row["due_at"]) for row in queue(store)] == [
        ("first_reply", minute(30)),
        (None, None),
    ]


def test_who_waited_at_a_moment(store: EmbeddedStore) -> None:
    put(
        store,
        topics.CONTACTS,
        state("a", 0, 0, clock("first_reply", 5)),
        state("b", 3, 3, clock("first_reply", 33)),
        state("a", 8, None),
        state("a", 12, 12, clock("next_reply", 40)),
    )
    assert {at: ids(queue(store, at)) for at in (-1, 0, 3, 7, 8, 11, 12)} == {
        -1: [],
        0: ["a"],
        3: ["a", "b"],
        7: ["a", "b"],
        8: ["b"],
        11: ["b"],
        12: ["b", "a"],
    }


@pytest.mark.parametrize(
    ("at", "breached"),
    [
        pytest.param(29, [], id="before"),
        pytest.param(30, [], id="exactly"),
        pytest.param(31, ["first_reply"], id="after"),
    ],
)
def test_what_was_missed_at_a_moment(at: int, breached: list[str], store: EmbeddedStore) -> None:
    """A breach changes the state, and not when the contact was last heard of."""
    put(
        store,
        topics.CONTACTS,
        state("c", 0, 0, clock("first_reply", 30)),
        state("c", 0, 0, clock("first_reply", 30, breached=True)),
    )
    assert only(queue(store, at))["breached"] == breached


def test_a_moment_of_long_ago_is_seen_though_contacts_are_forgotten_by_now(store: EmbeddedStore) -> None:
    put(store, topics.CONTACTS, state("forgotten", 0, 0), state("answered", 0, 0), state("answered", 5, None))
    forget(store, "forgotten")
    forget(store, "answered")
    month = 30 * 24 * 60
    assert {at: ids(queue(store, at)) for at in (4, 5, month - 1, month)} == {
        4: ["answered", "forgotten"],
        5: ["forgotten"],
        month - 1: ["forgotten"],
        month: [],
    }


def test_whoever_was_erased_never_waited(store: EmbeddedStore) -> None:
    put(store, topics.CONTACTS, state("a", 0, 0), state("b", 0, 0))
    store.command(
        "INSERT INTO raw_profile_updates (shop_id, profile_id, type) "
        "VALUES ('main', 'customer of a', 'profile_erased'), ('main', 'customer of b', 'attributes_changed')"
    )
    assert ids(queue(store, 1)) == ["b"]


def test_a_moment_may_be_asked_for_through_the_interface(store: EmbeddedStore) -> None:
    put(store, topics.CONTACTS, state("a", 0, 0))
    server = Server(store).start()
    try:
        asked = "SELECT contact_id FROM v_queue_at(at='2023-11-14 22:30:00') FORMAT TSV"
        assert get(server, query=asked, database="heedful")[::2] == (200, b"a\n")
        asked = "SELECT contact_id FROM v_queue_at(at={when:String}) FORMAT TSV"
        assert get(server, query=asked, param_when="2023-11-14 22:00:00", database="heedful")[::2] == (
            200,
            b"",
        )
    finally:
        server.stop()
