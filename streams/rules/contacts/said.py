"""What follows from the events of a contact, before it is published: one conclusion each."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec.structs import replace

from schemas.ids import derive, short_hash
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
        """What makes it that conclusion of the contact: what caused it, or else when it was due."""
        because = self.cause or f"{self.step or ''}@{self.at}"
        return (self.clock.name, self.clock.started_by, self.kind, because)

    @property
    def mark(self) -> int:
        """A hash of that, to remember it by."""
        return short_hash("\x1f".join(self.identity))

    @property
    def is_metric(self) -> bool:
        """It says how a clock moves."""
        return self.kind in METRIC_EVENTS


def signal_id(said: Said, shop_id: str, contact_id: str, withdrawn: Sequence[int] = ()) -> str:
    """The id of the signal: the same whoever concludes it, and when.

    ``withdrawn``: marks of what was taken back; what proves true again after that is another signal.
    """
    again = withdrawn.count(said.mark) if withdrawn else 0
    parts = ("contacts", said.clock.rules_version, shop_id, contact_id, *said.identity)
    return derive(*parts, again) if again else derive(*parts)


def signal(said: Said, contact_id: str, withdrawn: Sequence[int], now: Now) -> ContactSignal:
    """The conclusion as it is published, after so much was withdrawn."""
    ticket, clock = said.ticket, said.clock
    counted, from_created, from_applied = said.counted
    more = said.more
    if said.kind == "answered_late":
        more = {**more, "breached_id": signal_id(_breach(said), now.shop_id, contact_id, withdrawn)}
    return ContactSignal(
        event_id=signal_id(said, now.shop_id, contact_id, withdrawn),
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
        team=ticket.team,
        agent_id=ticket.agent_id,
        **more,
    )


def withdrawal(false: ContactSignal, at: Millis, cause: str | None, now: Now) -> ContactSignal:
    """What was said proves false, by what happened at ``at``."""
    return replace(
        false,
        event_id=derive("contacts", false.rules_version, "withdrawn", false.event_id),
        kind="withdrawn",
        occurred_at=at,
        processed_at=max(now.now, at),
        elapsed_ms=at - false.started_at,
        breached_id=false.event_id if false.kind == "breached" else None,
        cause=cause,
        detail=false.kind,
        withdraws=false.event_id,
    )


def _breach(said: Said) -> Said:
    """The breach of the same run."""
    return said._replace(kind="breached", at=said.clock.breached_at or said.at, step=None, cause=None)
