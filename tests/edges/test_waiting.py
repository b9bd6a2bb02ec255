"""The queue as a view of records: who is in it, in which order, and what is told of each."""

from typing import Any

import pytest

from schemas.outputs import ContactState
from streams.cli.contacts import COLUMNS
from streams.edges.waiting import LIMIT, MOST, Asked, Waiting, asked_for
from tests.builders import minute
from tests.edges.states import clock, contact

NOW = minute(60)


def view(*states: ContactState) -> Waiting:
    found = Waiting()
    for state in states:
        found.take(f"main/{state.contact_id}".encode(), state)
    return found


def rows(found: Waiting, **asked: Any) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = found.answer(Asked(**asked), NOW)["contacts"]
    return answer


def ids(found: Waiting, **asked: Any) -> list[str]:
    return [row["contact_id"] for row in rows(found, **asked)]


def test_a_row_says_who_waits_since_when_and_what_is_due() -> None:
    state = contact("c", 10, clock("first_reply", 72), policy="service mail", agent_id="a-7", status="open")
    assert rows(view(state)) == [
        {
            "contact_id": "c",
            "shop_id": "main",
            "profile_id": "customer of c",
            "channel": "email",
            "team": "service",
            "agent_id": "a-7",
            "priority": "normal",
            "status": "open",
            "policy": "service mail",
            "waiting_since": "2026-05-28T20:36:40.000Z",
            "waiting_ms": 50 * 60_000,
            "clock": "first_reply",
            "due_at": "2026-05-28T21:38:40.000Z",
            "due_in_ms": 12 * 60_000,
            "breached": (),
        }
    ]


def test_csv_has_every_column_of_a_row() -> None:
    assert set(rows(view(contact("c")))[0]) == set(COLUMNS)


@pytest.mark.parametrize(
    ("state", "since"),
    [
        pytest.param(contact("c", 10), 10, id="for a reply"),
        pytest.param(contact("c", None, callback_requested_at=minute(20)), 20, id="for a call-back"),
        pytest.param(contact("c", 10, callback_requested_at=minute(20)), 10, id="for both, since the first"),
        pytest.param(contact("c", None), None, id="nobody"),
        pytest.param(
            contact("c", None, clock("total_resolution", 90)), None, id="nobody, though a clock runs"
        ),
    ],
)
def test_who_waits(state: ContactState, since: int | None) -> None:
    assert [row["waiting_ms"] for row in rows(view(state))] == (
        [] if since is None else [NOW - minute(since)]
    )


@pytest.mark.parametrize(
    ("state", "due", "breached"),
    [
        pytest.param(contact("c"), (None, None), (), id="no target"),
        pytest.param(
            contact("c", 0, clock("next_reply", 90), clock("total_resolution", 70)),
            ("total_resolution", 10),
            (),
            id="the first that is due",
        ),
        pytest.param(
            contact("c", 0, clock("first_reply", 30, breached=True), clock("total_resolution", 70)),
            ("first_reply", -30),
            ("first_reply",),
            id="overdue is due first",
        ),
        pytest.param(
            contact("c", 0, clock("first_reply", 30, "ended", breached=True), clock("next_reply", 70)),
            ("next_reply", 10),
            (),
            id="what has ended is past",
        ),
        pytest.param(
            contact("c", 0, clock("agent_work", 30, "paused", breached=True)),
            (None, None),
            ("agent_work",),
            id="what is paused is not due, but missed",
        ),
        pytest.param(
            contact("c", first_reply_due_at=minute(70)),
            ("first_reply", 10),
            (),
            id="first version of the contract",
        ),
        pytest.param(
            contact("c", first_reply_due_at=minute(70), answered_at=minute(5)),
            (None, None),
            (),
            id="first version, answered",
        ),
    ],
)
def test_what_is_due_and_what_was_missed(
    state: ContactState, due: tuple[str | None, int | None], breached: tuple[str, ...]
) -> None:
    [row] = rows(view(state))
    name, minutes = due
    assert (row["clock"], row["due_in_ms"]) == (name, None if minutes is None else minutes * 60_000)
    assert row["breached"] == breached


