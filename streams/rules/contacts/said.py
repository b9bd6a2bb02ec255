"""What follows from the events of a contact, before it is published: one conclusion each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.ids import derive
from schemas.outputs import ContactSignal
from schemas.words import ContactSignalKind, Millis
from streams.rules.base import Now
from streams.rules.contact_settings import AROUND_THE_CLOCK
from streams.rules.contacts.ticket import Clock, Ticket

METRIC_EVENTS = ("activate", "pause", "fulfill", "breach", "update_status", "apply_sla")
"""Kinds that say how clocks move, in Zendesk's words. The others are for people."""


class Said(NamedTuple):
    """Something that became true at ``at``, of a contact, as ``ticket`` was then.

    ``counted``: time on the clock, since the contact was created, since the policy was applied.
    ``cause``: event_id of what made it true; None: time did. ``step``: of the ladder. ``more``: further
    fields of the signal.
    """

    kind: ContactSignalKind
    at: Millis
    ticket: Ticket
    clock: Clock
    counted: tuple[Millis, Millis, Millis] = (0, 0, 0)
    cause: str | None = None
    step: str | None = None
    more: Mapping[str, Any] = MappingProxyType({})

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it that conclusion, and no other of the contact."""
        return (self.clock.name, self.clock.started_by, self.kind, self.step or self.cause or "")

    @property
    def is_metric(self) -> bool:
        """It says how a clock moves."""
        return self.kind in METRIC_EVENTS


def signal_id(said: Said, shop_id: str, contact_id: str) -> str:
    """The id of the signal: the same whoever concludes it, and when."""
    return derive("contacts", said.clock.rules_version, shop_id, contact_id, *said.identity)


def signal(said: Said, contact_id: str, now: Now) -> ContactSignal:
    """The conclusion as it is published."""
    ticket, clock = said.ticket, said.clock
    counted, from_created, from_applied = said.counted
    fields: dict[str, Any] = {
        "event_id": signal_id(said, now.shop_id, contact_id),
        "team": ticket.team,
        "agent_id": ticket.agent_id,
        "breached_id": breach_of(said, now.shop_id, contact_id) if said.kind == "answered_late" else None,
    }
    return ContactSignal(
        shop_id=now.shop_id,
        profile_id=now.profile_id,
        contact_id=contact_id,
        kind=said.kind,
        clock=clock.name,
        occurred_at=said.at,
        processed_at=max(now.now, said.at),
        rules_version=clock.rules_version,
        channel=ticket.channel,
        priority=clock.priority,
        started_at=clock.started_at,
        due_at=clock.due_at,
        elapsed_ms=said.at - clock.started_at,
        instance=clock.instance,
        cause=said.cause,
        step=said.step,
        policy=clock.policy,
        calendar=None if clock.calendar == AROUND_THE_CLOCK else clock.calendar,
        target_ms=clock.target,
        counted_ms=counted,
        from_created_ms=from_created,
        from_applied_ms=from_applied,
        status=ticket.status,
        **{**fields, **said.more},
    )


def withdrawal(said: Said, contact_id: str, at: Millis, cause: str | None, now: Now) -> ContactSignal:
    """What was said proves false, by what happened at ``at``."""
    false = signal(said, contact_id, now)
    derived = derive(
        "contacts", said.clock.rules_version, now.shop_id, contact_id, "withdrawn", false.event_id
    )
    return ContactSignal(
        event_id=derived,
        shop_id=false.shop_id,
        profile_id=false.profile_id,
        contact_id=contact_id,
        kind="withdrawn",
        clock=false.clock,
        occurred_at=at,
        processed_at=max(now.now, at),
        rules_version=false.rules_version,
        channel=false.channel,
        team=false.team,
        priority=false.priority,
        started_at=false.started_at,
        due_at=false.due_at,
        elapsed_ms=at - false.started_at,
        breached_id=false.event_id if said.kind == "breached" else None,
        instance=false.instance,
        cause=cause,
        status=false.status,
        detail=said.kind,
        withdraws=false.event_id,
    )


def breach_of(said: Said, shop_id: str, contact_id: str) -> str:
    """The id of the breach of the same run."""
    return signal_id(said._replace(kind="breached", step=None, cause=None), shop_id, contact_id)
