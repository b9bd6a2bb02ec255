"""What contacts remember of one contact: evidence, and the clocks that it started.

Every clock is an instance of a name (``first_reply``, ``acknowledgement``); a contact carries as many as its
policies ask for. Evidence is kept as moments, so that it may come in any order.
"""

import msgspec
from msgspec.structs import replace

from schemas.events import SupportEvent
from schemas.outputs import ContactState
from schemas.words import ContactChannel, ContactSignalKind, ContactStatus, Millis, Priority

ASKS = ("customer_message", "call_missed", "voicemail")
"""Kinds of message after which a customer waits; so does whatever else was received and nobody classified."""
STOPS = ("solved", "closed")


class Clock(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A clock that a customer's message started.

    ``answered_at`` and ``closed_at``: the earliest evidence that it ended. ``breached_id``: the signal that
    the answer was not given in time, while that stands. ``said``: kinds of signals given at its end.
    """

    name: str
    instance: int
    rules_version: str
    started_at: Millis
    priority: Priority
    due_at: Millis | None = None
    answered_at: Millis | None = None
    closed_at: Millis | None = None
    breached_id: str | None = None
    said: tuple[ContactSignalKind, ...] = ()

    @property
    def identity(self) -> tuple[str, int]:
        """Which clock of the contact it is."""
        return self.name, self.instance

    @property
    def ended_at(self) -> Millis | None:
        """When it ended: answered or closed, whatever came first."""
        return min((at for at in (self.answered_at, self.closed_at) if at is not None), default=None)

    @property
    def answered(self) -> bool:
        """Whether an answer ended it. An answer that closes the contact is an answer."""
        return self.answered_at is not None and self.answered_at == self.ended_at

    def late(self, at: Millis) -> bool:
        """Whether ``at`` is after it was due. Exactly when it is due is in time."""
        return self.due_at is not None and at > self.due_at

    @property
    def wake_at(self) -> Millis | None:
        """When it is breached, if nothing happens; None: never."""
        return None if self.ended_at is not None or self.breached_id else self.due_at


class Contact(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One contact of a customer.

    ``asked_at`` and ``last_asked_at``: first and last message of the customer. ``waiting_since``: the first
    one that nobody answered. ``first_replied_at``, ``replied_at``: first and last human, public reply.
    ``settled_at``: last time that it was closed or needed no reply.
    """

    contact_id: str
    channel: ContactChannel = "unknown"
    status: ContactStatus = "unknown"
    priority: Priority = "unknown"
    team: str | None = None
    agent_id: str | None = None
    product_id: str | None = None
    asked_at: Millis | None = None
    last_asked_at: Millis | None = None
    waiting_since: Millis | None = None
    acknowledged_at: Millis | None = None
    first_replied_at: Millis | None = None
    replied_at: Millis | None = None
    settled_at: Millis | None = None
    updated_at: Millis = 0
    clocks: tuple[Clock, ...] = ()

    @property
    def ended_at(self) -> Millis:
        """When last nobody waited any more."""
        return max(self.replied_at or 0, self.settled_at or 0)

    def clock(self, name: str) -> Clock | None:
        """The last instance of a clock."""
        return next((clock for clock in reversed(self.clocks) if clock.name == name), None)

    def having(self, changed: Clock) -> "Contact":
        """With a clock as it is now."""
        clocks = {clock.identity: clock for clock in (*self.clocks, changed)}
        return replace(self, clocks=tuple(clocks[identity] for identity in sorted(clocks)))


def asks(event: SupportEvent) -> bool:
    """Whether a customer waits for an answer to it. Whoever wrote from outside, and public or not."""
    return event.kind in ASKS or (event.type == "message_received" and event.kind == "unknown")


def answers(event: SupportEvent) -> bool:
    """Whether a human answered, for the customer to see or hear."""
    spoken = event.kind == "human_reply" and event.public and event.type != "message_received"
    return spoken or event.kind == "call_answered"


def closes(event: SupportEvent) -> bool:
    """Whether nobody needs to answer any more."""
    return event.status in STOPS or event.type in ("merged", "no_reply_needed")


def described(contact: Contact, event: SupportEvent) -> Contact:
    """With what the event says about it. What is older than what is known fills gaps only."""
    newer = event.occurred_at >= contact.updated_at
    said = {
        "channel": event.channel,
        "status": event.status,
        "priority": event.priority,
        "team": event.team,
        "agent_id": event.agent_id,
        "product_id": event.product_id,
    }
    news = {
        name: value
        for name, value in said.items()
        if value not in (None, "unknown") and (newer or getattr(contact, name) in (None, "unknown"))
    }
    return replace(contact, updated_at=max(contact.updated_at, event.occurred_at), **news)


def visible(contact: Contact, shop_id: str, profile_id: str, rules_version: str) -> ContactState:
    """What anybody may know of it."""
    clock = contact.clock("first_reply")
    return ContactState(
        contact_id=contact.contact_id,
        shop_id=shop_id,
        profile_id=profile_id,
        channel=contact.channel,
        status=contact.status,
        waiting=contact.waiting_since is not None,
        waiting_since=contact.waiting_since,
        asked_at=contact.asked_at,
        first_reply_due_at=clock.due_at if clock else None,
        acknowledged_at=contact.acknowledged_at,
        answered_at=clock.answered_at if clock else contact.first_replied_at,
        breached=clock is not None and clock.breached_id is not None,
        priority=contact.priority,
        team=contact.team,
        agent_id=contact.agent_id,
        product_id=contact.product_id,
        updated_at=contact.updated_at,
        rules_version=clock.rules_version if clock else rules_version,
    )
