"""The one shape that every rule has.

A rule is a state machine over one customer. It holds its settings; its state is passed in and handed back;
time comes only from events and from the deadline that passed. Rules stand in a row (``streams.rules.RULES``):
what one concludes is offered, as a value like any event, to those after it.
"""

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from schemas.topics import Output
from schemas.words import Millis

State = TypeVar("State", bound=msgspec.Struct)


class Step(NamedTuple, Generic[State]):
    """The outcome of one transition. A state of None means: nothing to remember.

    ``publish`` goes to topics, and to the rules after this one; ``tell`` only to the rules after this one.
    """

    state: State | None
    publish: tuple[Output, ...] = ()
    tell: tuple[msgspec.Struct, ...] = ()


class Now(NamedTuple):
    """The moment of a transition, as values.

    ``at``: event time of what happens (the event's occurred_at, or the deadline that passed).
    ``clock`` and ``now``: the host's clock and the time of people; they differ by the backlog.
    ``held``: history is being imported, nothing may be published to customers.
    ``shop_id`` and ``profile_id``: whose state it is; a merge changes the profile.
    ``heard``: what other profiles told this one in the time before it has arrived; None: all of it.
    ``waiting_since``: when a deadline passes, since when the customer waits for an answer; None: doesn't.
    """

    at: Millis
    clock: Millis
    now: Millis
    held: bool = False
    shop_id: str = "main"
    profile_id: str = ""
    heard: Millis | None = None
    waiting_since: Millis | None = None


class Rule(Protocol[State]):
    """A rule. ``name`` keys its state, for ever; ``state`` is a frozen, array_like msgspec Struct.

    ``listens``: the types of events, and of what earlier rules conclude, that may mean anything to it. Of
    others it isn't told.
    """

    name: str
    state: type[State]
    listens: frozenset[type]

    def on_event(self, state: State | None, event: Any, now: Now) -> Step[State]:
        """An event happened, or an earlier rule concluded something. Of no interest: ``Step(state)``."""

    def on_late(self, state: State | None, event: Any, now: Now) -> Step[State]:
        """The event happened before the clock; what was concluded since may be wrong."""

    def deadline(self, state: State) -> Millis:
        """When to be asked next. Every state has a deadline, so that every state is forgotten one day."""

    def on_deadline(self, state: State, now: Now) -> Step[State]:
        """The deadline passed: ``now.at``."""

    def merge(self, mine: State | None, theirs: State, now: Now) -> Step[State]:
        """Another profile proved to be the same customer: take over what it knew. Commutative."""


def earliest(moments: Iterable[Millis | None]) -> Millis | None:
    """The earliest of those that are set; None if none is."""
    return min([moment for moment in moments if moment is not None], default=None)
