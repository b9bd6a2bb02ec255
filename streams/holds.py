"""Where history is being imported, as the kernels know it: at the end of its changelog each task says so.

The record that began a hold is soon buried under what was imported.
"""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.admin import KERNELS, partitions_of
from streams.kernel.changelog import POSITION_KEY, decode_position
from streams.kernel.config import KernelConfig
from streams.tails import Tails

LENGTH = 100
"""So many records from the end hold a position, unless a large commit is just under way."""


class Held(NamedTuple):
    """A partition of an input under a hold."""

    label: str
    partition: int


class Holds:
    """What the kernels of a deployment have read of holds, and of their ends."""

    def __init__(self, config: KernelConfig) -> None:
        """Connects to nothing yet."""
        self._config = config
        self._said: dict[tuple[str, int], Mapping[str, bool]] = {}

    def look(self) -> set[Held]:
        """All that is held. A task that says nothing now is taken at its last word.

        Raises BrokerUnavailable, FixAccess, Unavailable.
        """
        names = [self._config.internal(kernel, "changelog") for kernel in KERNELS]
        present = partitions_of(self._config.kafka)
        there = {name: present[name] for name in names if name in present}
        for message in Tails(self._config, there, LENGTH):
            value = message.value()
            if message.key() == POSITION_KEY and value is not None:
                position = decode_position(value)
                if position.after:  # else it is of a sweep, and says nothing
                    self._said[message.topic() or "", message.partition() or 0] = position.holds
        return {
            Held(label, partition)
            for (_, partition), holds in self._said.items()
            for label, held in holds.items()
            if held
        }
