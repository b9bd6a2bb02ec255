"""What the tables of ``heedful.toml`` have in common: no unknown keys, lengths of time that can be kept."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from schemas.words import Millis
from streams.rules.durations import Duration

SHORTEST: Millis = 30_000
"""Activity is told every 30 s at most, so a shorter silence can't be told from activity."""
HOUR: Millis = 3_600_000
DAY: Millis = 24 * HOUR
LONGEST: Millis = 30 * DAY
"""Nothing waits longer than ids of events are remembered."""
YEAR: Millis = 366 * DAY


class Table(BaseModel):
    """A table of heedful.toml: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _bounded(length: Millis) -> Millis:
    if not SHORTEST <= length <= LONGEST:
        raise ValueError("must be from 30s to 30d, such as '30m'")
    return length


def _within_a_year(length: Millis) -> Millis:
    if not SHORTEST <= length <= YEAR:
        raise ValueError("must be from 30s to 366d, such as '8h'")
    return length


Bounded = Annotated[Duration, AfterValidator(_bounded)]
"""A length of time that a rule can keep."""
WithinAYear = Annotated[Duration, AfterValidator(_within_a_year)]
"""A length of time that a contact can be kept for: contacts know their own events by id."""
