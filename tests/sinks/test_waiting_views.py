"""What support leads read of signals: clocks, promises kept, hand-offs, call-backs, ladders, pauses."""

from typing import Any

import pytest

from schemas import topics
from schemas.outputs import ContactSignal
from sinks.clickhouse.embedded import EmbeddedStore
from tests.sinks.harness import START
from tests.sinks.test_views import MINUTE, minute, only, put


def said(kind: str, at: int, started: int = 0, **fields: Any) -> ContactSignal:
    """A signal of a first reply that may take 30 minutes, unless told otherwise; times are in minutes."""
    given: dict[str, Any] = {
        "contact_id": "c",
        "clock": "first_reply",
        "instance": 1,
        "channel": "email",
        "team": "service",
        "priority": "normal",
        "policy": "mail",
        "target_ms": 30 * MINUTE,
        "counted_ms": (at - started) * MINUTE,
        "due_at": START + (started + 30) * MINUTE if fields.get("target_ms", True) else None,
        **fields,
    }
    run = [str(given[name]) for name in ("contact_id", "clock", "instance")]
    return ContactSignal(
        **{"event_id": " ".join((kind, str(at), *run)), **given},
        profile_id=f"customer of {given['contact_id']}",
        kind=kind,
        occurred_at=START + at * MINUTE,
        processed_at=START + at * MINUTE,
        rules_version="r",
        started_at=START + started * MINUTE,
        elapsed_ms=(at - started) * MINUTE,
    )


def withdrawn(false: ContactSignal, at: int) -> ContactSignal:
    """As the rules withdraw: a copy of what proved false, which it names."""
    return said(
        "withdrawn",
        at,
        clock=false.clock,
        event_id=f"withdrawn {false.event_id}",
        detail=false.kind,
        withdraws=false.event_id,
        breached_id=false.event_id if false.kind == "breached" else None,
    )


def tell(store: EmbeddedStore, *signals: ContactSignal) -> None:
    put(store, topics.CONTACT_SIGNALS, *signals)


