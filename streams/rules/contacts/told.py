"""What anybody may know of a contact: its record on ``cx.contacts``."""

from typing import Any

from schemas.outputs import ContactState
from schemas.words import ClockState, ContactClock, Millis
from streams.rules.base import Now, earliest
from streams.rules.book import RuleBook
from streams.rules.contact_settings import AROUND_THE_CLOCK
from streams.rules.contacts import timing
from streams.rules.contacts.contact import Contact
from streams.rules.contacts.ticket import Clock, Promised, Ticket


def state(contact: Contact, look: dict[str, Any], now: Now, book: RuleBook) -> ContactState:
    """The contact as it is published. ``look``: what it ``looks`` like."""
    ticket = contact.ticket
    first = ticket.clock("first_reply")
    clocks = zip(ticket.clocks, look["clocks"], strict=True)
    counted = [_counted(clock, look, ticket.updated_at, book) for clock, look in clocks]
    return ContactState(
        contact_id=contact.contact_id,
        shop_id=now.shop_id,
        profile_id=now.profile_id,
        updated_at=ticket.updated_at,
        rules_version=first.rules_version if first else book.active(ticket.updated_at).version,
        **{**look, "clocks": tuple(counted)},
    )


def looks(ticket: Ticket) -> dict[str, Any]:
    """What of it makes a difference to those who follow it: not how far its clocks have counted."""
    first = ticket.clock("first_reply")
    owed = ticket.callback
    return {
        "channel": ticket.channel,
        "status": ticket.status,
        "waiting": ticket.waits,
        "waiting_since": ticket.waits_since,
        "asked_at": ticket.asked_at,
        "first_reply_due_at": first.due_at if first else None,
        "acknowledged_at": ticket.acknowledged_at,
        "answered_at": ticket.first_replied_at,
        "breached": first is not None and first.breached,
        "priority": ticket.priority,
        "team": ticket.team,
        "agent_id": ticket.agent_id,
        "product_id": ticket.product_id,
        "created_at": ticket.created_at,
        "solved_at": ticket.solved_at,
        "policy": ticket.policy,
        "calendar": None if ticket.calendar == AROUND_THE_CLOCK else ticket.calendar,
        "tags": ticket.tags,
        "owned_since": ticket.owned_since,
        "next_due_at": _next_due(ticket),
        "no_reply_needed": ticket.no_reply_needed,
        "clocks": [_look(clock) for clock in ticket.clocks],
        **(_callback(owed) if owed else {}),
    }


def _look(clock: Clock) -> dict[str, Any]:
    return {
        "clock": clock.name,
        "instance": clock.instance,
        "state": _moves(clock),
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "breached": clock.breached_at is not None,
        "ended_at": clock.ended_at,
    }


def _moves(clock: Clock) -> ClockState:
    if clock.ended_at is not None:
        return "ended"
    return "paused" if clock.running_since is None else "running"


def _counted(clock: Clock, look: dict[str, Any], at: Millis, book: RuleBook) -> ContactClock:
    counted = timing.counted(clock, at, book.of(clock.rules_version).calendar(clock.calendar))
    remaining = None if clock.target is None else clock.target - counted
    return ContactClock(counted_ms=counted, remaining_ms=remaining, **look)


def _next_due(ticket: Ticket) -> Millis | None:
    owed = ticket.callback
    return earliest(
        (
            *[clock.due_at for clock in ticket.clocks if _pressing(clock)],
            owed.due_at if owed and not (owed.missed or owed.kept) else None,
        )
    )


def _pressing(clock: Clock) -> bool:
    return clock.target is not None and clock.running and not clock.breached


def _callback(owed: Promised) -> dict[str, Any]:
    return {
        "callback_requested_at": owed.requested_at,
        "callback_from": owed.window_from,
        "callback_until": owed.window_until,
        "callback_attempts": owed.attempts,
    }
