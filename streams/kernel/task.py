"""The heart of a kernel, free of Kafka: keyed state, ordered application, deadlines.

The kernel feeds it from the log and ``heedful replay`` from a file; both get the same outputs, because what
happens depends only on the events and on the clock handed in.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from schemas.ids import short_hash
from schemas.topics import Output
from schemas.words import Millis
from streams.kernel.entries import Entries
from streams.kernel.processor import Moment, Processor
from streams.kernel.room import LARGE, Room
from streams.kernel.state import Entry, wake_of
from streams.kernel.stepping import Due, Stepping, order
from streams.kernel.timers import Timers
from streams.kernel.waiting import PREFIX, Row, Waiting

S = TypeVar("S")

BEGINNING: Millis = 0
"""The clock of a task that has seen nothing."""

Read: TypeAlias = Callable[[Sequence[bytes]], list[Any]]
"""The events in values of the log."""


class Task(Generic[S]):
    """The state, the clock and the timers of one partition.

    Not thread-safe. After any exception the task is to be dropped and built anew.
    """

    def __init__(self, processor: Processor[S], read: Read | None = None) -> None:
        """``read``: for events that wait unread, see ``wait``."""
        self.processor = processor
        self.clock: Millis = BEGINNING
        self.duplicates = 0
        self.late_events = 0
        self._out: list[Output] = []
        self._steps = Stepping(processor, self._out)
        self._entries = Entries(processor, self._steps.wake)
        self._timers = Timers()
        self._room = Room()
        self._late: list[tuple[str, Any]] = []
        self._read = read
        self._waiting = Waiting()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def timers(self) -> int:
        """How many keys wait for their time."""
        return len(self._timers)

    @property
    def wakes_at(self) -> Millis | None:
        """When something may happen next if nothing is received. A host that goes from one such moment to
        the next lets tasks that tell each other things hear of them in their time.
        """
        firsts = (self._timers.first(), self._waiting.first())
        return min((first for first in firsts if first is not None), default=None)

    def receive(self, event: Any, size: int | None = None) -> bool:
        """An event was read. It is applied by ``advance``, in its turn; a duplicate is dropped.

        ``size``: its length in bytes; None: it is taken in any case. False: its key has no room for it.
        """
        processor = self.processor
        key = processor.key(event)
        entry = self._entries.get(key) or Entry()
        until = processor.remember(event)
        hashed = 0 if until is None else short_hash(event.event_id)
        if until is not None and hashed in entry.seen:
            self.duplicates += 1
            return True
        if size is not None and not self._room.take(key, size):
            return False
        if until is not None:
            entry.seen[hashed] = until
        self._entries.change(key, entry)
        self._place(key, entry, event)
        return True

    @property
    def known(self) -> KeysView[str]:
        """The keys of which anything is known."""
        return self._entries.keys()

    def wait(self, rows: Iterable[Row]) -> None:
        """Events of the processor's bulk came. In their turn, ``advance`` looks at those that mean anything
        by then; their host said how they are read.
        """
        self._waiting.add(rows)

    def advance(
        self, to: Millis, now: Millis, held: bool = False, heard: Millis | None = None
    ) -> list[Output]:
        """No event before ``to`` is outstanding: apply what waited, fire what is due; return the outputs.

        ``now`` is the time of people. A ``to`` before the clock leaves the clock where it is.
        ``heard``: up to when all was heard that tasks of this kernel tell each other; None: at once.
        """
        return list(self.advancing(to, now, held, heard))

    def advancing(
        self, to: Millis, now: Millis, held: bool = False, heard: Millis | None = None
    ) -> Iterator[Output]:
        """The same, output by output, so that not all of them need be kept. To be read to its end."""
        self._settle_late(Moment(self.clock, now, held, self.clock if heard is None else heard))
        self.clock = max(self.clock, to)
        moment = Moment(self.clock, now, held, self.clock if heard is None else heard)
        self._admit(self._waiting.passed(self.clock))
        yield from self._taken()
        for key in self._timers.passed(self.clock):
            self._run(key, moment)
            if self._out:
                yield from self._taken()

    def _taken(self) -> list[Output]:
        out = self._out.copy()
        self._out.clear()
        return out

    def states(self) -> dict[str, S]:
        """Every key's state; for summaries and tests, it decodes everything."""
        found = {key: self._entries.get(key) for key in self.known}
        return {key: entry.state for key, entry in found.items() if entry and entry.state is not None}

    @property
    def unsettled(self) -> bool:
        """Whether something came late that ``advance`` has not looked at yet."""
        first = self._waiting.first()
        return bool(self._late) or (first is not None and first < self.clock)

    @property
    def changed(self) -> bool:
        """Whether some entry differs from what ``changes`` gave last."""
        return self._entries.changed or self._waiting.changed

    def changes(self) -> list[tuple[str, bytes | None]]:
        """Changelog values of all keys that changed since this was asked last; None: the key is forgotten.

        A key that came and went in between is left out. Not to be asked between reading and advancing: what
        came late is in no key's state before.
        """
        assert not self.unsettled, "what came late would be lost: advance first"
        changed = list(self._entries.changes())
        self._room.written()
        for key, value in changed:
            self._room.holds(key, len(value or b""))
        return [*self._waiting.changes(), *changed]

    def restore(self, key: str, value: bytes) -> None:
        """Take a changelog value over, undecoded until the key is touched. Fires nothing."""
        if key.startswith(PREFIX):
            self._waiting.restore(key, value)
            return
        self._entries.restore([key], [value])
        self._room.holds(key, len(value))
        self._timers.arm(key, wake_of(value))

    def restore_all(self, values: Mapping[bytes, bytes]) -> None:
        """The same for all that a changelog holds, in columns; what isn't a key's state, one by one."""
        own = [key for key in values if key < b"\1"]
        states = {key: value for key, value in values.items() if key >= b"\1"} if own else values
        keys = list(map(bytes.decode, states))
        self._entries.restore(keys, states.values())
        self._timers.restore(keys, list(map(wake_of, states.values())))
        if max(map(len, states.values()), default=0) > LARGE:
            for name, value in zip(keys, states.values(), strict=True):
                self._room.holds(name, len(value))
        for key in own:
            self.restore(key.decode(), values[key])

    def resume(self, clock: Millis) -> None:
        """All was restored: the clock stood here. What waited and happened before has been looked at."""
        self.clock = clock
        self._waiting.passed(clock)

    def _place(self, key: str, entry: Entry[S, Any], event: Any) -> None:
        if event.occurred_at < self.clock:
            self._late.append((key, event))
        else:
            self._place_in_time(key, entry, event)

    def _place_in_time(self, key: str, entry: Entry[S, Any], event: Any) -> None:
        insort(entry.inbox, event, key=order)
        self._timers.arm(key, entry.inbox[0].occurred_at)

    def _admit(self, rows: list[Row]) -> None:
        """The clock has passed them."""
        for key, event in self._meaningful(rows):
            entry = self._entries.get(key) or Entry()
            self._entries.change(key, entry)
            self._place_in_time(key, entry, event)

    def _meaningful(self, rows: list[Row]) -> list[tuple[str, Any]]:
        """Events of those rows of whose keys anything is known, with their keys."""
        known = self.known
        chosen = [(key, value) for _, key, value in rows if key in known]
        if not chosen:
            return []
        assert self._read is not None
        keys, values = zip(*chosen, strict=True)
        return list(zip(keys, self._read(values), strict=True))

    def _settle_late(self, moment: Moment) -> None:
        """What came since the clock stood where it stands, of the time before."""
        late, self._late = self._late, []
        rows = self._waiting.passed(self.clock)
        self.late_events += len(late) + len(rows)
        late += self._meaningful(rows)
        for key, event in sorted(late, key=lambda pair: order(pair[1])):
            entry = self._entries.get(key) or Entry()
            self._entries.change(key, entry)
            self._steps.late(entry, event, moment)
            self._rearm(key, entry, self._steps.next(entry))

    def _run(self, key: str, moment: Moment) -> None:
        entry = self._entries.get(key)
        if entry is None:
            return
        due = self._steps.next(entry)
        while due is not None and due.at < moment.clock:
            self._entries.change(key, entry)
            self._steps.step(entry, due, moment)
            due = self._steps.next(entry)
        self._rearm(key, entry, due)

    def _rearm(self, key: str, entry: Entry[S, Any], due: Due | None) -> None:
        if self._steps.purge(entry, self.clock):
            self._entries.change(key, entry)
        if entry.empty:
            self._entries.forget(key)
            self._timers.drop(key)
            return
        wake = self._steps.wake(entry) if due is None else due.at
        assert wake is not None
        self._timers.arm(key, wake)
