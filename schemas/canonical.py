"""Proof that decoded columns and the bytes that they came from say the same, row by row.

A batch of bodies has no lengths in it: a crafted body that holds two records shifts every later row, and no
decoder complains. So each row's canonical length is computed from its decoded values and compared with the
length of its bytes; a decoder never consumes fewer bytes than the canonical form has, so if all rows agree,
each row consumed exactly its own bytes. The bytes that choose a union's branch are looked up at their
computed places: Polars takes any number but 0 for "present", ClickHouse any but 1 for "null".
"""

from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.shape import Field

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

VARINT_STEPS = np.array([1 << (7 * groups) for groups in range(1, 10)], dtype=np.uint64)
AMOUNT_BYTES = 7
"""Amounts of up to seven bytes have fewer than 18 digits; longer ones are looked at one by one."""
NUMBERS = ("long", "time", "enum")
COUNTED = ("string", "bytes", "decimal")
FIXED = {"boolean": 1, "double": 8}
ARRAYS = ("records", "strings")


class Misfit(Exception):
    """The columns don't say what the bytes say; decode record by record."""


class Canon:
    """The canonical spelling of rows with these fields. Made once for a schema."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields
        self.nullable = self._where(lambda field: field.nullable)
        self.numbers = self._where(lambda field: field.kind in NUMBERS)
        self.counted = self._where(lambda field: field.kind in COUNTED)
        self.amounts = self._where(lambda field: field.kind == "decimal")
        self.enums = self._where(lambda field: field.kind == "enum")
        self.booleans = self._where(lambda field: field.kind == "boolean")
        self.fixed = np.array([FIXED.get(field.kind, 0) for field in fields], np.int64)
        self.symbols = np.array([len(field.symbols) for field in fields], np.int64)
        self.measures = [_measure(field) for field in fields]
        self.presences = [pl.col(field.name).is_not_null() for field in fields]
        self.arrays = {
            index: Canon(field.items or (Field("item", "string"),))
            for index, field in enumerate(fields)
            if field.kind in ARRAYS
        }

    def verify(self, frame: pl.DataFrame, data: bytes, ends: Ints) -> None:
        """Raise Misfit unless every row of ``frame`` is spelt canonically by its bytes.

        Row *i* is ``data[ends[i-1]:ends[i]]``.
        """
        if frame.height != len(ends):
            raise Misfit("number of rows")
        starts = np.concatenate(([0], ends[:-1]))
        rows = _Rows(self, frame)
        _require(rows.lengths == ends - starts, "length of a row")
        rows.look_up(np.frombuffer(data, np.uint8), starts)

    def _where(self, chosen: Any) -> NDArray[np.intp]:
        return np.array([i for i, field in enumerate(self.fields) if chosen(field)], np.intp)


class _Rows:
    """Rows as a table of sizes in bytes: one row each, one column a field."""

    def __init__(self, canon: Canon, frame: pl.DataFrame) -> None:
        self.canon = canon
        self.height = frame.height
        self.values = frame.select(canon.measures).to_numpy()
        self.present: Bools = frame.select(canon.presences).to_numpy()
        self.arrays = {
            index: _Arrays(items, frame[canon.fields[index].name], self.values[:, index])
            for index, items in canon.arrays.items()
        }

    @cached_property
    def sizes(self) -> Ints:
        """Canonical size of each field, the union's branch included."""
        canon = self.canon
        sizes = np.broadcast_to(canon.fixed, self.values.shape).copy()
        sizes[:, canon.numbers] = varint_lengths(self.values[:, canon.numbers])
        lengths = self.values[:, canon.counted]
        sizes[:, canon.counted] = lengths + varint_lengths(lengths)
        for index, arrays in self.arrays.items():
            sizes[:, index] = arrays.sizes
        sizes *= self.present
        sizes[:, canon.nullable] += 1
        return sizes

    @property
    def lengths(self) -> Ints:
        """Canonical length of each row."""
        return np.asarray(self.sizes.sum(axis=1), np.int64)

    def look_up(self, data: Bytes, starts: Ints) -> None:
        """Compare the bytes that are not covered by lengths, and values, with what may stand there."""
        canon, values = self.canon, self.values
        begins = starts[:, None] + np.cumsum(self.sizes, axis=1) - self.sizes
        some = self.present[:, canon.nullable]
        _require(data[begins[:, canon.nullable]] == some * 2, "branch of a union")
        for index in canon.booleans:
            there = self.present[:, index]
            at = begins[there, index] + canon.fields[index].nullable
            _require(data[at] == values[there, index], "boolean")
        indexes = values[:, canon.enums]
        _require((indexes >= 0) & (indexes < canon.symbols[canon.enums]), "symbol of an enum")
        amounts, there = values[:, canon.amounts], self.present[:, canon.amounts]
        _require((amounts >= there) & (amounts <= AMOUNT_BYTES), "an empty or a long amount")
        for index, arrays in self.arrays.items():
            arrays.look_up(data, begins[:, index])


class _Arrays:
    """A column of arrays: each one block of items with its count, then a zero; empty ones the zero only."""

    def __init__(self, items: Canon, column: pl.Series, counts: Ints) -> None:
        self.counts = counts
        self.filled = counts > 0
        flat = column.filter(pl.Series(self.filled)).explode(empty_as_null=False, keep_nulls=False)
        records = isinstance(flat.dtype, pl.Struct)
        self.items = _Rows(items, flat.struct.unnest() if records else flat.alias("item").to_frame())

    @cached_property
    def ends(self) -> Ints:
        """Where each item ends, counted from the first item of all."""
        return np.cumsum(self.items.lengths)

    @property
    def sizes(self) -> Ints:
        """Canonical size of each array."""
        sizes = np.ones(len(self.counts), np.int64)
        if self.items.height:
            sizes[self.filled] += varint_lengths(self.counts[self.filled]) + self._sums()
        return sizes

    def look_up(self, data: Bytes, begins: Ints) -> None:
        """As of ``_Rows``; ``begins``: where each array begins."""
        if not self.items.height:
            return
        counts = self.counts[self.filled]
        first = begins[self.filled] + varint_lengths(counts)
        before = self.ends[np.cumsum(counts) - 1] - self._sums()
        starts = np.repeat(first - before, counts) + self.ends - self.items.lengths
        self.items.look_up(data, starts)

    def _sums(self) -> Ints:
        """Size of the items of each array that has some."""
        return np.diff(self.ends[np.cumsum(self.counts[self.filled]) - 1], prepend=0)


def _measure(field: Field) -> pl.Expr:
    """The number that tells a value's size, or the value if it is one."""
    it = pl.col(field.name)
    match field.kind:
        case "string":
            it = it.str.len_bytes()
        case "bytes" | "decimal":
            it = it.bin.size()
        case "records" | "strings":
            it = it.list.len()
        case "double":
            it = pl.lit(0).alias(field.name)
    return it.cast(pl.Int64).fill_null(0)


def varint_lengths(values: Ints) -> Ints:
    """How many bytes each number takes as a zigzag varint."""
    zigzag = ((values << 1) ^ (values >> 63)).view(np.uint64)
    lengths = np.ones(values.shape, np.int64)
    long = zigzag >= VARINT_STEPS[0]
    lengths[long] += np.searchsorted(VARINT_STEPS, zigzag[long], side="right")
    return lengths


def _require(fits: Any, what: str) -> None:
    if not np.all(fits):
        raise Misfit(what)
