"""How far a consumer is behind the ends of its partitions, as the broker told them with the last fetch."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from confluent_kafka import Consumer, TopicPartition

At: TypeAlias = tuple[str, int]
"""A topic's name and a partition."""

EVERY = 0.5
"""Seconds between two looks."""

UNKNOWN = -1001
"""What the client says before it has fetched from a partition."""


class Lag:
    """Offsets between what was read and the ends. The marks of transactions have offsets, too.

    ``look`` from the thread that consumes; any thread may ask for the rest.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._looked = 0.0
        self._behind: dict[At, int | None] = {}

    def due(self, now: float) -> bool:
        """Whether it is time to look. ``now``: monotonic seconds."""
        return now - self._looked >= EVERY

    def look(self, now: float, positions: Mapping[At, int]) -> None:
        """Compare; asks the client, not the broker. ``positions``: next offset of every partition held."""
        self._looked = now
        self._behind = {at: self._of(at, position) for at, position in positions.items()}

    def of(self) -> dict[At, int | None]:
        """By partition; None: nothing was fetched from it yet."""
        return self._behind

    def by_topic(self) -> dict[str, int]:
        """Sums over the partitions held, as far as they are known."""
        sums: Counter[str] = Counter()
        for (name, _), behind in self._behind.items():
            sums[name] += behind or 0
        return dict(sums)

    def why_not_ready(self, most: int) -> str | None:
        """What is still to be read before this counts as caught up; None: at most ``most`` a partition."""
        if not self._behind:
            return "no partition is assigned"
        for (name, partition), behind in sorted(self._behind.items()):
            if behind is None:
                return f"nothing was fetched from {name}-{partition} yet"
            if behind > most:
                return f"{behind} records of {name}-{partition} are not read yet"
        return None

    def _of(self, at: At, position: int) -> int | None:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(*at), cached=True)
        return None if high == UNKNOWN else max(0, high - max(position, low))