QUEUE = (
    contact("later", 5, clock("first_reply", 90), priority="urgent"),
    contact("overdue", 10, clock("first_reply", 30, breached=True), priority="low"),
    contact("no target", 1, channel="chat", team="returns", priority="unknown"),
    contact("next", 20, clock("first_reply", 61), team="returns", priority="high"),
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ["overdue", "next", "later", "no target"], id="as due"),
        pytest.param({"sort": "waiting"}, ["no target", "later", "overdue", "next"], id="by waiting"),
        pytest.param({"sort": "priority"}, ["later", "next", "overdue", "no target"], id="by priority"),
        pytest.param({"limit": 2}, ["overdue", "next"], id="the first two"),
        pytest.param({"team": "returns"}, ["next", "no target"], id="of a team"),
        pytest.param({"channel": "chat"}, ["no target"], id="of a channel"),
        pytest.param({"team": "service", "channel": "chat"}, [], id="of both"),
    ],
)
def test_order_and_filters(asked: dict[str, Any], expected: list[str]) -> None:
    assert ids(view(*QUEUE), **asked) == expected


def test_an_answer_says_of_how_many() -> None:
    answer = view(*QUEUE).answer(Asked(team="returns", limit=1), NOW)
    assert (len(answer["contacts"]), answer["matching"], answer["waiting"]) == (1, 2, 4)


@pytest.mark.parametrize(
    ("now", "overdue", "ahead"),
    [
        pytest.param(9.999, 0, ["soon", "later"], id="before"),
        pytest.param(10, 1, ["later"], id="exactly"),
        pytest.param(10.001, 1, ["later"], id="after"),
    ],
)
def test_who_is_due_next_is_not_overdue_yet(now: float, overdue: int, ahead: list[str]) -> None:
    found = Waiting()
    for name, due in {"later": 50, "soon": 10, "no target": None}.items():
        found.take(name.encode(), contact(name, 0, clock("first_reply", due)))
    assert [row["contact_id"] for row in found.next_due(9, minute(now))] == ahead
    assert [row["contact_id"] for row in found.next_due(1, minute(now))] == ahead[:1]
    counts = found.counts(minute(now), minute(now + 1))
    assert (counts["overdue"], counts["in_time"], counts["waiting"]) == (overdue, len(ahead), 3)


def test_the_newest_record_of_a_contact_counts() -> None:
    found = view(contact("c", 0, team="service"), contact("c", 0, team="returns"))
    assert [row["team"] for row in rows(found)] == ["returns"]


@pytest.mark.parametrize("gone", [contact("c", None), None], ids=["answered", "forgotten"])
def test_who_waits_no_more_is_not_kept(gone: ContactState | None) -> None:
    found = view(contact("c"))
    found.take(b"main/c", gone)
    found.take(b"main/c", gone)
    assert len(found) == 0


def test_two_shops_may_have_a_contact_of_the_same_name() -> None:
    found = view(contact("c"))
    found.take(b"other/c", contact("c", shop_id="other"))
    assert [row["shop_id"] for row in rows(found)] == ["main", "other"]


def test_memory_is_bounded_and_says_what_it_left_out() -> None:
    found = Waiting(room=2)
    for name in ("a", "b", "c"):
        found.take(name.encode(), contact(name))
    found.take(b"a", contact("a", team="returns"))
    assert (ids(found), found.left_out) == (["a", "b"], 1)
    found.take(b"b", None)
    found.take(b"c", contact("c"))
    assert ids(found) == ["a", "c"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, Asked(None, None, "due", LIMIT), id="nothing"),
        pytest.param(
            {"team": "", "channel": "", "sort": "", "limit": ""}, Asked(), id="nothing, spelled out"
        ),
        pytest.param(
            {"team": "a b", "channel": "phone", "sort": "waiting", "limit": str(MOST)},
            Asked("a b", "phone", "waiting", MOST),
            id="everything",
        ),
    ],
)
def test_a_query_string(values: dict[str, str], expected: Asked) -> None:
    assert asked_for(values) == expected


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"teem": "x"}, "there is no parameter 'teem', but team, channel, sort, limit"),
        ({"channel": "fax"}, "there is no channel 'fax', but unknown, email"),
        ({"sort": "value"}, "there is no order 'value', but due, waiting, priority"),
        ({"limit": "0"}, "limit must be a whole number from 1 to"),
        ({"limit": "²"}, "limit must be a whole number"),
        ({"limit": str(MOST + 1)}, "limit must be a whole number"),
    ],
)
def test_a_query_string_that_is_refused(values: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        asked_for(values)
