"""ServiceNow: rows that say what holds become events that say what has changed."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from schemas.events import SupportEvent
from schemas.jsonl import to_iso, to_json
from streams.errors import FixInput
from streams.formats.servicenow import COLUMNS
from tests.formats.files import Found, written

HEADER = (
    "number,incident_state,reopen_count,sys_mod_count,made_sla,caller_id,opened_at,sys_updated_at,contact_type,"
    "priority,assignment_group,assigned_to,closed_code,resolved_by,resolved_at,closed_at"
)
FIRST = {
    "number": "INC1",
    "incident_state": "New",
    "reopen_count": "0",
    "sys_mod_count": "0",
    "made_sla": "TRUE",
    "caller_id": "Caller 7",
    "opened_at": "29-02-2016 01:16",
    "sys_updated_at": "29-02-2016 01:23",
    "contact_type": "Phone",
    "priority": "3 - Moderate",
    "assignment_group": "Group 56",
    "assigned_to": "?",
    "closed_code": "code 5",
    "resolved_by": "Resolved by 149",
    "resolved_at": "29-02-2016 11:29",
    "closed_at": "05-03-2016 12:00",
}
UNREAD = ("made_sla", "reopen_count", "closed_code", "resolved_by", "resolved_at", "closed_at")


def a_row(at: str = "01:23", **cells: str) -> str:
    return ",".join((FIRST | {"sys_updated_at": f"29-02-2016 {at}"} | cells).values())


def reordered(line: str) -> str:
    """The cells in the order of the header."""
    cells = dict(zip(FIRST, line.split(","), strict=True))
    return ",".join(cells[name] for name in HEADER.split(","))


def servicenow(folder: Path, *rows: str) -> Found:
    return Found("servicenow", [written(folder, HEADER, *map(reordered, rows))])


def said(event: SupportEvent) -> dict[str, Any]:
    """What an event says of the state of the contact."""
    values = {name: getattr(event, name) for name in ("status", "priority", "team", "agent_id")}
    return {name: value for name, value in values.items() if value not in (None, "unknown")}


def test_an_incident_is_opened_before_its_first_row(tmp_path: Path) -> None:
    opened, first = servicenow(tmp_path, a_row()).events
    assert (opened.type, opened.contact_id, opened.profile_id) == ("contact_created", "INC1", "Caller 7")
    assert (to_iso(opened.occurred_at), opened.channel) == ("2016-02-29T01:16:00.000Z", "phone")
    assert said(opened) == {"status": "new"}
    assert (first.type, to_iso(first.occurred_at)) == ("assigned", "2016-02-29T01:23:00.000Z")
    assert said(first) == {"priority": "normal", "team": "Group 56"}
    assert (opened.sequence, first.sequence) == (None, 2)


@pytest.mark.parametrize("opened", ["29-02-2016 01:23", "29-02-2016 09:00"])
def test_a_first_row_that_is_no_later_is_the_creation(tmp_path: Path, opened: str) -> None:
    found = servicenow(tmp_path, a_row(opened_at=opened, incident_state="Resolved"))
    (event,) = found.events
    assert (event.type, to_iso(event.occurred_at)) == ("contact_created", "2016-02-29T01:23:00.000Z")
    assert said(event) == {"status": "solved", "priority": "normal", "team": "Group 56"}
    assert found.counts == (1, 0, 0)


@pytest.mark.parametrize(
    ("cells", "kind", "says"),
    [
        pytest.param({"incident_state": "Active"}, "status_changed", {"status": "open"}, id="status"),
        pytest.param({"priority": "1 - Critical"}, "priority_changed", {"priority": "urgent"}, id="priority"),
        pytest.param({"assignment_group": "Group 2"}, "assigned", {"team": "Group 2"}, id="team"),
        pytest.param({"assigned_to": "Resolver 9"}, "assigned", {"agent_id": "Resolver 9"}, id="agent"),
        pytest.param(
            {"incident_state": "Active", "priority": "4 - Low", "assigned_to": "R"},
            "status_changed",
            {"status": "open", "priority": "low", "agent_id": "R"},
            id="all in one event",
        ),
    ],
)
def test_what_changed_and_nothing_else(
    tmp_path: Path, cells: dict[str, str], kind: str, says: dict[str, str]
) -> None:
    found = servicenow(tmp_path, a_row(), a_row("02:00", **cells))
    assert len(found.events) == 3
    assert (found.events[2].type, said(found.events[2])) == (kind, says)


def test_rows_without_change_are_counted_and_no_events(tmp_path: Path) -> None:
    found = servicenow(tmp_path, a_row(), a_row("02:00", sys_mod_count="1", reopen_count="9"))
    assert (len(found.events), found.counts, found.reading.unchanged) == (2, (2, 0, 0), 1)


@pytest.mark.parametrize("missing", ["?", ""])
def test_a_missing_value_leaves_what_was_known(tmp_path: Path, missing: str) -> None:
    nothing = dict.fromkeys(("incident_state", "priority", "assignment_group", "assigned_to"), missing)
    found = servicenow(tmp_path, a_row(), a_row("02:00", **nothing), a_row("03:00"))
    assert (len(found.events), found.reading.unchanged) == (2, 2)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Active", "open"),
        ("Awaiting User Info", "pending"),
        ("Awaiting Problem", "on_hold"),
        ("Awaiting Vendor", "on_hold"),
        ("Awaiting Evidence", "on_hold"),
        ("Resolved", "solved"),
        ("Closed", "closed"),
    ],
)
def test_states(tmp_path: Path, state: str, status: str) -> None:
    assert servicenow(tmp_path, a_row(), a_row("02:00", incident_state=state)).events[-1].status == status


def test_reopening_is_a_status_change_to_open(tmp_path: Path) -> None:
    states = ("New", "Resolved", "Active", "Closed")
    rows = [a_row(f"0{hour}:30", incident_state=state) for hour, state in enumerate(states, 2)]
    events = servicenow(tmp_path, *rows).events
    assert [event.status for event in events] == ["new", "unknown", "solved", "open", "closed"]


def test_within_a_minute_the_order_of_the_file_counts(tmp_path: Path) -> None:
    states = enumerate(("New", "Active", "New"))
    rows = [a_row(incident_state=state, sys_mod_count=str(count)) for count, state in states]
    events = servicenow(tmp_path, *rows).events
    assert [(event.status, event.sequence) for event in events[1:]] == [
        ("unknown", 2),
        ("open", 3),
        ("new", 4),
    ]
    assert len({event.event_id for event in events}) == 4


def test_a_row_that_claims_to_be_later_than_the_next_is_no_reopening(tmp_path: Path) -> None:
    rows = [
        a_row("11:10"),
        a_row("09:52", sys_mod_count="1"),
        a_row("11:03", incident_state="Resolved"),
        a_row("12:00", incident_state="Closed"),
    ]
    events = servicenow(tmp_path, *rows).events
    assert [event.status for event in events] == ["new", "unknown", "solved", "closed"]
    assert to_iso(events[1].occurred_at) == "2016-02-29T09:52:00.000Z"


def test_incidents_may_stand_mixed_and_events_come_in_the_order_of_time(tmp_path: Path) -> None:
    rows = [a_row("03:00"), a_row("02:00", number="INC2"), a_row("04:00", incident_state="Closed")]
    found = servicenow(tmp_path, *rows)
    assert [event.contact_id for event in found.events] == ["INC1", "INC2", "INC2", "INC1", "INC1"]


def test_identical_rows_are_one_event(tmp_path: Path) -> None:
    change = a_row("02:00", incident_state="Active")
    found = servicenow(tmp_path, a_row(), change, change)
    assert (len(found.events), found.counts, found.reading.unchanged) == (3, (3, 1, 0), 0)


def test_whoever_calls_unknown_is_a_customer_of_one_incident(tmp_path: Path) -> None:
    found = servicenow(tmp_path, a_row(caller_id="?"), a_row("02:00", incident_state="Active"))
    assert {event.profile_id for event in found.events} == {"INC1"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        pytest.param({"number": "?"}, "empty_id", id="no number"),
        pytest.param({"number": "null"}, "empty_id", id="a placeholder"),
        pytest.param({"caller_id": "null"}, "empty_id", id="nobody"),
        pytest.param({"incident_state": "-100"}, "incident_state '-100'", id="state"),
        pytest.param({"priority": "high"}, "priority 'high'", id="priority"),
        pytest.param({"sys_updated_at": "2016-02-29 01:23"}, "impossible_time", id="another format of time"),
        pytest.param({"sys_updated_at": "?"}, "impossible_time", id="no time"),
        pytest.param({"opened_at": "29-02-1016 01:23"}, "impossible_time", id="the middle ages"),
        pytest.param({"sys_updated_at": "28-02-2216 01:23"}, "impossible_time", id="two centuries ahead"),
        pytest.param({"assignment_group": "G" * 2000}, "too_long", id="too long"),
    ],
)
def test_a_dead_row_is_reported_and_does_not_stop_the_rest(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    found = servicenow(tmp_path, a_row(), a_row(**cells), a_row("02:00", incident_state="Closed"))
    assert [event.status for event in found.events] == ["new", "unknown", "closed"]
    assert found.counts == (3, 0, 1)
    (dead,) = found.dead
    assert dead.place.line == 3
    assert reason in dead.reason


def test_another_file_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(FixInput, match="lacks the columns sys_mod_count, priority; it has"):
        Found("servicenow", [written(tmp_path, HEADER.replace("priority", "prio").replace("sys_mod", "mod"))])


def test_an_order_from_last_to_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FixInput, match="reverse order; sort them by sys_updated_at"):
        servicenow(tmp_path, a_row("03:00"), a_row("02:00"), a_row("01:00"))


def without_the_future(text: str, junk: str) -> str:
    """The table, with ``junk`` in every column that isn't read."""
    source = csv.DictReader(io.StringIO(text))
    names = list(source.fieldnames or ())
    target = io.StringIO()
    writer = csv.DictWriter(target, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **{name: junk for name in names if name not in COLUMNS}} for row in source)
    return target.getvalue()


