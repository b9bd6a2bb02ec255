"""When to look at which key next."""

from array import array
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

import polars as pl

from schemas.words import Millis

SPAN: Millis = 60_000
"""Keys armed for the same minute lie together unsorted until the clock comes to it."""

_NO_KEYS: set[str] = set()
"""Of every span that was emptied; it stays empty."""


class Timers:
    """One live entry per key.

    Moving a deadline later costs nothing: the entry comes up early, and whoever asked for it arms it again.
    Moving it earlier moves the entry. Most keys wait for something far away, and hear of something near
    again and again, as a cart does that is forgotten in a month: so what is far lies in sets by minutes, out
    of which a key can be taken, and only the minutes that the clock has come to are a heap. What was restored
    lies in one row until then: millions are armed at once, and for two words each.
    """

    def __init__(self) -> None:
        self._armed: dict[str, Millis] = {}
        self._near: list[tuple[Millis, str]] = []
        """A heap of what is due before ``_opened``; entries that don't agree with ``_armed`` are void."""
        self._far: dict[Millis, set[str]] = {}
        """The other keys, by the beginning of the span that they are due in."""
        self._spans: list[Millis] = []
        """A heap of these beginnings; those without keys are left behind."""
        self._opened: Millis = 0
        self._restored: list[tuple[array[Millis], list[str]]] = []
        """Rows of moments and keys, the first at the end; not in ``_armed`` before their span is opened."""

    def __len__(self) -> int:
        """How many moments are waited for; also those of keys restored, and dropped or armed since."""
        return len(self._armed) + sum(len(dues) for dues, _ in self._restored)

    def arm(self, key: str, due: Millis) -> None:
        """Look at ``key`` once the clock has passed ``due``, or earlier if it is armed for earlier."""
        armed = self._armed.get(key)
        if armed is not None:
            if armed <= due:
                return
            self._take_out(key, armed)
        self._armed[key] = due
        if due < self._opened:
            heappush(self._near, (due, key))
        else:
            self._put(key, due - due % SPAN)

    def restore(self, keys: Sequence[str], dues: Sequence[Millis]) -> None:
        """Arm many at once. Each comes up at its moment, whatever has become of the key meanwhile."""
        moments = pl.Series(dues, dtype=pl.Int64)
        order = moments.arg_sort(descending=True)
        row = list(map(keys.__getitem__, order.to_list()))
        self._restored.append((array("q", moments.gather(order).to_list()), row))
        self._arm_restored()

    def passed(self, clock: Millis) -> Iterator[str]:
        """Take out, in the order of (due, key), every key armed for before ``clock``."""
        while self._is_near(clock):
            due, key = self._near[0]
            if due >= clock:
                return
            heappop(self._near)
            del self._armed[key]
            yield key

    def first(self) -> Millis | None:
        """For when the first key is armed; None: none is."""
        if self._is_near(self._opened):
            return self._near[0][0]
        firsts = [dues[-1] for dues, _ in self._restored]
        if self._spans:
            firsts.append(min(map(self._armed.__getitem__, self._far[self._spans[0]])))
        return min(firsts, default=None)

    def drop(self, key: str) -> None:
        """Forget the key."""
        armed = self._armed.pop(key, None)
        if armed is not None:
            self._take_out(key, armed)

    def _is_near(self, clock: Millis) -> bool:
        """Whether the heap begins with the first key of all. Spans before ``clock`` are opened if need be."""
        while True:
            while self._near and self._armed.get(self._near[0][1]) != self._near[0][0]:
                heappop(self._near)
            if self._near:
                return True
            span = self._next_span()
            if span is None or span >= clock:
                return False
            self._open(span)

    def _next_span(self) -> Millis | None:
        while self._spans and not self._far[self._spans[0]]:
            del self._far[heappop(self._spans)]
        firsts = [dues[-1] for dues, _ in self._restored]
        return min([first - first % SPAN for first in firsts] + self._spans[:1], default=None)

    def _open(self, span: Millis) -> None:
        """Nothing is near, and this span is the first."""
        if self._spans and self._spans[0] == span:
            self._near = [(self._armed[key], key) for key in self._far.pop(heappop(self._spans))]
            heapify(self._near)
        self._opened = max(self._opened, span + SPAN)
        self._arm_restored()

    def _arm_restored(self) -> None:
        """What is due in the spans that are open."""
        for dues, keys in self._restored:
            while dues and dues[-1] < self._opened:
                self.arm(keys.pop(), dues.pop())
        self._restored = [row for row in self._restored if row[0]]

    def _put(self, key: str, span: Millis) -> None:
        keys = self._far.get(span)
        if keys:
            keys.add(key)
            return
        if keys is None:
            heappush(self._spans, span)
        self._far[span] = {key}

    def _take_out(self, key: str, armed: Millis) -> None:
        """Out of its span. What is in the heap is void by itself."""
        if armed >= self._opened:
            span = armed - armed % SPAN
            keys = self._far[span]
            keys.discard(key)
            if not keys:
                self._far[span] = _NO_KEYS
