"""Whether a task gets on, and what most likely keeps it from doing so. Pure: moments come in as values.

A task gets on when its clock moves, or when fewer records are unread than when it last did: so a backlog that
is worked off at one moment of the log is no standstill, and a clock that stands while nothing is left to read
is one, as time goes on without it. Only what is durable counts: what is read again and again is no progress.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.kernel.task import BEGINNING
from streams.kernel.watermark import Watermarks

Why: TypeAlias = Literal["not_committing", "held", "left_open", "silent", "unmoved", "waits"]


@dataclass(slots=True)
class Progress:
    """How one task gets on. Times are those of the machine, which a simulated clock doesn't change."""

    since: Millis
    """When it last got on."""
    clock: Millis = BEGINNING
    unread: int | None = None
    restored_at: Millis = 0
    positions: Mapping[str, int] = field(default_factory=dict)
    """Where it stood when it was looked at last."""
    read_at: dict[str, Millis] = field(default_factory=dict)
    """When each of its inputs was last read on."""

    def begin(self, now: Millis, begun: Millis) -> None:
        """It was built from the log now. What has never got on stands since its kernel has ``begun``."""
        self.restored_at = now
        self.since = self.since or begun

    def look(self, now: Millis, clock: Millis, unread: int, positions: Mapping[str, int]) -> None:
        """What is durable now, and how many records are not."""
        if clock > self.clock or (self.unread is not None and unread < self.unread):
            self.since, self.clock, self.unread = now, clock, unread
        elif self.unread is None:
            self.unread = unread
        self.read_at |= {label: now for label, at in positions.items() if at > self.positions.get(label, at)}
        self.positions = dict(positions)

    def read_since(self, moment: Millis) -> frozenset[str]:
        """Inputs that were read on since then."""
        return frozenset(label for label, at in self.read_at.items() if at >= moment)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a task stands. Topics are named in full; without a partition, which is the task's.

    ``since``: when it last got on. ``failing``: why nothing is committed, if nothing is; ``restored_at``:
    when it was built from the log, if that is known.
    ``unread``: records before the end that were not read; ``read_on``: inputs of which some were, lately.
    ``fed_by``: the kernel whose tasks feed this one.
    """

    kernel: str
    partition: int
    since: Millis
    watermarks: Watermarks
    lateness: Millis
    names: Mapping[str, str]
    holds: Mapping[str, bool]
    unread: Mapping[str, int]
    read_on: frozenset[str] = frozenset()
    failing: str | None = None
    restored_at: Millis = 0
    fed_by: str = "visits"

    @property
    def task(self) -> str:
        """Its name for people."""
        return f"{self.kernel}-{self.partition}"

    def is_stuck(self, now: Millis, after: Millis) -> bool:
        """Whether it has not got on for so long."""
        return now - self.since >= after

    @property
    def reason(self) -> "Reason":
        """The most likely reason why it doesn't get on."""
        if self.failing is not None:
            return Reason("not_committing", self.failing, _DO["not_committing"])
        held = self.watermarks.holds_back(self.lateness)
        if held.topic is not None:
            return self._of_input(held.topic, held.at)
        return self._of_feeder(held.task, held.at)

    def _of_input(self, label: str, at: Millis) -> "Reason":
        place = f"{self.names[label]}-{self.partition}"
        why, told = self._source(label, place, at)
        return Reason(why, told, _DO[why].format(topic=self.names[label], partition=self.partition))

    def _source(self, label: str, place: str, at: Millis) -> tuple[Why, str]:
        if self.holds.get(label):
            return "held", f"{place} is held: history is being imported"
        if label in self.read_on:
            return "unmoved", f"nothing that comes in {place} is later than {_time(at)}, and believed"
        if unread := self.unread.get(label):
            return "left_open", f"{unread} records of {place} can't be read: a transaction is open there"
        return "silent", f"{place} has had neither events nor heartbeats since {_time(at)}"

    def _of_feeder(self, task: int | None, at: Millis) -> "Reason":
        feeder = self.fed_by if task is None else f"{self.fed_by}-{task}"
        return Reason("waits", f"{feeder} has told no time after {_time(at)}", f"Look at {feeder} first.")


class Reason(NamedTuple):
    """Why a task doesn't get on, for machines and for people, and what to do."""

    why: Why
    told: str
    do: str


_DO: Mapping[Why, str] = {
    "not_committing": "Is a worker at work on it, and does it stay? Its log says what it fails on.",
    "held": "heedful topics go-live, once the import is through.",
    "left_open": "kafka-transactions.sh find-hanging --topic {topic} --partition {partition}; abort what it "
    "finds, or end the producer that began it.",
    "silent": 'Has exactly one deployment heartbeats = "write", and may its workers write into {topic}?',
    "unmoved": "heedful dead-letters list; then set the clock of its source.",
}


def _time(at: Millis) -> str:
    return to_iso(at) if at > BEGINNING else "the beginning"
