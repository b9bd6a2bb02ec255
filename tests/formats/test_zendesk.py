"""Zendesk's tables: tickets, comments and field history become what happened, and when."""

import gzip
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.events import SupportEvent
from schemas.jsonl import to_iso, to_json
from streams.errors import FixInput
from tests.formats.files import Found, written
from tests.formats.zendesk_folders import (
    TICKET,
    USERS,
    change,
    comment,
    export,
    filled,
    zendesk,
)


def said(event: SupportEvent) -> dict[str, Any]:
    """What an event says of the state of the contact."""
    values = {name: getattr(event, name) for name in ("status", "priority", "team", "agent_id", "tags")}
    return {name: value for name, value in values.items() if value not in (None, "unknown", ())}


def test_the_creation_says_what_holds_from_the_beginning(tmp_path: Path) -> None:
    changes = (change(0, "priority", "high"), change(0, "group_id", "77"), change(0, "tags", "vip new"))
    found = zendesk(tmp_path, changes=changes, comments=(comment(0, "u"),))
    created, asked = found.events
    assert (created.type, created.contact_id, created.profile_id) == ("contact_created", "9", "u")
    assert (created.channel, created.author_id, created.author_role) == ("email", "u", "end_user")
    assert said(created) == {"status": "open", "priority": "high", "team": "77", "tags": ("new", "vip")}
    assert (asked.type, said(asked), asked.occurred_at) == ("message_received", {}, created.occurred_at)
    assert created.sequence < asked.sequence
    assert found.counts == (6, 0, 0)


def test_a_history_older_than_the_ticket_begins_with_its_creation(tmp_path: Path) -> None:
    found = zendesk(tmp_path, ticket=(TICKET.replace("10:00", "17:00"),))
    (created,) = found.events
    assert (created.type, created.status) == ("contact_created", "open")
    assert to_iso(created.occurred_at) == "2024-03-13T10:00:00.000Z"


@pytest.mark.parametrize(
    ("author", "public", "kind", "expected"),
    [
        pytest.param("u", "TRUE", "message_received", ("customer_message", "end_user", True), id="requester"),
        pytest.param("v", "true", "message_received", ("customer_message", "end_user", True), id="another"),
        pytest.param("u", "FALSE", "message_received", ("customer_message", "end_user", False), id="private"),
        pytest.param("a", "TRUE", "message_sent", ("human_reply", "agent", True), id="agent"),
        pytest.param("b", "TRUE", "message_sent", ("human_reply", "agent", True), id="admin"),
        pytest.param("a", "FALSE", "message_sent", ("internal_note", "agent", False), id="note"),
        pytest.param("l", "FALSE", "message_sent", ("internal_note", "light_agent", False), id="light agent"),
        pytest.param("-1", "TRUE", "message_sent", ("bot", "system", True), id="a trigger"),
        pytest.param("-1", "FALSE", "message_sent", ("bot", "system", False), id="a trigger's note"),
    ],
)
def test_comments(
    tmp_path: Path, author: str, public: str, kind: str, expected: tuple[str, str, bool]
) -> None:
    event = zendesk(tmp_path, comments=(comment(5, author, public=public),)).events[1]
    assert (event.type, (event.kind, event.author_role, event.public)) == (kind, expected)
    assert (event.author_id, event.message_id) == (author, f"{author}5{public}")
    assert event.profile_id == "u"


@pytest.mark.parametrize(
    ("field", "value", "kind", "says"),
    [
        ("status", "pending", "status_changed", {"status": "pending"}),
        ("status", "hold", "status_changed", {"status": "on_hold"}),
        ("status", "on-hold", "status_changed", {"status": "on_hold"}),
        ("status", "solved", "status_changed", {"status": "solved"}),
        ("status", "closed", "status_changed", {"status": "closed"}),
        ("status", "deleted", "status_changed", {"status": "closed"}),
        ("status", "new", "status_changed", {"status": "new"}),
        ("priority", "urgent", "priority_changed", {"priority": "urgent"}),
        ("assignee_id", "a", "assigned", {"agent_id": "a"}),
        ("group_id", "77", "assigned", {"team": "77"}),
        ("tags", "vip, eu", "tags_changed", {"tags": ("eu", "vip")}),
        ("tags", '[""vip"", ""eu""]', "tags_changed", {"tags": ("eu", "vip")}),
    ],
)
def test_changes(tmp_path: Path, field: str, value: str, kind: str, says: dict[str, Any]) -> None:
    event = zendesk(tmp_path, changes=(change(5, field, value),)).events[1]
    assert (event.type, said(event)) == (kind, says)


