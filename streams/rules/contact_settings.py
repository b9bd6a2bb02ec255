"""The ``rules.contacts`` tables of ``heedful.toml``: policies, targets, ladders, pauses.

    [rules.contacts]
    forget_after = "30d"             # after the last event of a contact for which nobody waits
    forget_open_after = "180d"       # after that of one that is open, or whose customer waits; if longer
    calendar_change = "cumulative"   # cumulative | last: what counts when a contact changes its calendar
    closing_phrases = false          # a message that says only "thank you, bye" needs no reply
    [rules.contacts.first_reply]
    target = "1h"                    # where no policy matches: when a human, public reply is due
    [[rules.contacts.policies]]      # in their order; the first that matches is in force
    name = "chat of gold customers"
    all = [{ field = "channel", is = ["chat"] }, { field = "tier", is = ["gold"] }]
    any = []
    calendar = "office"              # a [calendars.office]; without it, around the clock
    ladder = ["50%", "75%", "100%", "+2h"]
    targets.urgent = { first_reply = "5m", next_reply = "10m" }
    targets.any = { first_reply = "15m", total_resolution = { target = "3d", calendar = "24/7" } }
    pause.requester_wait = ["pending", "on_hold"]
    first_reply_time.fulfill_on_agent_internal_note = true

The advanced options bear the names that Zendesk gave them (and its metrics): reference in
developer.zendesk.com, SLA policies, ``metric_settings``.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from schemas.words import ContactStatus, Millis, Priority
from streams.rules.durations import duration
from streams.rules.tables import DAY, HOUR, LONGEST, Table, WithinAYear

ClockName: TypeAlias = Literal[
    "first_reply",
    "next_reply",
    "periodic_update",
    "pausable_update",
    "requester_wait",
    "agent_work",
    "total_resolution",
]
Attribute: TypeAlias = Literal["channel", "team", "priority", "tier", "tags"]
PriorityOrAny: TypeAlias = Literal["any", "low", "normal", "high", "urgent"]

AROUND_THE_CLOCK = "24/7"
"""The calendar that is always open."""
BREACH = "100%"
"""The step of a ladder at which a target is missed."""

_STEP = re.compile(r"(\d{1,3})%|\+(.+)")


def _step(text: object) -> object:
    """A step of a ladder: a share of the target, or a time after it was missed."""
    found = _STEP.fullmatch(text) if isinstance(text, str) else None
    if found is None or (found[1] and not 1 <= int(found[1]) <= 100):
        raise ValueError(f"{text!r} is no step: write a share such as '75%', or a time after, such as '+2h'")
    if found[2]:
        duration(found[2])
    return text


def _many(value: object) -> object:
    return [value] if isinstance(value, str) else value


LadderStep = Annotated[str, BeforeValidator(_step)]
Words = Annotated[tuple[str, ...], BeforeValidator(_many)]


def step_at(step: str, target: Millis) -> Millis:
    """How much counted time must have passed for a step of the ladder."""
    if step.startswith("+"):
        return target + duration(step[1:])
    return target * int(step.rstrip("%")) // 100


class Condition(Table):
    """One attribute of a contact is, or is not, one of some values; of tags any one counts."""

    field: Attribute
    is_: Words | None = Field(default=None, alias="is")
    is_not: Words | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.is_ is None) == (self.is_not is None):
            raise ValueError("write either is = [...] or is_not = [...]")
        return self

    def holds(self, values: tuple[str, ...]) -> bool:
        """Whether it does, for a contact with these values of the attribute."""
        if self.is_ is not None:
            return any(value in self.is_ for value in values)
        return not any(value in (self.is_not or ()) for value in values)


class Target(Table):
    """How long a clock may run. Without ``calendar``: in that of the policy."""

    target: WithinAYear
    calendar: str | None = None


def _target(value: object) -> object:
    return value if isinstance(value, dict | Target) else {"target": value}


Targets: TypeAlias = dict[ClockName, Annotated[Target, BeforeValidator(_target)]]


class FirstReplyTime(Table):
    """When the clock of the first reply is started, and by what it is fulfilled, besides the usual."""

    activate_on_ticket_created_for_end_user: bool = False
    activate_on_agent_ticket_created_for_end_user_with_internal_note: bool = False
    activate_on_light_agent_on_email_forward_ticket_from_end_user: bool = False
    activate_on_agent_created_ticket_for_self: bool = False
    fulfill_on_agent_internal_note: bool = False


class NextReplyTime(Table):
    """The same for the next replies."""

    fulfill_on_non_requesting_agent_internal_note_after_activation: bool = False
    activate_on_end_user_added_internal_note: bool = False
    activate_on_agent_requested_ticket_with_public_comment_or_internal_note: bool = False
    activate_on_light_agent_internal_note: bool = False


class PeriodicUpdateTime(Table):
    """The same for periodic updates."""

    activate_on_agent_internal_note: bool = False


def _distinct(steps: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(steps)) < len(steps):
        raise ValueError("the same step stands twice in the ladder")
    return steps


class Policy(Table):
    """What is promised to whom. In force for a contact if it is the first whose conditions hold."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    all_: tuple[Condition, ...] = Field(default=(), alias="all")
    any_: tuple[Condition, ...] = Field(default=(), alias="any")
    calendar: str = AROUND_THE_CLOCK
    ladder: Annotated[tuple[LadderStep, ...], AfterValidator(_distinct)] = (BREACH,)
    targets: dict[PriorityOrAny, Targets] = Field(default_factory=dict)
    pause: dict[ClockName, tuple[ContactStatus, ...]] = Field(default_factory=dict)
    bot_answers: bool = False
    first_reply_time: FirstReplyTime = FirstReplyTime()
    next_reply_time: NextReplyTime = NextReplyTime()
    periodic_update_time: PeriodicUpdateTime = PeriodicUpdateTime()

    def matches(self, attributes: dict[Attribute, tuple[str, ...]]) -> bool:
        """Whether all of ``all`` hold, and, if there are some, one of ``any``."""
        return all(one.holds(attributes[one.field]) for one in self.all_) and (
            not self.any_ or any(one.holds(attributes[one.field]) for one in self.any_)
        )

    def target(self, clock: str, priority: Priority) -> Target | None:
        """The target of a clock: that of the priority, else that of any; None: none was promised."""
        by_priority: Mapping[Any, Mapping[Any, Target]] = self.targets
        mine = by_priority.get(priority, {}).get(clock)
        return mine or by_priority.get("any", {}).get(clock)

    def calendar_of(self, target: Target | None) -> str:
        """The name of the calendar in which a clock counts."""
        return self.calendar if target is None or target.calendar is None else target.calendar

    def calendars(self) -> set[str]:
        """Every calendar that it names."""
        named = (target.calendar for targets in self.targets.values() for target in targets.values())
        return {self.calendar, *(name for name in named if name is not None)} - {AROUND_THE_CLOCK}