FIRST_VERSION = {"due_at": START + 30 * MINUTE, "target_ms": None, "counted_ms": None, "policy": None}
BREACH = (said("breach", 30), said("breached", 30))


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        pytest.param(
            [said("activate", 0), said("apply_sla", 0), said("fulfill", 20), said("answered", 20)],
            ("hit", "ended", minute(20), "answered", None, 20, 0),
            id="in time",
        ),
        pytest.param(
            [said("activate", 0), said("fulfill", 30), said("answered", 30)],
            ("hit", "ended", minute(30), "answered", None, 30, 0),
            id="exactly when it is due",
        ),
        pytest.param(
            [said("activate", 0), *BREACH, said("fulfill", 40), said("answered_late", 40)],
            ("missed", "ended", minute(40), "answered_late", minute(30), 40, 0),
            id="late",
        ),
        pytest.param(
            [said("activate", 0), *BREACH],
            ("missed", "running", None, None, minute(30), 30, 0),
            id="missed, goes on",
        ),
        pytest.param(
            [said("activate", 0), said("pause", 10)],
            ("running", "paused", None, None, None, 10, 1),
            id="paused",
        ),
        pytest.param(
            [said("activate", 0), said("pause", 10), said("activate", 15, counted_ms=10 * MINUTE)],
            ("running", "running", None, None, None, 10, 1),
            id="goes on after a pause",
        ),
        pytest.param(
            [said("activate", 0), said("fulfill", 20), said("closed", 20), said("activate", 25)],
            ("running", "running", None, None, None, 25, 0),
            id="opened again",
        ),
        pytest.param(
            [said("activate", 0, target_ms=None), said("fulfill", 45, target_ms=None)],
            ("no_target", "ended", minute(45), "fulfill", None, 45, 0),
            id="nothing was promised",
        ),
        pytest.param(
            [said("activate", 0), *BREACH, said("fulfill", 20), said("answered", 20)]
            + [withdrawn(false, 45) for false in BREACH],
            ("hit", "ended", minute(20), "answered", None, 20, 0),
            id="an answer that arrived late",
        ),
        pytest.param(
            [said("answered", 20, **FIRST_VERSION)],
            ("hit", "ended", minute(20), "answered", None, 20, 0),
            id="in time, first version of the contract",
        ),
        pytest.param(
            [said("breached", 30, **FIRST_VERSION), said("answered_late", 40, **FIRST_VERSION)],
            ("missed", "ended", minute(40), "answered_late", minute(30), 40, 0),
            id="late, first version of the contract",
        ),
    ],
)
def test_a_run_of_a_clock(
    signals: list[ContactSignal], expected: tuple[Any, ...], store: EmbeddedStore
) -> None:
    tell(store, *signals)
    row = only(store.query("SELECT * FROM v_clocks"))
    found = [row[name] for name in ("outcome", "state", "ended_at", "ended_as", "breached_at")]
    assert (*found, row["counted_ms"] // MINUTE, row["pauses"]) == expected


def test_runs_are_told_apart(store: EmbeddedStore) -> None:
    """By contact, clock, instance, and start: the first version of the contract had no instance."""
    tell(
        store,
        said("answered", 5),
        said("answered", 25, 20, event_id="asked again"),
        said("fulfill", 60, 30, clock="next_reply", instance=1),
        said("fulfill", 90, 70, clock="next_reply", instance=2),
        said("answered", 5, contact_id="d"),
    )
    rows = store.query("SELECT contact_id, clock, instance FROM v_clocks ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [
        ("c", "first_reply", 1),
        ("c", "first_reply", 1),
        ("c", "next_reply", 1),
        ("c", "next_reply", 2),
        ("d", "first_reply", 1),
    ]


def test_what_concerns_the_contact_as_a_whole_is_no_run(store: EmbeddedStore) -> None:
    tell(store, said("update_status", 5, clock="contact", status="open"))
    assert store.query("SELECT * FROM v_clocks") == []


def test_a_miss_counts_for_what_was_in_force_then(store: EmbeddedStore) -> None:
    later = {"priority": "urgent", "team": "returns", "policy": "vip", "target_ms": 5 * MINUTE}
    tell(store, *BREACH, said("apply_sla", 35, **later), said("fulfill", 40, **later))
    row = only(store.query("SELECT priority, team, policy, target_ms, counted_ms FROM v_clocks"))
    assert tuple(row.values()) == ("normal", "service", "mail", 30 * MINUTE, 40 * MINUTE)


def test_what_had_no_policy_does_not_inherit_a_later_one_when_missed(store: EmbeddedStore) -> None:
    tell(store, said("breached", 30, policy=None, team=None), said("fulfill", 40))
    assert only(store.query("SELECT policy, team FROM v_clocks")) == {"policy": None, "team": None}


def test_hit_rate_and_percentiles(store: EmbeddedStore) -> None:
    for number in range(10):
        contact = {"contact_id": f"c{number}"}
        at = 10 * (number + 1)
        missed = [said("breached", 30, **contact)] if at > 30 else []
        tell(store, *missed, said("fulfill", at, **contact))
    tell(store, said("breached", 30, contact_id="open"), said("activate", 0, contact_id="not yet due"))
    row = only(store.query("SELECT * EXCEPT (day, policy) FROM v_sla"))
    assert [row[name] for name in ("clock", "channel", "team", "priority")] == [
        "first_reply",
        "email",
        "service",
        "normal",
    ]
    assert [row[name] for name in ("runs", "hit", "missed", "ended")] == [11, 3, 8, 10]
    assert row["hit_rate"] == pytest.approx(3 / 11)
    assert [row[f"p{p}_ms"] // MINUTE for p in (50, 90, 95, 99)] == [60, 100, 100, 100]


def test_groups_without_a_promise_or_an_end(store: EmbeddedStore) -> None:
    tell(store, said("fulfill", 20, clock="agent_work", target_ms=None), said("breached", 30))
    rows = store.query("SELECT clock, hit_rate, ended, p50_ms FROM v_sla ORDER BY clock")
    assert [tuple(row.values()) for row in rows] == [
        ("agent_work", None, 1, 20 * MINUTE),
        ("first_reply", 0, 0, None),
    ]


def test_days_and_groups(store: EmbeddedStore) -> None:
    tell(
        store,
        said("fulfill", 5),
        said("fulfill", 24 * 60, contact_id="d"),
        said("fulfill", 5, contact_id="e", priority="urgent"),
        said("fulfill", 5, contact_id="f", team=None, policy=None),
    )
    rows = store.query("SELECT day, priority, team, policy, runs FROM v_sla ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [
        ("2023-11-14", "normal", "service", "mail", 1),
        ("2023-11-14", "normal", None, None, 1),
        ("2023-11-14", "urgent", "service", "mail", 1),
        ("2023-11-15", "normal", "service", "mail", 1),
    ]


# The view that was there before.


def test_a_first_reply_is_told_by_its_conclusions_alone(store: EmbeddedStore) -> None:
    tell(store, said("activate", 0), said("apply_sla", 0), said("escalated", 22, step="75%"))
    assert store.query("SELECT * FROM v_first_reply") == []
    tell(
        store,
        *BREACH,
        said("fulfill", 40),
        said("answered_late", 40),
        said("activate", 50, 50, clock="next_reply"),
    )
    row = only(store.query("SELECT * FROM v_first_reply"))
    assert (row["outcome"], row["answered_at"], row["breached_at"]) == (
        "answered_late",
        minute(40),
        minute(30),
    )
    assert row["answered_after_ms"] == 40 * MINUTE


def test_a_metric_event_that_proved_false_does_not_take_a_breach_back(store: EmbeddedStore) -> None:
    pause = said("pause", 10)
    tell(store, *BREACH, pause, withdrawn(pause, 35))
    assert only(store.query("SELECT breached_at FROM v_first_reply")) == {"breached_at": minute(30)}


# Hand-offs, call-backs, ladders, pauses.


def test_who_held_it_how_long(store: EmbeddedStore) -> None:
    owner = {"clock": "group_ownership", "target_ms": None}
    first, second = {"agent_id": "a-1"}, {"team": "returns", "agent_id": "a-2"}
    tell(
        store,
        said("activate", 0, **owner, **first),
        said("handed_off", 20, **owner, **first, to_team="returns", to_agent_id="a-2"),
        said("fulfill", 20, **owner, **first),
        said("activate", 20, 20, instance=2, **owner, **second),
        said("fulfill", 50, 20, instance=2, **owner, **second),
        said("activate", 60, 60, instance=3, **owner, team=None),
    )
    rows = store.query("SELECT * FROM v_handoffs ORDER BY instance")
    names = ("team", "agent_id", "held_from", "held_until", "handed_off", "to_team", "to_agent_id", "held_ms")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("service", "a-1", minute(0), minute(20), True, "returns", "a-2", 20 * MINUTE),
        ("returns", "a-2", minute(20), "2023-11-14 23:03:20.000", False, None, None, 30 * MINUTE),
        (None, None, "2023-11-14 23:13:20.000", None, False, None, None, 0),
    ]


CALL: dict[str, Any] = {"clock": "callback", "target_ms": None}
WINDOW = {"window_from": START + 20 * MINUTE, "window_until": START + 40 * MINUTE}


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        pytest.param([], ("open", 0, None, None, 0, 0), id="requested"),
        pytest.param(
            [
                said("callback_attempted", 10, **CALL, **WINDOW, attempts=1, net_ms=10 * MINUTE),
                said(
                    "callback_attempted",
                    25,
                    **CALL,
                    **WINDOW,
                    attempts=2,
                    net_ms=15 * MINUTE,
                    window_kept=True,
                ),
                said(
                    "callback_reached", 30, **CALL, **WINDOW, attempts=2, net_ms=5 * MINUTE, window_kept=True
                ),
            ],
            ("reached", 2, True, minute(30), 30, 5),
            id="reached within the window",
        ),
        pytest.param(
            [
                said("breached", 40, **CALL, **WINDOW, attempts=0, net_ms=40 * MINUTE, window_kept=False),
                said(
                    "callback_reached",
                    45,
                    **CALL,
                    **WINDOW,
                    attempts=0,
                    net_ms=45 * MINUTE,
                    window_kept=False,
                ),
            ],
            ("reached", 0, False, minute(45), 45, 45),
            id="reached too late",
        ),
        pytest.param(
            [
                said(
                    "callback_attempted",
                    30,
                    **CALL,
                    **WINDOW,
                    attempts=1,
                    net_ms=30 * MINUTE,
                    window_kept=True,
                ),
                said("callback_expired", 30, **CALL, **WINDOW, attempts=1, net_ms=0, window_kept=True),
            ],
            ("expired", 1, True, None, 30, 0),
            id="not reached",
        ),
        pytest.param(
            [said("closed", 10, **CALL, **WINDOW, attempts=0, net_ms=10 * MINUTE)],
            ("cancelled", 0, None, None, 10, 10),
            id="called off",
        ),
    ],
)
def test_a_call_back_and_what_became_of_it(
    signals: list[ContactSignal], expected: tuple[Any, ...], store: EmbeddedStore
) -> None:
    tell(store, said("callback_requested", 0, **CALL, **WINDOW, attempts=0, net_ms=0), *signals)
    row = only(store.query("SELECT * FROM v_callbacks"))
    found = [row[name] for name in ("outcome", "attempts", "window_kept", "reached_at")]
    assert (*found, row["gross_ms"] // MINUTE, row["net_ms"] // MINUTE) == expected
    assert (row["window_from"], row["window_until"]) == (minute(20), minute(40))


def test_steps_of_a_ladder(store: EmbeddedStore) -> None:
    false = said("escalated", 15, step="50%")
    tell(store, false, withdrawn(false, 20), said("escalated", 22, step="75%"), said("breached", 30))
    row = only(store.query("SELECT step, escalated_at, clock, policy, counted_ms FROM v_escalations"))
    assert tuple(row.values()) == ("75%", minute(22), "first_reply", "mail", 22 * MINUTE)


def test_pauses_that_were_none(store: EmbeddedStore) -> None:
    why = "the customer wrote while the status was pending"
    tell(store, said("pause_integrity", 8, clock="contact", status="pending", detail=why, cause="e"))
    row = only(store.query("SELECT noticed_at, status, detail, cause FROM v_pause_integrity"))
    assert tuple(row.values()) == (minute(8), "pending", why, "e")