def told(folder: Path, text: str) -> list[Any]:
    """Everything about the events."""
    return told_by(Found("servicenow", [written(folder, text, end="")]).events)


def told_by(events: Iterable[SupportEvent]) -> list[Any]:
    return [to_json(event) for event in events]


@pytest.mark.data
@pytest.mark.parametrize("junk", ["", "?", "FALSE", "01-01-2016 00:00"])
def test_columns_that_tell_the_future_change_nothing(third_party: Path, tmp_path: Path, junk: str) -> None:
    file = third_party / "incidents_servicenow" / "incident_event_log_head.csv.gz"
    text = gzip.decompress(file.read_bytes()).decode()
    changed = without_the_future(text, junk)
    assert changed != text
    assert told(tmp_path, changed) == told_by(Found("servicenow", [file]).events)


@pytest.mark.parametrize("name", UNREAD)
def test_no_column_that_tells_the_future_is_asked_for(tmp_path: Path, name: str) -> None:
    assert name not in COLUMNS
    rows = [a_row(), a_row("02:00", incident_state="Resolved")]
    others = [a_row(**{name: "x"}), a_row("02:00", incident_state="Resolved", **{name: "y"})]
    assert servicenow(tmp_path, *rows).rows == servicenow(tmp_path, *others).rows


@pytest.mark.data
def test_the_real_file_which_is_packed(third_party: Path) -> None:
    found = Found("servicenow", [third_party / "incidents_servicenow" / "incident_event_log_head.csv.gz"])
    assert (found.counts, found.reading.unchanged) == ((5_998, 0, 0), 1_653)
    kinds = Counter(event.type for event in found.events)
    assert (kinds["contact_created"], sum(kinds.values())) == (890, 4_956)
    assert reopened(found.events) == (10, 11)


def reopened(events: Iterable[SupportEvent]) -> tuple[int, int]:
    """How many contacts came back from the dead, and how often."""
    status: dict[str, str] = {}
    found: Counter[str] = Counter()
    for event in (one for one in events if one.status != "unknown"):
        over = status.get(event.contact_id) in ("solved", "closed")
        found[event.contact_id] += over and event.status not in ("solved", "closed")
        status[event.contact_id] = event.status
    assert set(status.values()) == {"closed"}
    return sum(count > 0 for count in found.values()), found.total()
