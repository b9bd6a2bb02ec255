"""Outreach: whom to approach about what was noticed, on which channel, when, and when not any more."""

from typing import Any

from schemas.words import Millis
from streams.rules.base import Now, Step
from streams.rules.outreach.happenings import KINDS, concerns, happen, reconcile
from streams.rules.outreach.settings import Rules
from streams.rules.outreach.state import Reach, union
from streams.rules.outreach.turn import Turn

LATENESS: Millis = 10_000


class Outreach:
    """Decides, for one customer, about each candidate that an abandonment makes.

    Which guards a candidate passes: guards.py. What becomes of it: state.py. What an event means for it:
    happenings.py. ``lateness`` is that of the hosting kernel: a log that is live is behind by so much.
    """

    name = "outreach"
    state = Reach
    listens: frozenset[type] = KINDS

    def __init__(self, rules: Rules, lateness: Millis = LATENESS) -> None:
        self._rules = rules
        self._lateness = lateness

    def on_event(self, state: Reach | None, event: Any, now: Now) -> Step[Reach]:
        """An event happened, or an earlier rule concluded something."""
        if not concerns(state, event):
            return Step(state)
        turn = self._turn(state, now)
        happen(turn, event)
        return turn.step()

    def on_late(self, state: Reach | None, event: Any, now: Now) -> Step[Reach]:
        """What the event says counts from when it happened; what follows from it is decided at the clock."""
        return self.on_event(state, event, _not_before_the_clock(now))

    def deadline(self, state: Reach) -> Millis:
        """When an approach is decided anew, or something is forgotten."""
        due = state.deadline()
        assert due is not None, "a state that remembers nothing is not kept"
        return due

    def on_deadline(self, state: Reach, now: Now) -> Step[Reach]:
        """Holds end, validity ends, memories fade."""
        turn = self._turn(state, now)
        for approach in sorted(state.held, key=lambda held: (held.until, held.signal_id)):
            if approach.until <= now.at:
                turn.decide(approach)
        return turn.step()

    def merge(self, mine: Reach | None, theirs: Reach, now: Now) -> Step[Reach]:
        """The customer takes over what was known of the visitor. Approaches keep the key of their request."""
        known = mine or Reach()
        turn = self._turn(union(known, theirs), _not_before_the_clock(now))
        reconcile(turn)
        return turn.step()

    def _turn(self, state: Reach | None, now: Now) -> Turn:
        return Turn(state or Reach(), self._rules, now, self._lateness)


def _not_before_the_clock(now: Now) -> Now:
    return now._replace(at=max(now.at, now.clock))
