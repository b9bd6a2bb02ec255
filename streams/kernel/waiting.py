"""Events that wait for the clock as they were read, because most of them will mean nothing.

A click of a visitor of whom nothing is known changes nothing. Whether anything is known can be said once the
clock has passed it: what happened before it may be read after it. Until then nothing is made of it but this
row; each commit writes the rows that came since the last one into the changelog, once, many in one record.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import msgspec

from schemas.words import Millis

PREFIX = "\0waiting/"
"""Keys of these records in the changelog sort apart from every state key, which are "shop/id". A number
follows; before it there may be another one and a slash, which earlier versions wrote.
"""

RECORD_BYTES = 2**20
"""About so long a record in the changelog becomes; what is left goes into another one."""

TOGETHER: Millis = 60_000
"""Rows of one record happened within this time: one of a device whose clock is ahead doesn't keep others."""

Row: TypeAlias = tuple[Millis, str, bytes]
"""An event that waits: when it happened, its key, and how it stood in the log."""

_at = itemgetter(0)
_encode = msgspec.msgpack.Encoder().encode
rows_in = msgspec.msgpack.Decoder(list[Row]).decode
"""The rows in a record of the changelog."""


class _Block(NamedTuple):
    """What still waits of a record in the changelog, in the order of time; ``next`` is that of the first."""

    next: Millis
    name: str
    rows: list[Row]


class Waiting:
    """The rows of one task: those that came since the last commit, and those that stand in the changelog."""

    def __init__(self) -> None:
        self._new: list[Row] = []
        self._blocks: list[_Block] = []
        """A heap."""
        self._passed: list[str] = []
        """Records of which nothing waits any more, since ``changes`` was asked."""
        self._records = 0

    @property
    def changed(self) -> bool:
        """Whether rows that wait came since ``changes`` was asked."""
        return bool(self._new)

    def first(self) -> Millis | None:
        """When the first of them happened; None: nothing waits."""
        return min([*map(_at, self._new), *map(_at, self._blocks[:1])], default=None)

    def add(self, rows: Iterable[Row]) -> None:
        """They wait from now on."""
        self._new.extend(rows)

    def passed(self, clock: Millis) -> list[Row]:
        """Take out what happened before ``clock``, in no order."""
        found = [row for row in self._new if row[0] < clock]
        if found:
            self._new = [row for row in self._new if row[0] >= clock]
        while self._blocks and self._blocks[0].next < clock:
            _, name, rows = heappop(self._blocks)
            end = bisect_left(rows, clock, key=_at)
            found += rows[:end]
            del rows[:end]
            self._keep(name, rows)
        return found

    def changes(self) -> list[tuple[str, bytes | None]]:
        """Changelog records: rows that came since this was asked last, and None for what has passed."""
        passed, self._passed = self._passed, []
        new, self._new = sorted(self._new, key=_at), []
        return [*((name, None) for name in passed), *map(self._written, _parts(new))]

    def restore(self, name: str, value: bytes) -> None:
        """Take a record of the changelog over."""
        self._records = max(self._records, int(name.rpartition("/")[2]))
        self._keep(name, sorted(rows_in(value), key=_at))

    def _written(self, rows: list[Row]) -> tuple[str, bytes]:
        self._records += 1
        name, value = f"{PREFIX}{self._records}", _encode(rows)
        self._keep(name, rows)
        return name, value

    def _keep(self, name: str, rows: list[Row]) -> None:
        if rows:
            heappush(self._blocks, _Block(rows[0][0], name, rows))
        else:
            self._passed.append(name)


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    """As few as RECORD_BYTES and TOGETHER allow, of rows in the order of time."""
    part: list[Row] = []
    size = 0
    for row in rows:
        if part and (size >= RECORD_BYTES or row[0] - part[0][0] > TOGETHER):
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row[2])
    if part:
        yield part
