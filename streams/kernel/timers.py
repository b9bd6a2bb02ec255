"""When to look at which key next."""

from collections.abc import Iterator
from heapq import heappop, heappush

from schemas.words import Millis


class Timers:
    """One live entry per key.

    Moving a deadline later costs nothing: the entry comes up early, and whoever asked for it arms it again.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Millis, str]] = []
        self._armed: dict[str, Millis] = {}

    def __len__(self) -> int:
        return len(self._armed)

    def arm(self, key: str, due: Millis) -> None:
        """Look at ``key`` once the clock has passed ``due``, or earlier if it is armed for earlier."""
        armed = self._armed.get(key)
        if armed is None or due < armed:
            self._armed[key] = due
            heappush(self._heap, (due, key))

    def passed(self, clock: Millis) -> Iterator[str]:
        """Take out, in the order of (due, key), every key armed for before ``clock``."""
        while self._heap and self._heap[0][0] < clock:
            due, key = heappop(self._heap)
            if self._armed.get(key) == due:
                del self._armed[key]
                yield key

    def first(self) -> Millis | None:
        """For when the first key is armed; None: none is."""
        while self._heap and self._armed.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def drop(self, key: str) -> None:
        """Forget the key."""
        self._armed.pop(key, None)
