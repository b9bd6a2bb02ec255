"""Where the tasks of a deployment stand, as they say themselves at the ends of their changelogs.

Whoever asks so learns it without a worker: of the task, too, that none works on.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas.admin import KERNELS, partitions_of
from schemas.words import Millis
from streams.kernel.changelog import POSITION_KEY, Position, decode_position
from streams.kernel.config import KernelConfig
from streams.tails import Tails

LENGTHS = (100, 20_000)
"""So many records from the end hold a position; if a large commit was aborted or is under way, so many."""


class Task(NamedTuple):
    """One task of a kernel."""

    kernel: str
    partition: int


class Stands(NamedTuple):
    """What a task said of itself, when (by the broker's or its machine's clock), and what it had said before.

    ``before``: where it stood when it first said that it has not got on since then, as far as was looked.
    """

    at: Millis
    position: Position
    before: Mapping[str, int]


class Held(NamedTuple):
    """A partition of an input under a hold."""

    label: str
    partition: int


class Positions:
    """What the tasks of a deployment say. One that says nothing now is taken at its last word."""

    def __init__(self, config: KernelConfig) -> None:
        """Connects to nothing yet."""
        self._config = config
        self._said: dict[Task, Stands] = {}

    def look(self) -> dict[Task, Stands]:
        """Of every task that ever committed. Raises BrokerUnavailable, FixAccess, Unavailable."""
        present = partitions_of(self._config.kafka)
        there = {self._config.internal(kernel, "changelog"): kernel for kernel in KERNELS}
        counts = {name: present[name] for name in there if name in present}
        for length in LENGTHS:
            silent = {
                name: count
                for name, count in counts.items()
                if any(Task(there[name], at) not in self._said for at in range(count))
            }
            wanted = counts if length == LENGTHS[0] else silent
            for name, partition, stands in self._latest(wanted, length):
                self._said[Task(there[name], partition)] = stands
        return dict(self._said)

    def _latest(self, counts: Mapping[str, int], length: int) -> Iterator[tuple[str, int, Stands]]:
        first: dict[tuple[str, int], Position] = {}
        for message in Tails(self._config, counts, length) if counts else ():
            value = message.value()
            if message.key() != POSITION_KEY or value is None:
                continue
            position = decode_position(value)
            if position.after:  # else it is of a sweep, and says nothing
                place = message.topic() or "", message.partition() or 0
                if place not in first or first[place].since != position.since:
                    first[place] = position
                yield *place, Stands(message.timestamp()[1], position, first[place].after)


def held(stands: Mapping[Task, Stands]) -> set[Held]:
    """Where history is being imported: the record that began it is soon buried under what was imported."""
    return {
        Held(label, task.partition)
        for task, said in stands.items()
        for label, on in said.position.holds.items()
        if on
    }