def test_tags_may_go(tmp_path: Path) -> None:
    changes = (change(5, "tags", "vip"), change(6, "tags", ""))
    assert [(e.type, e.tags) for e in zendesk(tmp_path, changes=changes).events[1:]] == [
        ("tags_changed", ("vip",)),
        ("tags_changed", ()),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("status", "open", id="what holds"),
        pytest.param("priority", "", id="a priority taken away"),
        pytest.param("assignee_id", "", id="nobody's"),
        pytest.param("tags", "", id="no tags as before"),
        pytest.param("subject", "Kettle", id="a field that heedful doesn't know"),
    ],
)
def test_changes_that_say_nothing_new(tmp_path: Path, field: str, value: str) -> None:
    found = zendesk(tmp_path, changes=(change(5, "priority", "low"), change(6, field, value)))
    assert (len(found.events), found.counts, found.reading.unchanged) == (2, (4, 0, 0), 1)


def test_the_requester_is_the_first_whom_the_history_has(tmp_path: Path) -> None:
    changes = (change(9, "requester_id", "b"), change(0, "requester_id", "v"), change(5, "status", "closed"))
    found = zendesk(tmp_path, changes=changes)
    assert {event.profile_id for event in found.events} == {"v"}
    assert found.reading.unchanged == 2


def test_one_update_is_one_event(tmp_path: Path) -> None:
    changes = (change(5, "status", "solved"), change(5, "assignee_id", "a"))
    found = zendesk(tmp_path, changes=changes, comments=(comment(5, "a"),))
    event = found.events[1]
    assert (event.kind, said(event)) == ("human_reply", {"status": "solved", "agent_id": "a"})
    assert (len(found.events), found.counts) == (2, (5, 0, 0))


def test_a_question_that_reopens_is_one_event(tmp_path: Path) -> None:
    changes = (change(4, "status", "pending"), change(5, "status", "open"))
    events = zendesk(tmp_path, changes=changes, comments=(comment(5, "u"),)).events
    assert [(event.kind, event.status) for event in events[1:]] == [
        ("unknown", "pending"),
        ("customer_message", "open"),
    ]


def test_of_several_comments_the_last_has_what_changed_and_tags_come_first(tmp_path: Path) -> None:
    changes = (change(5, "status", "solved"), change(5, "tags", "done"))
    comments = (comment(5, "a"), comment(5, "b"))
    events = zendesk(tmp_path, changes=changes, comments=comments).events[1:]
    assert [(event.type, said(event)) for event in events] == [
        ("tags_changed", {"tags": ("done",)}),
        ("message_sent", {}),
        ("message_sent", {"status": "solved"}),
    ]
    assert [event.sequence for event in events] == sorted(event.sequence for event in events)


@pytest.mark.parametrize(
    ("ticket", "for_agent", "forwarded"),
    [
        pytest.param("u,u,email", False, False, id="a customer writes"),
        pytest.param("u,a,email", False, True, id="an agent forwards"),
        pytest.param("u,a,web", False, False, id="an agent fills a form in"),
        pytest.param("a,a,email", True, False, id="between colleagues"),
        pytest.param("l,a,web", True, False, id="for a light agent"),
        pytest.param("z,z,email", False, False, id="nobody knows them"),
    ],
)
def test_who_asks(tmp_path: Path, ticket: str, for_agent: bool, forwarded: bool) -> None:
    found = zendesk(tmp_path, ticket=(TICKET.replace("u,u,email", ticket),))
    assert {(event.for_agent, event.forwarded) for event in found.events} == {(for_agent, forwarded)}


@pytest.mark.parametrize(
    ("via", "channel"),
    [("web", "web_form"), ("chat", "chat"), ("voice", "phone"), ("twitter", "social"), ("api", "unknown")],
)
def test_channels(tmp_path: Path, via: str, channel: str) -> None:
    (event,) = zendesk(tmp_path, ticket=(TICKET.replace("email", via),)).events
    assert event.channel == channel


