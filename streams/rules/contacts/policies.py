"""Which policy is in force for a contact."""

from collections.abc import Mapping
from typing import Any

from schemas.words import ContactStatus
from streams.rules.contact_settings import Attribute, Policy
from streams.rules.contacts.ticket import Clock, Ticket
from streams.rules.settings import RuleSet

PAUSES: dict[str, tuple[ContactStatus, ...]] = {
    "pausable_update": ("pending",),
    "requester_wait": ("pending",),
    "agent_work": ("pending", "on_hold"),
}
"""The statuses in which a clock stands still, unless the policy says otherwise. Others never stand still."""


def in_force(rules: RuleSet, ticket: Ticket) -> Policy:
    """The first policy that matches, or what is promised where none does."""
    settings = rules.contacts
    if not settings.policies:
        return settings.unmatched
    attributes = _attributes(ticket)
    return next((one for one in settings.policies if one.matches(attributes)), settings.unmatched)


def matched_by(ticket: Ticket) -> tuple[Any, ...]:
    """All that decides which policy is in force, and which target."""
    return ticket.channel, ticket.team, ticket.priority, ticket.tier, ticket.tags


def name_of(policy: Policy, rules: RuleSet) -> str | None:
    """The name of a policy; None: none matched."""
    return None if policy is rules.contacts.unmatched else policy.name


def policy_of(clock: Clock, rules: RuleSet) -> Policy:
    """The policy that was applied to a clock last."""
    return rules.contacts.by_name.get(clock.policy, rules.contacts.unmatched)


def pauses(policy: Policy, clock: str) -> tuple[ContactStatus, ...]:
    """The statuses in which a clock stands still under the policy."""
    chosen: Mapping[Any, tuple[ContactStatus, ...]] = policy.pause
    return chosen.get(clock, PAUSES.get(clock, ()))


def _attributes(ticket: Ticket) -> dict[Attribute, tuple[str, ...]]:
    return {
        "channel": (ticket.channel,),
        "team": _known(ticket.team),
        "priority": (ticket.priority,),
        "tier": _known(ticket.tier),
        "tags": ticket.tags,
    }


def _known(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
