"""Events that wait for the clock as they were read, because most of them will mean nothing.

A click of a visitor of whom nothing is known changes nothing. Whether anything is known can be said once the
clock has passed it: what happened before it may be read after it. Until then nothing is made of it but this
row; each commit writes the rows that came since the last one into the changelog, once, many in one record.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

import msgspec

from schemas.words import Millis

PREFIX = "\0waiting/"
"""Keys of these records in the changelog sort apart from every state key, which are "shop/id"."""

SPAN: Millis = 250
"""Rows are kept, written and forgotten together if they happened in the same span of time."""

RECORD_BYTES = 2**20
"""About so long a record in the changelog becomes; what is left goes into another one."""


class Row(NamedTuple):
    """An event that waits. ``value``: as it stood in the log."""

    at: Millis
    key: str
    value: bytes


_encode = msgspec.msgpack.Encoder().encode
rows_in = msgspec.msgpack.Decoder(list[Row]).decode
"""The rows in a record of the changelog."""


class Waiting:
    """The rows of one task, by spans of time."""

    def __init__(self) -> None:
        self._spans: dict[int, list[Row]] = {}
        self._order: list[int] = []
        """A heap of the spans that have rows."""
        self._unwritten: dict[int, list[Row]] = {}
        self._written: dict[int, list[str]] = {}
        """Records in the changelog, by span."""
        self._passed: list[int] = []
        """Spans of which nothing waits any more, since ``changes`` was asked."""
        self._records = 0
        self.size = 0
        """Bytes of all values."""

    def __len__(self) -> int:
        return sum(map(len, self._spans.values()))

    @property
    def changed(self) -> bool:
        """Whether rows came since ``changes`` was asked."""
        return bool(self._unwritten)

    def first(self) -> Millis | None:
        """When the first of them happened; None: nothing waits."""
        return min((row.at for rows in self._spans.values() for row in rows), default=None)

    def add(self, row: Row) -> None:
        """It waits from now on."""
        span = row.at // SPAN
        self._keep(span, row)
        self._unwritten.setdefault(span, []).append(row)

    def passed(self, clock: Millis) -> list[Row]:
        """Take out what happened before ``clock``, in no order."""
        found: list[Row] = []
        last = clock // SPAN
        while self._order and self._order[0] < last:
            found += self._spans.pop(self._order[0])
            self._forget(heappop(self._order))
        if self._order and self._order[0] == last:
            rows = self._spans[last]
            found += [row for row in rows if row.at < clock]
            self._spans[last] = [row for row in rows if row.at >= clock]
        self.size -= sum(len(row.value) for row in found)
        return found

    def changes(self) -> list[tuple[str, bytes | None]]:
        """Changelog records: rows that came since this was asked last, and None for what has passed."""
        gone, self._passed = self._passed, []
        tombstones = [(name, None) for span in gone for name in self._written.pop(span, ())]
        unwritten, self._unwritten = self._unwritten, {}
        parts = ((span, part) for span, rows in unwritten.items() for part in _parts(rows))
        return [*tombstones, *(self._record(span, part) for span, part in parts)]

    def restore(self, name: str, value: bytes) -> None:
        """Take a record of the changelog over."""
        _, span, number = name.split("/")
        self._records = max(self._records, int(number))
        self._written.setdefault(int(span), []).append(name)
        for row in rows_in(value):
            self._keep(int(span), row)

    def _keep(self, span: int, row: Row) -> None:
        rows = self._spans.get(span)
        if rows is None:
            rows = self._spans[span] = []
            heappush(self._order, span)
        rows.append(row)
        self.size += len(row.value)

    def _forget(self, span: int) -> None:
        self._unwritten.pop(span, None)
        self._passed.append(span)

    def _record(self, span: int, rows: list[Row]) -> tuple[str, bytes | None]:
        self._records += 1
        name = f"{PREFIX}{span}/{self._records}"
        self._written.setdefault(span, []).append(name)
        return name, _encode(rows)


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    """As few as RECORD_BYTES allow."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += len(row.value)
        if size >= RECORD_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