def test_a_closing_phrase_is_told_and_the_text_is_not(tmp_path: Path) -> None:
    comments = (comment(5, "u", "Great, thanks!"), comment(6, "u", "SECRET"), comment(7, "a", "Thanks!"))
    found = zendesk(tmp_path, comments=comments)
    assert [event.closing_phrase for event in found.events] == [None, "great thanks", None, None]
    assert "SECRET" not in str(found.rows)


def test_a_text_may_have_lines_commas_and_quotation_marks(tmp_path: Path) -> None:
    body = 'Thanks,\n\n"bye"\r\nbye'
    found = zendesk(tmp_path, comments=(comment(5, "u", body), comment(6, "a")))
    assert [event.closing_phrase for event in found.events] == [None, "thanks bye bye", None]
    assert found.dead == []


def test_a_stray_quotation_mark_swallows_nothing(tmp_path: Path) -> None:
    stray = '7,9,u,2024-03-13 10:03:00,TRUE,"oh'
    found = zendesk(tmp_path, comments=(stray, comment(5, "u", "bye"), comment(6, "a", "two\nlines")))
    assert [event.message_id for event in found.events] == [None, "u5TRUE", "a6TRUE"]
    assert [(dead.place.line, "not a row" in dead.reason) for dead in found.dead] == [(2, True)]


def test_identical_rows_are_one_event(tmp_path: Path) -> None:
    twice = (change(5, "status", "solved"),) * 2
    found = zendesk(tmp_path, changes=twice, comments=(comment(5, "a"),) * 2, ticket=(TICKET,) * 2)
    assert [event.status for event in found.events] == ["open", "solved"]
    assert found.counts == (7, 3, 0)


def test_of_two_values_in_one_second_the_last_in_the_file_holds(tmp_path: Path) -> None:
    changes = tuple(change(5, "status", value) for value in ("solved", "pending", "solved"))
    found = zendesk(tmp_path, changes=changes)
    assert ([event.status for event in found.events], found.counts) == (["open", "solved"], (5, 0, 0))


def changed(minute: int, field: str, value: str, ticket: str = "9") -> dict[str, Any]:
    return {"changes": (change(minute, field, value, ticket),)}


def commented(author: str, **more: str) -> dict[str, Any]:
    return {"comments": (comment(5, author, **more),)}


MANY = " ".join(map(str, range(101)))
OTHER = TICKET.replace("9,", "8,", 1)


@pytest.mark.parametrize(
    ("tables", "place", "reason"),
    [
        pytest.param(
            commented("u", ticket="8"), "ticket_comment.csv:2", "ticket 8", id="comment of no ticket"
        ),
        pytest.param(commented("x"), "ticket_comment.csv:2", "user x", id="comment by nobody"),
        pytest.param(commented("u", public="?"), "ticket_comment.csv:2", "public '?'", id="public or not"),
        pytest.param(
            changed(5, "status", "open", "8"), "history.csv:3", "ticket 8", id="change of no ticket"
        ),
        pytest.param(changed(5, "status", "lost"), "history.csv:3", "'lost'", id="status"),
        pytest.param(changed(5, "priority", "medium"), "history.csv:3", "'medium'", id="priority"),
        pytest.param(changed(5, "tags", "[x"), "history.csv:3", "no list", id="tags"),
        pytest.param(changed(5, "tags", MANY), "history.csv:3", "too_long", id="101 tags"),
        pytest.param({"changes": ("9,status,noon,open",)}, "history.csv:3", "impossible_time", id="time"),
        pytest.param({"ticket": (TICKET, OTHER)}, "ticket.csv:3", "status that ticket 8 had", id="no status"),
        pytest.param({"ticket": (TICKET, "8")}, "ticket.csv:3", "1 columns", id="a short row"),
        pytest.param({"user": (*USERS.values(), "x,robot,FALSE")}, "user.csv:6", "'robot'", id="role"),
        pytest.param(
            {"user": (*USERS.values(), "x,agent,")}, "user.csv:6", "only_private", id="light or not"
        ),
    ],
)
def test_a_dead_row_is_reported_and_does_not_stop_the_rest(
    tmp_path: Path, tables: dict[str, Any], place: str, reason: str
) -> None:
    found = zendesk(tmp_path, **tables)
    assert [event.type for event in found.events] == ["contact_created"]
    (dead,) = found.dead
    assert str(dead.place).endswith(place)
    assert reason in dead.reason


