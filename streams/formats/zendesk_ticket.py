"""One ticket of a Zendesk export, told in the order of time. See ``zendesk``."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from schemas import topics
from schemas.events import SupportEvent
from schemas.ids import derive
from schemas.words import AuthorRole, MessageKind, Millis
from streams.formats.base import Dead, DeadRow, Found, Row, Silent, checked
from streams.formats.changes import TYPES, change_type
from streams.formats.zendesk_tables import Change, Comment, Ticket, User, Value
from streams.rules.closing_phrase import closing_phrase

SYSTEM = User("-1", "system")
"""Whoever writes for triggers and automations; no table has it."""
AGENTS = ("agent", "light_agent")

Users = Mapping[str, User]
News = dict[str, list[Change]]
"""The changes of one moment, by field."""
_Placed = Ticket | Change | Comment


class Update(NamedTuple):
    """What happened to a ticket at one moment."""

    at: Millis
    comments: list[Comment]
    changes: list[Change]


def told(
    ticket: Ticket, changes: Iterable[Change], comments: Iterable[Comment], users: Users
) -> Iterator[Found]:
    """What happened to a ticket. ``users`` has the author of each comment."""
    telling = _Telling(ticket, common(ticket, changes, users), users)
    updates: dict[Millis, Update] = {}
    for comment in comments:
        updates.setdefault(comment.at, Update(comment.at, [], [])).comments.append(comment)
    for change in changes:
        updates.setdefault(change.at, Update(change.at, [], [])).changes.append(change)
    created_at = min(ticket.at, *updates)
    yield from telling.created(updates.pop(created_at, Update(created_at, [], [])))
    for at in sorted(updates):
        yield from telling.updated(updates[at])


def common(ticket: Ticket, changes: Iterable[Change], users: Users) -> dict[str, Any]:
    """What all events of a ticket say."""
    requesters = [row for row in changes if row.field == "requester" and row.value]
    first = min(requesters, key=attrgetter("at"), default=None)
    requester = str(first.value) if first else ticket.requester
    by_agent = _role(ticket.submitter, users) in AGENTS and ticket.submitter != requester
    return {
        "source": "zendesk",
        "profile_id": requester,
        "contact_id": ticket.ticket_id,
        "channel": ticket.channel,
        "for_agent": _role(requester, users) in AGENTS,
        "forwarded": ticket.channel == "email" and by_agent,
    }


class _Telling:
    """Events, one after the other, and what holds by then."""

    def __init__(self, ticket: Ticket, common: Mapping[str, Any], users: Users) -> None:
        self._ticket = ticket
        self._common = common
        self._users = users
        self._holds: dict[str, Value] = {"tags": ()}
        self._sequence = 0

    def created(self, update: Update) -> Iterator[Found]:
        """The creation, with all that held from the beginning; comments follow."""
        news, silent = self._news(update.changes)
        yield from silent
        by = self._by(self._ticket.submitter)
        yield self._row(
            "created", update.at, [self._ticket, *_all(news)], type="contact_created", **by, **_said(news)
        )
        for comment in update.comments:
            yield self._message(comment, {})

    def updated(self, update: Update) -> Iterator[Found]:
        """Tags, then messages; whatever else has changed is said with the last one, if there is any."""
        news, silent = self._news(update.changes)
        yield from silent
        if tags := news.pop("tags", None):
            yield self._row(f"tags {update.at}", update.at, tags, type="tags_changed", tags=tags[-1].value)
        for comment in update.comments:
            yield self._message(comment, news if comment is update.comments[-1] else {})
        if news and not update.comments:
            kind = change_type(news)
            yield self._row(f"changed {update.at}", update.at, _all(news), type=kind, **_said(news))

    def _message(self, comment: Comment, news: News) -> Row | DeadRow:
        by = self._by(comment.author)
        return self._row(
            f"comment {comment.comment_id}",
            comment.at,
            [comment, *_all(news)],
            message_id=comment.comment_id,
            public=comment.public,
            **by,
            **_spoken(comment, by["author_role"]),
            **_said(news),
        )

    def _row(self, what: str, at: Millis, made_of: Sequence[_Placed], **fields: Any) -> Row | DeadRow:
        event = SupportEvent(
            event_id=derive("zendesk", self._ticket.ticket_id, what),
            occurred_at=at,
            received_at=at,
            sequence=self._sequence,
            **self._common,
            **fields,
        )
        self._sequence += 1
        try:
            return checked(Row(topics.SUPPORT, event, event.event_id, len(made_of)))
        except Dead as dead:
            return DeadRow(made_of[0].place, str(dead))

    def _news(self, changes: Iterable[Change]) -> tuple[News, list[Silent]]:
        """What is new, by field, and what isn't."""
        news: News = defaultdict(list)
        silent, seen = [], set()
        for change in changes:
            field, value = change.field, change.value
            if field not in TYPES or value in (None, self._holds.get(field)):
                silent.append(Silent(change.at, repeated=field is not None and (field, value) in seen))
            else:
                news[field].append(change)
                self._holds[field] = value
            seen.add((field, value))
        return news, silent

    def _by(self, author: str) -> dict[str, Any]:
        return {"author_id": author, "author_role": _role(author, self._users)}


def _spoken(comment: Comment, role: AuthorRole) -> dict[str, Any]:
    """How a comment is called, by who wrote it."""
    if role == "end_user":
        phrase = closing_phrase(comment.body)
        return {"type": "message_received", "kind": "customer_message", "closing_phrase": phrase}
    kind: MessageKind = "human_reply" if comment.public else "internal_note"
    return {"type": "message_sent", "kind": "bot" if role == "system" else kind}


def _role(user_id: str, users: Users) -> AuthorRole:
    return users[user_id].role if user_id in users else "unknown"


def _all(news: News) -> list[Change]:
    return [change for changes in news.values() for change in changes]


def _said(news: News) -> dict[str, Value]:
    """The values; of two for one field in one second the last in the file."""
    return {field: changes[-1].value for field, changes in news.items()}
