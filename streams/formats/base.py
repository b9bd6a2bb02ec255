"""What every file format gives: native events, row by row, and what was wrong with the other rows."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from schemas import topics, validation
from schemas.conversion import units
from schemas.errors import Unencodable
from schemas.topics import Topic
from schemas.words import Millis

Identity: TypeAlias = Literal["session", "user"]
"""Which column is the visitor. With ``session`` no customer is assumed; with ``user`` it is the user."""

AHEAD: Millis = 300_000
"""An event may have occurred at most this much after it was received; more is a broken clock."""


class Place(NamedTuple):
    """A line of a file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Row(NamedTuple):
    """One row, mapped to a native event. ``content``: equal for identical rows only.

    ``rows``: of how many rows it was made, where that isn't one: the further events of a row are made of
    none, and several rows about one moment may be one event.
    """

    topic: Topic
    event: Any
    content: str
    rows: int = 1

    @property
    def key(self) -> str:
        """The key of its message."""
        return topics.key(
            self.event.shop_id,
            self.event.visitor_id if self.topic.key == "visitor" else self.event.profile_id,
        )


class Silent(NamedTuple):
    """A row that was read and is no event: nothing has changed, or (``repeated``) it stands there twice."""

    at: Millis
    repeated: bool = False


class DeadRow(NamedTuple):
    """A row that can't be read or obeyed, and why."""

    place: Place
    reason: str


Found: TypeAlias = Row | Silent | DeadRow
"""What a row may turn out to be."""


class Dead(Exception):
    """The row at hand is dead; the message says why."""


class Format(Protocol):
    """A file format. ``in_order``: its files stand in the order of time, and may be longer than memory."""

    name: str
    in_order: bool

    def rows(self, file: Path, identity: Identity) -> Iterator[Found]:
        """The rows of a file. Raises FixInput if it is another format, naming what it lacks."""


def checked(row: Row) -> Row:
    """The row, if its event may be obeyed. Raises Dead; kernels and landing use the same function."""
    fault = validation.fault(row.event)
    if fault is not None:
        raise Dead(f"{fault.reason}: {fault.detail}")
    if row.event.occurred_at - row.event.received_at > AHEAD:
        raise Dead("impossible_time: occurred_at is more than 5 minutes after received_at")
    return row


def amount(text: str) -> Decimal | None:
    """An amount of money; None if empty. Raises Dead."""
    if not text:
        return None
    try:
        found = Decimal(text)
        units(found)
    except (InvalidOperation, Unencodable):
        raise Dead(f"{text!r} is no amount of at most 14 digits and 4 decimals") from None
    return found
