"""The time of people: the only place that reads the machine's clock for its meaning.

Simulated time runs faster and starts elsewhere, through the same interface, so that a demo exercises what
production runs. Kernels, the simulator and the pages are handed a clock; rules never see one.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from schemas.words import Millis


class Clock(Protocol):
    """Tells the time of people."""

    def now(self) -> Millis:
        """Milliseconds since the epoch."""


def _wall() -> Millis:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class WallClock:
    """The machine's clock."""

    def now(self) -> Millis:
        """Milliseconds since the epoch."""
        return _wall()


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """Stood at ``start`` when the machine's clock stood at ``origin``; runs ``speed`` times as fast.

    Processes that share the three numbers share the time.
    """

    start: Millis
    origin: Millis
    speed: float

    def now(self) -> Millis:
        """Simulated milliseconds since the epoch."""
        return self.start + int((_wall() - self.origin) * self.speed)


def simulated_from_now(start: Millis, speed: float) -> SimulatedClock:
    """A simulated clock that stands at ``start`` at this moment."""
    return SimulatedClock(start, _wall(), speed)
