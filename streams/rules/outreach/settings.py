"""Who decides how customers are approached: the ``outreach`` tables of ``heedful.toml``.

[outreach]
mode = "shadow"                    # off | shadow | allow-list | live
allow_list = []                    # profile ids that are approached in mode allow-list
channels = ["email", "sms", "push"]  # in order of preference
time_zones = ["UTC"]               # the shop's; an unknown zone may be any of them
valid_for = "24h"                  # an approach expires this long after the abandonment
grace = "2m"                       # beyond the lateness: how far behind the log may be for a request to leave

[outreach.quiet_hours]
enabled = true
start = "21:00"
end = "08:00"
on_quiet = "hold"                  # hold | cancel

[outreach.rules.abandonment.cart]  # and .checkout, .payment
enabled = true

[outreach.channel.sms]             # and .email, .push
enabled = true
"""

import re
from functools import cached_property
from typing import Annotated, Literal, Protocol, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from schemas.words import Channel, Millis
from streams.rules.durations import Duration
from streams.rules.outreach.quiet_hours import DAY, Window, quiet_until
from streams.rules.time_zones import ZoneName

Reachable: TypeAlias = Literal["email", "sms", "push"]
"""Channels that an approach can take."""

MODES = ("off", "shadow", "allow-list", "allow_list", "live")
"""As people write them; ``allow_list`` is how ``allow-list`` stands in records, where a dash can't."""

_WINTER_AND_SUMMER: tuple[Millis, Millis] = (1_768_435_200_000, 1_784_073_600_000)


def _minutes(text: object) -> object:
    """Minutes since midnight of "HH:MM"."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no time of day; write hours and minutes, such as '21:00'")
    return int(found[1]) * 60 + int(found[2])


def _clock_face(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


TimeOfDay = Annotated[int, BeforeValidator(_minutes), PlainSerializer(_clock_face, when_used="json")]
"""Written as "21:00", kept as minutes since midnight."""


def _mode(text: object) -> object:
    if text not in MODES:
        raise ValueError(f"{text!r} is no mode; write off, shadow, allow-list or live")
    return "allow_list" if text == "allow-list" else text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a channel is named twice")
    return names


class _Table(BaseModel):
    """A table of heedful.toml: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Switch(_Table):
    """Something that can be switched off."""

    enabled: bool = True


class AbandonmentSwitches(_Table):
    """One switch for each stage of abandonment."""

    cart: Switch = Switch()
    checkout: Switch = Switch()
    payment: Switch = Switch()


class RuleSwitches(_Table):
    """One switch for each rule that makes candidates."""

    abandonment: AbandonmentSwitches = AbandonmentSwitches()


class QuietHours(_Table):
    """When nobody is approached, in the customer's time: from ``start`` to before ``end``, in minutes."""

    enabled: bool = True
    start: TimeOfDay = 21 * 60
    end: TimeOfDay = 8 * 60
    on_quiet: Literal["hold", "cancel"] = "hold"

    @property
    def window(self) -> Window:
        """The hours as a value."""
        return Window(self.start, self.end)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.start == self.end:
            raise ValueError("start equals end; to have no quiet hours, write enabled = false")
        return self


class OutreachSettings(_Table):
    """How customers are approached. The module says what each key means; durations are milliseconds."""

    mode: Annotated[Literal["off", "shadow", "allow_list", "live"], BeforeValidator(_mode)] = "shadow"
    allow_list: tuple[str, ...] = ()
    channels: Annotated[tuple[Reachable, ...], AfterValidator(_once)] = ("email", "sms", "push")
    time_zones: Annotated[tuple[ZoneName, ...], Field(min_length=1)] = ("UTC",)
    valid_for: Annotated[Duration, Field(gt=0)] = DAY
    grace: Duration = 2 * 60_000
    quiet_hours: QuietHours = QuietHours()
    rules: RuleSwitches = RuleSwitches()
    channel: dict[Reachable, Switch] = {}

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.quiet_hours.enabled and self._never_awake():
            raise ValueError("with these quiet_hours it is always quiet in one of the time_zones")
        return self

    def _never_awake(self) -> bool:
        waits = (quiet_until(at, self.quiet_hours.window, self.time_zones) for at in _WINTER_AND_SUMMER)
        return any(
            until is not None and until - at > DAY
            for at, until in zip(_WINTER_AND_SUMMER, waits, strict=True)
        )

    def rule_enabled(self, rule: str) -> bool:
        """Whether a rule, such as ``abandonment.cart``, may approach. One without a switch may not."""
        found: object = self.rules
        for word in rule.split("."):
            found = getattr(found, word, None)
        return isinstance(found, Switch) and found.enabled

    @cached_property
    def enabled_channels(self) -> tuple[Channel, ...]:
        """The channels that are not switched off, in order of preference."""
        return tuple(name for name in self.channels if self.channel.get(name, Switch()).enabled)

    def publishes_to(self, profile_id: str) -> bool:
        """Whether the mode lets requests to this customer leave."""
        return self.mode == "live" or (self.mode == "allow_list" and profile_id in self.allow_list)


class RuleVersion(Protocol):
    """What this package reads of a rule set."""

    @property
    def version(self) -> str: ...
    @property
    def outreach(self) -> OutreachSettings: ...


class Rules(Protocol):
    """Knows which rule set holds when: a RuleBook."""

    def active(self, at: Millis) -> RuleVersion: ...
