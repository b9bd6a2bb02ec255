"""The ``[[alerts]]`` tables of ``heedful.toml``: what people are told, and when.

    [[alerts]]
    name = "large carts"
    kind = "abandonment"              # each abandonment of more than
    above = { EUR = 500, GBP = 450 }  # in its own currency; of another currency, none
    to = ["ops"]                      # [alerting.targets.ops]

    [[alerts]]
    name = "late answers"
    kind = "contact"                  # each contact that missed a target, or is about to
    on = ["breached", "escalated"]    # escalated: a step of the ladder, before or after the breach
    steps = ["75%"]                   # only these; and teams, clocks, priorities likewise
    to = ["support"]

    [[alerts]]
    name = "abandonment rate"
    kind = "abandonment_rate"         # unanswered_share, dead_letters, lag, silence
    window = "1h"                     # measured over so long,
    every = "5m"                      # so often
    minimum = 30                      # of fewer carts, contacts or events nothing is said
    usual = { weeks = 8, deviations = 3.0, time_zone = "Europe/Berlin" }  # or above = 0.8, below = 10
    resolve_after = "30m"             # over, once it has been back in range for so long
    quiet = { start = "21:00", end = "07:00", time_zone = "Europe/Berlin" }
    link = "https://grafana/d/abandonment"
    to = ["ops"]

    [[alerts]]
    name = "stuck tasks"
    kind = "stuck"                    # each task of a kernel that has not got on
    after = "2m"                      # for so long,
    held_after = "1h"                 # or so long after history was imported, until `heedful topics go-live`
    resolve_after = "1m"              # over, once it has got on for so long
    to = ["ops"]

``usual`` compares with the same hours of the week in the weeks before: out of range is what lies more than
``deviations`` robust standard deviations from their median (``streams.rules.alerts.usual``).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny, model_validator

from schemas.words import Millis, Priority, Stage
from streams.rules.durations import Duration
from streams.rules.outreach.quiet_hours import Window
from streams.rules.outreach.settings import TimeOfDay
from streams.rules.tables import DAY, HOUR, LONGEST, Table
from streams.rules.time_zones import ZoneName

MINUTE: Millis = 60_000
WEEK: Millis = 7 * DAY

MeasuredKind: TypeAlias = Literal["abandonment_rate", "unanswered_share", "dead_letters", "lag", "silence"]
Text = Annotated[str, Field(min_length=1, max_length=100)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class QuietTimes(Table):
    """Hours in which an alert waits: it is told when they are over, unless it is outdated by then."""

    start: TimeOfDay
    end: TimeOfDay
    time_zone: ZoneName = "UTC"

    @property
    def window(self) -> Window:
        """The hours as a value."""
        return Window(self.start, self.end)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.start == self.end:
            raise ValueError("start equals end; to have no quiet times, leave quiet out")
        return self


class AlertRule(Table):
    """What all alerts have in common."""

    name: Text
    kind: str
    to: tuple[Text, ...] = ()
    link: Annotated[str, Field(max_length=1_000)] | None = None
    quiet: QuietTimes | None = None


class EachAbandonment(AlertRule):
    """Each abandonment of more than a value."""

    kind: Literal["abandonment"]
    above: Annotated[dict[Currency, Decimal], Field(min_length=1)]
    stages: tuple[Stage, ...] = ("cart", "checkout", "payment")


class EachContact(AlertRule):
    """Each contact that missed a target, or reached a step of the ladder on the way there."""

    kind: Literal["contact"]
    on: Annotated[tuple[Literal["breached", "escalated"], ...], Field(min_length=1)] = (
        "breached",
        "escalated",
    )
    steps: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()


class Usual(Table):
    """What a number is compared with: the same hours of the week in the weeks before."""

    weeks: Annotated[int, Field(ge=2, le=52)] = 8
    at_least: Annotated[int, Field(ge=2, le=52)] = 4
    deviations: Annotated[float, Field(gt=0, le=100)] = 3.0
    time_zone: ZoneName = "UTC"

    @model_validator(mode="after")
    def _can_be_known(self) -> Self:
        if self.at_least > self.weeks:
            raise ValueError("at_least must not exceed weeks: nothing would ever be known")
        return self


def _within(least: Millis, most: Millis, example: str) -> AfterValidator:
    def check(length: Millis) -> Millis:
        if not least <= length <= most:
            raise ValueError(f"must be from {least // MINUTE}m to {most // DAY}d, such as {example!r}")
        return length

    return AfterValidator(check)


class Measured(AlertRule):
    """A share, a rate or a count out of its range."""

    kind: MeasuredKind
    window: Annotated[Duration, _within(MINUTE, LONGEST, "1h")] = HOUR
    every: Annotated[Duration, _within(MINUTE, DAY, "5m")] = 5 * MINUTE
    minimum: Annotated[int, Field(ge=0)] = 30
    usual: Usual | None = None
    above: float | None = None
    below: float | None = None
    resolve_after: Annotated[Duration, _within(0, LONGEST, "30m")] = 30 * MINUTE
    subjects: tuple[str, ...] = ()

    @property
    def bucket(self) -> Millis:
        """How finely counts are asked for."""
        return min(self.every, HOUR)

    @model_validator(mode="after")
    def _has_one_range(self) -> Self:
        plain = self.above is not None or self.below is not None
        if plain == (self.usual is not None):
            raise ValueError("write either usual = { ... } or a threshold, above = ... or below = ...")
        return self

    @model_validator(mode="after")
    def _fits_into_hours(self) -> Self:
        if HOUR % self.every and self.every % HOUR:
            raise ValueError("every must divide an hour or be whole hours, such as '5m' or '6h'")
        if self.window % self.bucket:
            raise ValueError("window must be a multiple of every, or of an hour")
        return self


class StuckTask(AlertRule):
    """Each task of a kernel that doesn't get on. ``held_after``: of an import, which somebody wants."""

    kind: Literal["stuck"]
    after: Annotated[Duration, _within(MINUTE, LONGEST, "2m")] = 2 * MINUTE
    held_after: Annotated[Duration, _within(MINUTE, LONGEST, "1h")] = HOUR
    resolve_after: Annotated[Duration, _within(0, LONGEST, "1m")] = MINUTE


_MODELS: Mapping[object, type[AlertRule]] = {
    "abandonment": EachAbandonment,
    "contact": EachContact,
    "abandonment_rate": Measured,
    "unanswered_share": Measured,
    "dead_letters": Measured,
    "lag": Measured,
    "silence": Measured,
    "stuck": StuckTask,
}


def _by_kind(value: Any) -> Any:
    """A table as the model of its kind, so that an error names the key and not a union's branch."""
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind")
    if kind not in _MODELS:
        raise ValueError(f"kind = {kind!r}: write one of {', '.join(map(str, _MODELS))}")
    return _MODELS[kind].model_validate(dict(value))


def _named_apart(rules: tuple[AlertRule, ...]) -> tuple[AlertRule, ...]:
    names = [rule.name for rule in rules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two alerts have the name {min(twice)!r}; ids are made of names")
    return rules


AlertRules = Annotated[
    tuple[SerializeAsAny[Annotated[AlertRule, BeforeValidator(_by_kind)]], ...], AfterValidator(_named_apart)
]
"""The whole list."""