class FirstReply(Table):
    """When the first reply to a contact is due, where no policy matches."""

    target: WithinAYear = HOUR


class CustomerWait(Table):
    """How long a customer may wait over all contacts; None: it is measured, and never breached."""

    target: WithinAYear | None = None


class Callback(Table):
    """Call-backs. ``target``: when the first attempt is due if no window was promised."""

    target: WithinAYear | None = None
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    expires_after: WithinAYear = DAY


class ContactSettings(Table):
    """When customers should have been answered, and how long contacts are remembered."""

    first_reply: FirstReply = FirstReply()
    customer_wait: CustomerWait = CustomerWait()
    callback: Callback = Callback()
    policies: tuple[Policy, ...] = ()
    calendar_change: Literal["cumulative", "last"] = "cumulative"
    closing_phrases: bool = False
    forget_after: WithinAYear = LONGEST
    forget_open_after: WithinAYear = 6 * LONGEST

    @model_validator(mode="after")
    def _remembers_what_is_due(self) -> Self:
        if self.forget_after < self.first_reply.target:
            raise ValueError("forget_after must not be shorter than first_reply.target")
        return self

    @field_validator("policies")
    @classmethod
    def _have_names_of_their_own(cls, policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
        names = [policy.name for policy in policies]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two policies are named {twice[0]!r}")
        return policies

    @cached_property
    def by_name(self) -> dict[str | None, Policy]:
        """Each policy by its name."""
        return {policy.name: policy for policy in self.policies}

    @cached_property
    def unmatched(self) -> Policy:
        """What is promised where no policy matches."""
        return Policy(
            name="unmatched", targets={"any": {"first_reply": Target(target=self.first_reply.target)}}
        )
