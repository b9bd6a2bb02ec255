"""Partitions as one sequence in the order of time, however far each is read ahead; in bounded memory."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from schemas.words import Millis

AHEAD = 2_000
"""So much of a partition waits at most, about, for others to come to the same time."""


class Timed(NamedTuple):
    """Something that was received, and how far its partition had come by then."""

    at: Millis
    lane: Hashable
    value: Any


@dataclass
class Lane:
    """One partition. ``reached``: the latest time in it so far. ``ended``: there is no more of it."""

    waiting: deque[Timed] = field(default_factory=deque)
    reached: Millis = 0
    ended: bool = False


class Merge:
    """Takes what partitions hold, each in its order; gives it in the order of time, as far as all have come.

    ``limit``: nothing behind it is wanted. Where a partition ends before, that is the limit: a kernel's clock
    comes no further either.
    """

    def __init__(self, lanes: Iterable[Hashable], limit: Millis) -> None:
        self.limit = limit
        self._lanes = {name: Lane() for name in lanes}
        self._heads: list[tuple[Millis, int, Hashable]] = []
        self._numbers = {name: number for number, name in enumerate(self._lanes)}

    def put(self, name: Hashable, at: Millis, value: Any = None) -> None:
        """Time has come to ``at`` in a partition, with something that was received or with nothing."""
        lane = self._lanes[name]
        lane.reached = max(lane.reached, at)
        if value is None or lane.reached > self.limit:
            return
        if not lane.waiting:
            heappush(self._heads, (lane.reached, self._numbers[name], name))
        lane.waiting.append(Timed(lane.reached, name, value))

    def end(self, name: Hashable) -> None:
        """There is no more of a partition."""
        lane = self._lanes[name]
        lane.ended = True
        self.limit = min(self.limit, lane.reached)

    def ready(self) -> Iterator[Timed]:
        """What comes next, as far as is known."""
        frontier = min(self.frontier, self.limit)
        while self._heads and self._heads[0][0] <= frontier:
            _, number, name = heappop(self._heads)
            lane = self._lanes[name]
            yield lane.waiting.popleft()
            if lane.waiting:
                heappush(self._heads, (lane.waiting[0].at, number, name))

    @property
    def frontier(self) -> Millis:
        """How far every partition has come."""
        return min((lane.reached for lane in self._lanes.values() if not lane.ended), default=self.limit)

    @property
    def full(self) -> set[Hashable]:
        """Partitions of which enough waits."""
        return {name for name, lane in self._lanes.items() if len(lane.waiting) >= AHEAD}

    @property
    def wanted(self) -> set[Hashable]:
        """Partitions that have not come to the limit."""
        return {name for name, one in self._lanes.items() if not one.ended and one.reached <= self.limit}

    def behind(self) -> list[Hashable]:
        """Partitions that have come least far."""
        least = min(lane.reached for lane in self._lanes.values())
        return [name for name, lane in self._lanes.items() if lane.reached == least]
