"""The vocabulary of contacts: what a help desk tells, and what the clocks say of it. Times are minutes."""

from pathlib import Path
from typing import Any

from schemas import topics
from schemas.outputs import ContactSignal
from streams.rules.book import RuleBook
from streams.rules.settings import rules_in
from tests.builders import World, message, minutes

HOUR = 60.0
DAY = 24 * HOUR


def rules(text: str = "") -> RuleBook:
    """Rules as they stand in a file; without any, the defaults."""
    return RuleBook.single(rules_in(text, Path("heedful.toml")))


def policy(text: str) -> RuleBook:
    """Rules with one policy."""
    return rules(f'[[rules.contacts.policies]]\nname = "only"\n{text}')


def heard(*events: Any, book: RuleBook | None = None, until: float | None = None) -> World:
    """The world when the last of the events has happened, or at ``until``."""
    end = max(minutes(event.occurred_at) for event in events) if until is None else until
    return World(book).hear(*events).until(end)


def told(kind: str, at: float, contact: str = "q1", **said: Any) -> Any:
    """Something that is no message."""
    return message("unknown", at, contact, **{"type": kind, **said})


def signals(world: World, *kinds: str, clock: str | None = None) -> list[ContactSignal]:
    """Signals of contacts of some kinds, of one clock or of all, but for those that were withdrawn."""
    said: list[ContactSignal] = world.said(topics.CONTACT_SIGNALS)
    false = {one.withdraws for one in said}
    return [
        one for one in said if one.kind in kinds and clock in (None, one.clock) and one.event_id not in false
    ]


def runs(world: World, clock: str) -> list[float]:
    """What each run of a clock that has ended had counted, in minutes."""
    return [(one.counted_ms or 0) / 60_000 for one in signals(world, "fulfill", clock=clock)]


def moves(world: World, clock: str) -> list[tuple[str, float]]:
    """How a clock moved: kind and minute."""
    moved = signals(world, "activate", "pause", "fulfill", "breach", clock=clock)
    return [(one.kind, minutes(one.occurred_at)) for one in moved]


def steps(world: World, clock: str = "first_reply") -> list[tuple[str, float]]:
    """Steps of the ladder, the breach as 100%, and their minutes."""
    passed = signals(world, "escalated", "breached", clock=clock)
    return [(one.step or "100%", minutes(one.occurred_at)) for one in passed]
