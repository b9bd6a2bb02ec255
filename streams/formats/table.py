"""Tables with a header: rows that have all columns, and what is wrong with the others."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from streams.errors import FixInput
from streams.formats.base import Dead, DeadRow, Place, Row, checked
from streams.formats.lines import is_text, numbered

Parsed = TypeVar("Parsed")

LONGEST = 1_000
"""Lines that one row may have."""


class Cells(NamedTuple):
    """One data row: the cells of the columns asked for, in that order; all of them; the line."""

    wanted: tuple[str, ...]
    all: tuple[str, ...]
    line: int


def mapped(file: Path, columns: tuple[str, ...], to_row: Callable[[Cells], Row]) -> Iterator[Row | DeadRow]:
    """The rows of a table, each of them an event. Raises FixInput as ``parsed``."""
    return parsed(file, columns, lambda cells: checked(to_row(cells)))


def parsed(
    file: Path, columns: tuple[str, ...], parse: Callable[[Cells], Parsed], *, long: bool = False
) -> Iterator[Parsed | DeadRow]:
    """The rows of a table of comma-separated values, as ``parse`` makes of them; it may raise Dead.

    Columns may stand in any order, among others. ``long``: a quoted cell may go on in the next lines.
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
    for number, line in joined(lines, len(header)) if long else lines:
        try:
            cells = _cells(line, len(header))
            wanted = tuple(cells[place].strip() for place in places)
            yield parse(Cells(wanted, tuple(cells), number))
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


def joined(lines: Iterator[tuple[int, str]], width: int) -> Iterator[tuple[int, str]]:
    """Lines, with those that belong to one row made one: until its quotation marks are even (RFC 4180).

    Where that gives no row of this width, or takes more than ``LONGEST`` lines, the mark was a stray one: the
    line stands for itself, and so do those after it.
    """
    ahead: deque[tuple[int, str]] = deque()
    while ahead or _fetched(lines, ahead):
        number, text = ahead.popleft()
        row, length = _continued(text, lines, ahead)
        if length and _width(row) == width:
            text = row
            for _ in range(length):
                ahead.popleft()
        yield number, text


def _continued(text: str, lines: Iterator[tuple[int, str]], ahead: deque[tuple[int, str]]) -> tuple[str, int]:
    """The row that begins with this line, and how many of the next ones belong to it."""
    row, odd, length = [text], text.count('"') % 2, 0
    while odd and length < LONGEST and (length < len(ahead) or _fetched(lines, ahead)):
        row.append(ahead[length][1])
        odd ^= row[-1].count('"') % 2
        length += 1
    return "\n".join(row), 0 if odd else length


def _width(row: str) -> int | None:
    try:
        return len(_split(row))
    except Dead:
        return None


def _fetched(lines: Iterator[tuple[int, str]], ahead: deque[tuple[int, str]]) -> bool:
    """Whether there was one more line."""
    line = next(lines, None)
    if line is not None:
        ahead.append(line)
    return line is not None
