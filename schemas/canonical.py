"""Proof that decoded columns and the bytes that they came from say the same, row by row.

A batch of bodies has no lengths in it: a crafted body that holds two records shifts every later row, and no
decoder complains. So each row's canonical length is computed from its decoded values and compared with the
length of its bytes; a decoder never consumes fewer bytes than the canonical form has, so if all rows agree,
each row consumed exactly its own bytes. The bytes that choose a union's branch are looked up at their
computed places: Polars takes any number but 0 for "present", ClickHouse any but 1 for "null".
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.shape import Field

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

VARINT_STEPS = np.array([1 << (7 * groups) for groups in range(1, 10)], dtype=np.uint64)
AMOUNT_BYTES = 7
"""Amounts of up to seven bytes have fewer than 18 digits; longer ones are looked at one by one."""


class Misfit(Exception):
    """The columns don't say what the bytes say; decode record by record."""


def verify(frame: pl.DataFrame, fields: tuple[Field, ...], data: bytes, ends: Ints) -> None:
    """Raise Misfit unless every row of ``frame`` is spelt canonically by its bytes.

    Row *i* is ``data[ends[i-1]:ends[i]]``.
    """
    if frame.height != len(ends):
        raise Misfit("number of rows")
    starts = np.concatenate(([0], ends[:-1]))
    reached = _Walk(np.frombuffer(data, np.uint8)).record(frame, fields, starts)
    _require(reached == ends, "length of a row")


class _Walk:
    """Follows all rows at once through their bytes; positions go in and come out."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data = data

    def record(self, frame: pl.DataFrame, fields: tuple[Field, ...], at: Ints) -> Ints:
        for field in fields:
            at = self._field(frame[field.name], field, at)
        return at

    def _field(self, column: pl.Series, field: Field, at: Ints) -> Ints:
        if field.kind in ("records", "strings"):
            return self._array(column, field, at)
        if not field.nullable:
            return at + self._size(column, field, at)
        present = column.is_not_null().to_numpy()
        self._expect(at, np.where(present, 2, 0))
        if not present.any():
            return at + 1
        size = np.zeros(len(at), np.int64)
        size[present] = self._size(column.drop_nulls(), field, at[present] + 1)
        return at + 1 + size

    def _size(self, column: pl.Series, field: Field, at: Ints) -> Ints:
        """Canonical lengths of values that are not null."""
        match field.kind:
            case "boolean":
                self._expect(at, column.to_numpy().astype(np.uint8))
                return np.ones(len(at), np.int64)
            case "string":
                return _with_length(column.str.len_bytes())
            case "bytes" | "decimal":
                sizes = column.bin.size()
                if field.kind == "decimal":
                    _require(_ints(sizes) <= AMOUNT_BYTES, "a long amount")
                return _with_length(sizes)
            case "double":
                return np.full(len(at), 8, np.int64)
            case "enum":
                indexes = _ints(column)
                _require((indexes >= 0) & (indexes < len(field.symbols)), "symbol of an enum")
                return varint_lengths(indexes)
            case _:
                return varint_lengths(_ints(column))

    def _array(self, column: pl.Series, field: Field, at: Ints) -> Ints:
        """One block of items with its count, and a zero that ends the array; an empty array is the zero."""
        counts = _ints(column.list.len())
        filled = counts > 0
        if not filled.any():
            return at + 1
        items = column.filter(pl.Series(filled)).explode(empty_as_null=False, keep_nulls=False)
        starts = (at + varint_lengths(counts))[filled]
        ends = at + 1
        ends[filled] = self._items(items, field, starts, counts[filled]) + 1
        return ends

    def _items(self, items: pl.Series, field: Field, starts: Ints, counts: Ints) -> Ints:
        """Where the last item of each array ends. An item's place depends on those before it, so the
        lengths are found first, as if each began at zero, and then the bytes are looked up."""
        sizes = _Lengths().record_or_string(items, field)
        running = np.cumsum(sizes)
        last = np.cumsum(counts) - 1
        before = np.concatenate(([0], running[last][:-1]))
        if field.kind == "records":
            at = np.repeat(starts - before, counts) + running - sizes
            self.record(items.struct.unnest(), field.items, at)
        return np.asarray(starts + running[last] - before, np.int64)

    def _expect(self, at: Ints, wanted: NDArray[Any]) -> None:
        inside = bool((at < len(self._data)).all())
        if not inside:
            raise Misfit("past the end")
        _require(self._data[at] == wanted, "union branch or boolean")


class _Lengths(_Walk):
    """The same walk without bytes to look at: how long each row is."""

    def __init__(self) -> None:
        super().__init__(np.empty(0, np.uint8))

    def record_or_string(self, items: pl.Series, field: Field) -> Ints:
        if field.kind == "strings":
            return _with_length(items.str.len_bytes())
        zeros = np.zeros(len(items), np.int64)
        return self.record(items.struct.unnest(), field.items, zeros)

    def _expect(self, at: Ints, wanted: NDArray[Any]) -> None:
        """Nothing to compare with."""


def varint_lengths(values: Ints) -> Ints:
    """How many bytes each number takes as a zigzag varint."""
    zigzag = ((values << 1) ^ (values >> 63)).view(np.uint64)
    return np.searchsorted(VARINT_STEPS, zigzag, side="right").astype(np.int64) + 1


def _with_length(sizes: pl.Series) -> Ints:
    lengths = _ints(sizes)
    return lengths + varint_lengths(lengths)


def _ints(column: pl.Series) -> Ints:
    return column.to_numpy().astype(np.int64, copy=False)


def _require(fits: Any, what: str) -> None:
    if not bool(np.asarray(fits).all()):
        raise Misfit(what)
