"""How a clock counts: in its calendar, without pauses. Moments and lengths in milliseconds."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from schemas.words import Millis
from streams.rules.contact_settings import BREACH, step_at
from streams.rules.contacts.ticket import Clock, Ticket
from streams.rules.settings import RuleSet

MOST_SPANS = 32
"""Pauses of one run that are kept apart; what ran before them is only a sum."""


class Calendar(Protocol):
    """What counts. ``due`` and ``elapsed`` are inverse to each other."""

    def elapsed(self, start: Millis, end: Millis) -> Millis:
        """How much counts between two moments."""

    def due(self, start: Millis, amount: Millis) -> Millis:
        """The earliest moment at which so much has counted since ``start``."""


class Step(NamedTuple):
    """A step of a ladder: when it comes, and after how much counted time."""

    at: Millis
    amount: Millis
    label: str


def ran(clock: Clock, calendar: Calendar) -> Millis:
    """What counted before it last began to run."""
    total = clock.accrued
    for start, end in clock.spans:
        total += calendar.elapsed(start, end)
    return total


def counted(clock: Clock, at: Millis, calendar: Calendar) -> Millis:
    """What has counted until ``at``."""
    since = clock.running_since
    return ran(clock, calendar) + (calendar.elapsed(since, at) if since is not None and at > since else 0)


def measures(clock: Clock, ticket: Ticket, at: Millis, rules: RuleSet) -> tuple[Millis, Millis, Millis]:
    """What has counted: on the clock, since the contact was created, since the policy was applied."""
    calendar = rules.calendar(clock.calendar)
    created = clock.started_at if ticket.created_at is None else ticket.created_at
    return (
        counted(clock, at, calendar),
        calendar.elapsed(min(created, at), at),
        calendar.elapsed(min(clock.applied_at, at), at),
    )


def halted(clock: Clock, at: Millis, calendar: Calendar) -> Clock:
    """It counts no longer."""
    if clock.running_since is None:
        return replace(clock, next_at=None)
    clock = replace(clock, spans=(*clock.spans, (clock.running_since, at)), running_since=None, next_at=None)
    return _summed(clock, calendar) if len(clock.spans) > MOST_SPANS else clock


def paused(clock: Clock, at: Millis, calendar: Calendar) -> Clock:
    """It counts no longer, for now: it is due at no known moment."""
    return replace(halted(clock, at, calendar), due_at=None)


def running(clock: Clock, at: Millis) -> Clock:
    """It counts from ``at`` on."""
    return replace(clock, running_since=at, ended_at=None)


def moved(clock: Clock, calendar: str, at: Millis, before: Calendar, *, cumulative: bool) -> Clock:
    """It counts in another calendar from ``at`` on; what it counted before stands, or is counted anew."""
    if calendar == clock.calendar:
        return clock
    if cumulative:
        was_running = clock.running
        clock = _summed(halted(clock, at, before), before)
        clock = running(clock, at) if was_running else clock
    return replace(clock, calendar=calendar)


def aimed(clock: Clock, ladder: tuple[str, ...], calendar: Calendar) -> Clock:
    """With the moments at which it is due, and at which its next step comes, if nothing happens."""
    if clock.running_since is None or clock.target is None:
        return replace(clock, due_at=None, next_at=None)
    steps = list(_steps(clock, ladder, calendar))
    return replace(
        clock, due_at=_moment(clock, clock.target, calendar), next_at=min(steps).at if steps else None
    )


def next_step(clock: Clock, ladder: tuple[str, ...], calendar: Calendar) -> Step:
    """The step that comes at ``next_at``."""
    return min(_steps(clock, ladder, calendar))


def _steps(clock: Clock, ladder: tuple[str, ...], calendar: Calendar) -> Iterator[Step]:
    assert clock.target is not None
    for label in dict.fromkeys((*ladder, BREACH)):
        if label not in clock.passed:
            amount = step_at(label, clock.target)
            yield Step(_moment(clock, amount, calendar), amount, label)


def _moment(clock: Clock, amount: Millis, calendar: Calendar) -> Millis:
    assert clock.running_since is not None
    return calendar.due(clock.running_since, max(0, amount - ran(clock, calendar)))


def _summed(clock: Clock, calendar: Calendar) -> Clock:
    return replace(clock, accrued=ran(clock, calendar), spans=())
