"""Incident logs as ServiceNow's audit gives them: after each update a row with all that holds then.

Only what is different from the row before becomes an event, one for each row: status, priority, team and
agent together. The rows of an incident stand in the order in which they happened, which counts more than
their times (to the minute): one that claims to be later than the next happened no later than the next. An
incident was opened at ``opened_at`` or at its first row, whatever was earlier, and is new until a row says
otherwise. The log holds no messages, so none is made up: what waits for a reply has nothing to start it.

Read are number, incident_state, sys_mod_count, caller_id, opened_at, sys_updated_at, contact_type, priority,
assignment_group and assigned_to. ``?`` is a missing value, and leaves what was known. Times are in UTC.

Not read, because they stand on earlier rows too and tell the future: resolved_at, resolved_by, closed_at,
closed_code, problem_id, rfc, vendor, caused_by. Nor made_sla: it turns false with the closing row, and says
what a clock is to find out. The counters reopen_count and reassignment_count follow from the events.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from schemas import topics
from schemas.events import SupportEvent
from schemas.ids import derive
from schemas.words import ContactChannel, ContactStatus, Millis, Priority
from streams.errors import FixInput
from streams.formats.base import Dead, DeadRow, Found, Identity, Row, Silent, checked
from streams.formats.changes import change_type
from streams.formats.table import Cells, parsed

COLUMNS = (
    "number",
    "sys_updated_at",
    "sys_mod_count",
    "incident_state",
    "priority",
    "assignment_group",
    "assigned_to",
    "opened_at",
    "caller_id",
    "contact_type",
)
MISSING = ("", "?")
STATES: dict[str, ContactStatus] = {
    "New": "new",
    "Active": "open",
    "In Progress": "open",
    "On Hold": "on_hold",
    "Awaiting User Info": "pending",
    "Awaiting Problem": "on_hold",
    "Awaiting Vendor": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "solved",
    "Closed": "closed",
    "Canceled": "closed",
}
PRIORITIES: dict[str, Priority] = {"1": "urgent", "2": "high", "3": "normal", "4": "low", "5": "low"}
"""By the number before the name, such as in ``3 - Moderate``; 5 is Planning."""
CHANNELS: dict[str, ContactChannel] = {
    "phone": "phone",
    "email": "email",
    "self service": "web_form",
    "self-service": "web_form",
    "chat": "chat",
    "virtual_agent": "chat",
}
MINUTE_FORMAT = "%d-%m-%Y %H:%M"


class Revision(NamedTuple):
    """One row. ``values``: what it says of the incident's state, by the names of the event's fields."""

    number: str
    at: Millis
    line: int
    event_id: str
    opened_at: Millis
    caller: str | None
    channel: ContactChannel
    values: dict[str, Any]


class Servicenow:
    """See the module."""

    name = "servicenow"
    in_order = False

    def rows(self, file: Path, identity: Identity) -> Iterator[Found]:
        """The rows of a file. ``identity`` changes nothing: the caller is the customer.

        Raises FixInput also if most rows of an incident stand in reverse order.
        """
        revisions: list[Revision] = []
        for row in parsed(file, COLUMNS, revision):
            if isinstance(row, DeadRow):
                yield row
            else:
                revisions.append(row)
        revisions.sort(key=attrgetter("number"))
        _refuse_reversed(file, revisions)
        for _, incident in groupby(revisions, attrgetter("number")):
            yield from told(list(incident))


def revision(cells: Cells) -> Revision:
    """One row. Raises Dead."""
    number, updated, _, state, priority, team, agent, opened, caller, channel = (
        None if cell in MISSING else cell for cell in cells.wanted
    )
    if number is None:
        raise Dead("empty_id: number is missing")
    values = {
        "status": _known("incident_state", state, STATES),
        "priority": _known("priority", priority and priority.partition(" ")[0], PRIORITIES),
        "team": team,
        "agent_id": agent,
    }
    found = Revision(
        number=number,
        at=moment(updated or ""),
        line=cells.line,
        event_id=derive("servicenow", *(cell or "" for cell in cells.wanted)),
        opened_at=moment(opened or ""),
        caller=caller,
        channel=CHANNELS.get((channel or "").lower(), "unknown"),
        values={name: value for name, value in values.items() if value is not None},
    )
    for at in (found.opened_at, found.at):
        _row(_event(found, found, at, found.values, created=True))
    return found


def told(incident: list[Revision]) -> Iterator[Row | Silent]:
    """What the rows of one incident say, in their order."""
    first, known, seen = incident[0], {"status": "new"}, set[str]()
    times = _no_later_than_the_next(incident)
    opened_at = min(first.opened_at, times[0])
    if opened_at < times[0]:
        yield _row(_event(first, first, opened_at, known, created=True), rows=0)
    for row, at in zip(incident, times, strict=True):
        changes = {name: value for name, value in row.values.items() if known.get(name) != value}
        if row is first and at == opened_at:
            yield _row(_event(first, row, at, known | row.values, created=True))
        elif changes and row.event_id not in seen:
            yield _row(_event(first, row, at, changes))
        else:
            yield Silent(at, repeated=row.event_id in seen)
        seen.add(row.event_id)
        known = known | changes


def _row(event: SupportEvent, rows: int = 1) -> Row:
    return checked(Row(topics.SUPPORT, event, event.event_id, rows))


def _event(
    first: Revision, row: Revision, at: Millis, changes: Mapping[str, Any], *, created: bool = False
) -> SupportEvent:
    """What a row says. Who asks, and where, is what the first row of the incident says."""
    return SupportEvent(
        event_id=derive("servicenow opened", first.number) if created else row.event_id,
        occurred_at=at,
        received_at=at,
        sequence=None if created else row.line,
        source="servicenow",
        profile_id=first.caller or first.number,
        contact_id=first.number,
        type="contact_created" if created else change_type(changes),
        channel=first.channel,
        **changes,
    )


def _no_later_than_the_next(incident: list[Revision]) -> list[Millis]:
    """When each row happened."""
    times = [row.at for row in incident]
    for place in range(len(times) - 1, 0, -1):
        times[place - 1] = min(times[place - 1], times[place])
    return times


def _refuse_reversed(file: Path, revisions: Iterable[Revision]) -> None:
    """Most steps from row to row of an incident have to lead forward."""
    forward = backward = 0
    for a, b in pairwise(revisions):
        forward += a.number == b.number and a.at < b.at
        backward += a.number == b.number and a.at > b.at
    if backward > forward:
        raise FixInput(f"{file}: the rows of an incident stand in reverse order; sort them by sys_updated_at")


def _known(column: str, text: str | None, words: Mapping[str, Any]) -> Any:
    if text is None or text in words:
        return text and words[text]
    raise Dead(f"{column} {text[:40]!r} is not known")


@lru_cache(maxsize=1024)
def moment(text: str) -> Millis:
    """``29-02-2016 01:16``, in UTC. Raises Dead."""
    try:
        return int(datetime.strptime(text, MINUTE_FORMAT).replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        raise Dead(f"impossible_time: {text!r} is no time such as 29-02-2016 01:16") from None
