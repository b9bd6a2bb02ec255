"""Tables with a header: rows that have all columns, and what is wrong with the others."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from streams.errors import FixInput
from streams.formats.base import Dead, DeadRow, Place, Row, checked
from streams.formats.lines import is_text, numbered


class Cells(NamedTuple):
    """One data row: the cells of the columns asked for, in that order; all of them; the line."""

    wanted: tuple[str, ...]
    all: tuple[str, ...]
    line: int


def mapped(file: Path, columns: tuple[str, ...], to_row: Callable[[Cells], Row]) -> Iterator[Row | DeadRow]:
    """The rows of a table of comma-separated values, mapped. Columns may stand in any order, among others.

    Raises FixInput if the table lacks some.
    """
    lines = numbered(file)
    header = _header(next(lines, (0, ""))[1])
    lacking = [name for name in columns if name not in header]
    if lacking:
        raise FixInput(
            f"{file}: lacks the columns {', '.join(lacking)}; it has {', '.join(header)[:200] or 'none'}"
        )
    places = [header.index(name) for name in columns]
    for number, line in lines:
        try:
            cells = _cells(line, len(header))
            wanted = tuple(cells[place].strip() for place in places)
            yield checked(to_row(Cells(wanted, tuple(cells), number)))
        except Dead as dead:
            yield DeadRow(Place(file, number), str(dead))


def _header(line: str) -> list[str]:
    """The names of the columns; none if the line isn't a header at all."""
    try:
        return [name.strip() for name in _split(line)]
    except Dead:
        return []


def _cells(line: str, width: int) -> list[str]:
    if not is_text(line):
        raise Dead("not UTF-8")
    cells = _split(line)
    if len(cells) != width:
        raise Dead(f"{len(cells)} columns, the header has {width}")
    return cells


def _split(line: str) -> list[str]:
    """Each line stands for itself, so that a stray quotation mark can't swallow the lines after it."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise Dead(f"not a row of comma-separated values: {error}") from error
