"""What a contact remembers of one event, and what the event means for those who wait."""

from typing import TypeAlias

import msgspec

from schemas.events import SupportEvent
from schemas.words import (
    AuthorRole,
    ContactChannel,
    ContactStatus,
    MessageKind,
    Millis,
    Priority,
    SupportType,
)

ASKS = ("customer_message", "call_missed", "voicemail")
"""Kinds of message after which a customer waits; so does whatever else came from outside, unclassified."""
STAFF = ("agent", "light_agent", "system")
STOPPED = ("solved", "closed")
Order: TypeAlias = tuple[Millis, int, str]
"""Moment, sequence and id of an event: the order of the events of one key, as kernels apply them."""


class Entry(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One event of a contact, without what no clock asks about. ``tier_changed`` comes from the profile."""

    at: Millis
    sequence: int | None
    event_id: str
    type: SupportType | str
    kind: MessageKind = "unknown"
    public: bool = True
    channel: ContactChannel = "unknown"
    status: ContactStatus = "unknown"
    priority: Priority = "unknown"
    team: str | None = None
    agent_id: str | None = None
    product_id: str | None = None
    author_role: AuthorRole = "unknown"
    for_agent: bool = False
    forwarded: bool = False
    tags: tuple[str, ...] = ()
    tier: str | None = None
    closing_phrase: str | None = None
    merged_into: str | None = None
    window_from: Millis | None = None
    window_until: Millis | None = None

    @property
    def order(self) -> Order:
        """Its place among the events of its key."""
        return (self.at, -1 if self.sequence is None else self.sequence, self.event_id)

    @property
    def stops(self) -> bool:
        """The contact is solved, closed, or taken over by another."""
        return self.status in STOPPED or self.type == "merged"

    @property
    def by_staff(self) -> bool:
        """A colleague did it, as far as is known."""
        return self.author_role in STAFF or self.kind in ("human_reply", "internal_note", "call_answered")

    @property
    def is_note(self) -> bool:
        """Something that the customer does not see."""
        return self.kind == "internal_note" or (self.kind == "human_reply" and not self.public)


def entry(event: SupportEvent) -> Entry:
    """What is remembered of an event of the help desk."""
    return Entry(
        at=event.occurred_at,
        sequence=event.sequence,
        event_id=event.event_id,
        type=event.type,
        kind=event.kind,
        public=event.public,
        channel=event.channel,
        status=event.status,
        priority=event.priority,
        team=event.team,
        agent_id=event.agent_id,
        product_id=event.product_id,
        author_role=event.author_role,
        for_agent=event.for_agent,
        forwarded=event.forwarded,
        tags=event.tags,
        tier=event.tier,
        closing_phrase=event.closing_phrase,
        merged_into=event.merged_into,
        window_from=event.window_from,
        window_until=event.window_until,
    )


def asks(one: Entry) -> bool:
    """Whether a customer waits for an answer to it. Whoever wrote from outside, and public or not."""
    if one.kind in ASKS:
        return True
    outside = one.type == "message_received" or (one.type == "message_sent" and one.author_role == "end_user")
    return one.kind == "unknown" and outside and one.author_role not in STAFF


def answers(one: Entry, bots: bool = False) -> bool:
    """Whether a human answered, for the customer to see or hear. ``bots``: or a machine, if that counts."""
    spoken = one.kind == "human_reply" or (bots and one.kind == "bot")
    written = spoken and one.public and one.type != "message_received" and one.author_role != "end_user"
    return written or one.kind == "call_answered" or one.type == "callback_reached"
