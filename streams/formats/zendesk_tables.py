"""The tables of a Zendesk export that heedful reads, and what a row of each says. See ``zendesk``."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from schemas.jsonl import to_millis
from schemas.words import AuthorRole, ContactChannel, ContactStatus, Millis, Priority
from streams.errors import FixInput
from streams.formats.base import Dead, DeadRow, Place
from streams.formats.table import Cells, parsed

COLUMNS = {
    "user": ("id", "role", "only_private_comments"),
    "ticket": ("id", "created_at", "requester_id", "submitter_id", "via_channel"),
    "ticket_field_history": ("ticket_id", "field_name", "updated", "value"),
    "ticket_comment": ("id", "ticket_id", "user_id", "created", "public", "body"),
}
"""What is read, by table. Whatever isn't listed here can't change an event."""

ROLES: dict[str, AuthorRole] = {"end-user": "end_user", "agent": "agent", "admin": "agent"}
STATUSES: dict[str, ContactStatus] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "on_hold",
    "on-hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "deleted": "closed",
}
PRIORITIES: dict[str, Priority] = {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent"}
CHANNELS: dict[str, ContactChannel] = {
    "email": "email",
    "web": "web_form",
    "chat": "chat",
    "native_messaging": "chat",
    "voice": "phone",
    "sms": "sms",
    "twitter": "social",
    "facebook": "social",
    "instagram_dm": "social",
    "whatsapp": "social",
    "forum": "forum",
}
TRUTHS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}

Value = str | tuple[str, ...] | None


class User(NamedTuple):
    """Somebody who writes."""

    user_id: str
    role: AuthorRole


class Ticket(NamedTuple):
    """What never changes of a ticket; ``requester``: today's."""

    place: Place
    ticket_id: str
    at: Millis
    requester: str
    submitter: str
    channel: ContactChannel


class Change(NamedTuple):
    """A field that got a value. ``field``: as events call it, if they do; ``value``: None if emptied."""

    place: Place
    ticket_id: str
    at: Millis
    field: str | None
    value: Value


class Comment(NamedTuple):
    """A comment. ``body`` is looked at, and goes no further."""

    place: Place
    ticket_id: str
    at: Millis
    comment_id: str
    author: str
    public: bool
    body: str


Told = TypeVar("Told")


def find(folder: Path) -> dict[str, Path]:
    """The files of the tables: ``ticket.csv`` or ``ticket_data.csv``, plain or ``.gz``. Raises FixInput."""
    names = ", ".join(f"{table}.csv" for table in COLUMNS)
    if not folder.is_dir():
        raise FixInput(f"{folder}: is not a folder; an export of Zendesk is a folder with {names}")
    found: dict[str, list[Path]] = {table: [] for table in COLUMNS}
    for file in sorted(folder.iterdir()):
        found.get(_table_of(file.name), []).append(file)
    lacking = [f"{table}.csv" for table, files in found.items() if not files]
    if lacking:
        raise FixInput(f"{folder}: lacks the tables {', '.join(lacking)}")
    for files in found.values():
        if len(files) > 1:
            raise FixInput(f"{folder}: {files[0].name} and {files[1].name} are the same table; remove one")
    return {table: files[0] for table, files in found.items()}


def read(table: str, file: Path, parse: Callable[[Cells, Place], Told]) -> Iterator[Told | DeadRow]:
    """The rows of a table. Raises FixInput if it lacks columns."""
    return parsed(file, COLUMNS[table], lambda cells: parse(cells, Place(file, cells.line)), long=True)


def user(cells: Cells, place: Place) -> User:
    """A row of ``user``. Raises Dead."""
    user_id, role, private = cells.wanted
    found = _known("role", role, ROLES)
    light = found == "agent" and _truth("only_private_comments", private)
    return User(user_id, "light_agent" if light else found)


def ticket(cells: Cells, place: Place) -> Ticket:
    """A row of ``ticket``. Raises Dead."""
    ticket_id, created, requester, submitter, channel = cells.wanted
    return Ticket(
        place, ticket_id, moment(created), requester, submitter, CHANNELS.get(channel.lower(), "unknown")
    )


def change(cells: Cells, place: Place) -> Change:
    """A row of ``ticket_field_history``. Raises Dead."""
    ticket_id, name, updated, text = cells.wanted
    field, value_of = FIELDS.get(name, (None, str))
    return Change(place, ticket_id, moment(updated), field, value_of(text))


def comment(cells: Cells, place: Place) -> Comment:
    """A row of ``ticket_comment``. Raises Dead."""
    comment_id, ticket_id, author, created, public, body = cells.wanted
    return Comment(place, ticket_id, moment(created), comment_id, author, _truth("public", public), body)


@lru_cache(maxsize=1024)
def moment(text: str) -> Millis:
    """``2024-03-13 10:21:14``, in UTC where it names no zone. Raises Dead."""
    for zone in ("", "+00:00"):
        try:
            return to_millis(text + zone)
        except ValueError:
            continue
    raise Dead(f"impossible_time: {text[:40]!r} is no time such as 2024-03-13 10:21:14")


def _table_of(name: str) -> str:
    stem = name.lower().removesuffix(".gz")
    return stem.removesuffix(".csv").removesuffix("_data") if stem.endswith(".csv") else ""


def _status(text: str) -> Value:
    return _known("status", text, STATUSES)  # type: ignore[no-any-return]


def _priority(text: str) -> Value:
    return _known("priority", text, PRIORITIES) if text else None


def _reference(text: str) -> Value:
    return text or None


def _tags(text: str) -> Value:
    """As a JSON array, or with blanks or commas between. In one order, whatever the export's."""
    try:
        found = json.loads(text) if text.startswith("[") else text.replace(",", " ").split()
    except ValueError:
        raise Dead(f"tags {text[:40]!r} are no list") from None
    return tuple(sorted({str(tag) for tag in found}))


FIELDS: dict[str, tuple[str, Callable[[str], Value]]] = {
    "status": ("status", _status),
    "priority": ("priority", _priority),
    "assignee_id": ("agent_id", _reference),
    "group_id": ("team", _reference),
    "tags": ("tags", _tags),
    "requester_id": ("requester", _reference),
}
"""The fields of the history, as events call them."""


def _known(column: str, text: str, words: Mapping[str, Any]) -> Any:
    if text.lower() not in words:
        raise Dead(f"{column} {text[:40]!r} is not known")
    return words[text.lower()]


def _truth(column: str, text: str) -> bool:
    return bool(_known(column, text, TRUTHS))
