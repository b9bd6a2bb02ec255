"""What comes next of one key: the first of the events that wait for it, or the deadline that it stated.

Free of the clock: whoever calls says how far time has come.
"""

from itertools import takewhile
from typing import Any, Generic, NamedTuple, TypeVar

from schemas.topics import Output
from schemas.words import Millis
from streams.errors import HeedfulError
from streams.kernel.processor import Moment, Processor
from streams.kernel.state import Entry

S = TypeVar("S")


class StuckProcessor(HeedfulError):
    """A processor, woken at a deadline, stated the same deadline again: it would be woken for ever."""


class Due(NamedTuple):
    """The moment of what comes next, and whether it is an event."""

    at: Millis
    is_event: bool


def order(event: Any) -> tuple[Millis, int, str, Millis]:
    """The order in which the events of one key are applied, whatever order they arrived in; copies of one,
    as they were received.
    """
    sequence = -1 if event.sequence is None else event.sequence
    return (event.occurred_at, sequence, event.event_id, event.received_at)


class Stepping(Generic[S]):
    """The entries of one processor, each a step further. ``out``: where outputs go."""

    def __init__(self, processor: Processor[S], out: list[Output]) -> None:
        self._processor = processor
        self._out = out

    def next(self, entry: Entry[S, Any]) -> Due | None:
        """What comes next; at equal times events go first. None: there is nothing to come."""
        deadline = None if entry.state is None else self._processor.deadline(entry.state)
        if entry.inbox and (deadline is None or entry.inbox[0].occurred_at <= deadline):
            return Due(entry.inbox[0].occurred_at, True)
        return None if deadline is None else Due(deadline, False)

    def step(self, entry: Entry[S, Any], due: Due, moment: Moment) -> None:
        """What came next has come. Raises StuckProcessor."""
        if due.is_event:
            entry.state = self._processor.apply(entry.state, entry.inbox.pop(0), moment, self._out)
            return
        assert entry.state is not None
        entry.state = self._processor.wake(entry.state, due.at, moment, self._out)
        if entry.state is not None and self._processor.deadline(entry.state) <= due.at:
            name = self._processor.name
            raise StuckProcessor(f"{name} stated the deadline {due.at} again after it had passed.")

    def late(self, entry: Entry[S, Any], event: Any, moment: Moment) -> None:
        """An event came whose time has passed."""
        entry.state = self._processor.late(entry.state, event, moment, self._out)

    def purge(self, entry: Entry[S, Any], clock: Millis) -> bool:
        """Forget ids whose time has passed; they stand about in the order of their times. Whether any was."""
        if not entry.seen:
            return False
        counts = None if entry.state is None else self._processor.still_counts(entry.state)
        before = clock if counts is None else min(clock, counts)
        passed = list(takewhile(lambda hashed: entry.seen[hashed] < before, entry.seen))
        for hashed in passed:
            del entry.seen[hashed]
        return bool(passed)

    def wake(self, entry: Entry[S, Any]) -> Millis | None:
        """When to look at the key next: at its next event or deadline; else when the last id is forgotten."""
        due = self.next(entry)
        return max(entry.seen.values(), default=None) if due is None else due.at
