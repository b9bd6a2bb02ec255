"""Waits until what was published is through: both kernels, and landing.

Through means: committed, with everything that follows from it, and landed. What follows may itself be an
input (a visitor who proves to be a customer hands over to it), so the ends are looked at more than once.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from schemas.admin import partitions_of
from schemas.topics import TOPICS, Topic
from schemas.words import Millis
from streams.asking import status
from streams.care import Care
from streams.errors import Unavailable
from streams.kernel.config import KernelConfig
from streams.roles import Role
from streams.settings import Settings
from streams.tails import ends
from streams.visits import Visits

ROUNDS = 3
"""A hand-over may be forwarded once more, and be answered by a signal."""

ANSWERS_WITHIN = 60.0
"""Seconds without an answer from any worker after which waiting is in vain."""

STALLS_WITHIN = 300.0
"""Seconds without progress of a worker that answers, after which waiting is in vain."""

TURN = 0.1

Said: TypeAlias = dict[str, Any]
Ends: TypeAlias = Mapping[str, int]
"""By label and partition, such as cart-0, an offset."""
KERNELS: dict[Role, tuple[Topic, ...]] = {"visits": Visits.inputs, "care": Care.inputs}


@dataclass
class Through:
    """Waiting for what was published. ``tend`` is called at each turn and may raise to give up.

    ``on_step`` is told what is waited for.
    """

    settings: Settings
    config: KernelConfig
    tend: Callable[[], None]
    on_step: Callable[[str], None]

    def wait(self, clock: Millis) -> None:
        """Return once everything up to the clock is through. Raises Unavailable."""
        for number in range(1, ROUNDS + 1):
            for role, inputs in KERNELS.items():
                self.on_step(f"{role}, round {number} of {ROUNDS}")
                self._kernel(role, self._ends(inputs), clock)
        self.on_step("landing")
        landed = {f"{name}-{at}": offset for (name, at), offset in self._ends_of(TOPICS).items()}
        self._until("landing", lambda said: _covers(said.get("landed to", {}), landed))

    def _kernel(self, role: Role, ends: Ends, clock: Millis) -> None:
        """Until it has every partition, the clock, and all that stood on its inputs."""
        self._until(
            role, lambda said: said.get("durable", 0) >= clock and _covers(said.get("durable to", {}), ends)
        )

    def _ends(self, topics: tuple[Topic, ...]) -> dict[str, int]:
        """By "label-partition", the offset behind the last record."""
        labels = {self.config.named(topic): topic.label for topic in topics}
        found = self._ends_of(topics)
        return {f"{labels[name]}-{partition}": offset for (name, partition), offset in found.items()}

    def _ends_of(self, topics: tuple[Topic, ...]) -> dict[tuple[str, int], int]:
        known = partitions_of(self.config.kafka)
        names = [self.config.named(topic) for topic in topics]
        return ends(self.config, {name: known[name] for name in names})

    def _until(self, role: Role, done: Callable[[Said], bool]) -> None:
        moved_at, before = time.monotonic(), None
        while not done(said := status(self.settings, role)):
            self.tend()
            progress = (said.get("durable"), said.get("rows"))
            if said and progress != before:
                moved_at, before = time.monotonic(), progress
            elif time.monotonic() - moved_at > (STALLS_WITHIN if said else ANSWERS_WITHIN):
                raise Unavailable(self._complaint(role, said))
            time.sleep(TURN)

    def _complaint(self, role: Role, said: Said) -> str:
        if said:
            return f"{role} answers, but gets no further; its log is under {self.settings.data_dir / 'logs'}"
        return (
            f"no worker of the role {role} answers here (its note would be under {self.settings.data_dir}); "
            "start `heedful worker`, or import without --wait"
        )


def _covers(reached: Ends, wanted: Ends) -> bool:
    return all(reached.get(at, 0) >= offset for at, offset in wanted.items())