def test_a_ticket_of_nobody_is_dead(tmp_path: Path) -> None:
    found = zendesk(tmp_path, ticket=(TICKET.replace("u,u", ","),))
    assert found.events == []
    assert "empty_id" in found.dead[0].reason


def test_an_export_without_some_tables_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path)
    (folder / "user.csv").unlink()
    (folder / "ticket_comment.csv").unlink()
    with pytest.raises(FixInput, match=r"lacks the tables user\.csv, ticket_comment\.csv"):
        Found("zendesk", [folder])


def test_a_table_without_some_columns_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path)
    written(folder, "id,created_at,requester_id,status", name="ticket.csv")
    with pytest.raises(FixInput, match=r"ticket\.csv: lacks the columns submitter_id, via_channel"):
        Found("zendesk", [folder])


def test_a_table_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path)
    (folder / "ticket_data.csv").write_text("")
    with pytest.raises(FixInput, match=r"ticket\.csv and ticket_data\.csv are the same table"):
        Found("zendesk", [folder])


@pytest.mark.parametrize("exists", [True, False])
def test_a_file_is_refused(tmp_path: Path, exists: bool) -> None:
    file = written(tmp_path, "id", name="ticket.csv") if exists else tmp_path / "none"
    with pytest.raises(FixInput, match=r"is not a folder; an export of Zendesk is a folder with user\.csv"):
        Found("zendesk", [file])


def test_a_folder_is_refused_by_other_formats(tmp_path: Path) -> None:
    with pytest.raises(FixInput, match="can't be read: Is a directory"):
        Found("servicenow", [tmp_path])


def test_tables_may_be_packed_and_named_in_capitals(tmp_path: Path) -> None:
    folder = export(tmp_path)
    plain = folder / "ticket.csv"
    (folder / "TICKET_data.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert Found("zendesk", [folder]).counts == (2, 0, 0)


def minutes(events: list[SupportEvent], until: int) -> dict[str, int]:
    """How long each status lasted, from nothing but the events."""
    told = [(event.occurred_at, event.status) for event in events if event.status != "unknown"]
    found: dict[str, int] = defaultdict(int)
    for (begin, status), (end, _) in pairwise([*told, (until, "closed")]):
        found[status] += (end - begin) // 60_000
    return found


@pytest.mark.data
def test_ticket_11071(third_party: Path) -> None:
    found = Found("zendesk", [third_party / "helpdesk_zendesk" / "seeds"])
    assert {event.contact_id for event in found.events} == {"11071"}
    lasted = minutes(found.events, found.events[-1].occurred_at)
    assert (lasted["open"], lasted["on_hold"], lasted["pending"]) == (43_200, 28_800, 40_320)
    assert lasted["new"] + lasted["open"] + lasted["on_hold"] == 72_000
    priorities = [event.priority for event in found.events if event.priority != "unknown"]
    assert priorities == ["normal", "high", "urgent"]
    assert found.events[0].priority == "normal"


@pytest.mark.data
def test_the_real_folder_is_made_of_fragments(third_party: Path) -> None:
    found = Found("zendesk", [third_party / "helpdesk_zendesk" / "seeds"])
    assert (found.counts, found.reading.unchanged, len(found.events)) == ((68, 0, 49), 1, 13)
    tables = Counter(one.place.file.name for one in found.dead)
    assert tables == {
        "ticket_data.csv": 9,
        "ticket_comment_data.csv": 20,
        "ticket_field_history_data.csv": 20,
    }


@pytest.mark.data
@pytest.mark.parametrize("junk", ["", "urgent", "closed", "2019-01-01 00:00:00", "77"])
def test_columns_that_tell_the_future_change_nothing(third_party: Path, tmp_path: Path, junk: str) -> None:
    source = third_party / "helpdesk_zendesk" / "seeds"
    spoilt = filled(source, tmp_path, junk, also={"ticket": {"requester_id"}})
    expected = [to_json(event) for event in Found("zendesk", [source]).events]
    assert expected
    assert [to_json(event) for event in Found("zendesk", [spoilt]).events] == expected
