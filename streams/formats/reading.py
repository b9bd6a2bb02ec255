"""Reads files of one format together, in the order of time, and counts what it finds."""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from operator import itemgetter
from pathlib import Path

from msgspec.structs import replace

from schemas.words import Millis
from streams.formats.base import DeadRow, Format, Found, Identity, Row, Silent

Timed = tuple[Millis, Found]


def _quietly(dead: DeadRow) -> None:
    """Count it, and say nothing."""


class Reading:
    """The rows of some files in the order of ``received_at``. Iterate it once, then look at the counts.

    Rows that are identical to an earlier one are given again as they are: the same event, told twice.
    ``until``: what was received later is not read.
    """

    def __init__(
        self,
        form: Format,
        files: Sequence[Path],
        identity: Identity = "session",
        on_dead: Callable[[DeadRow], None] = _quietly,
        until: Millis | None = None,
    ) -> None:
        self.read = 0
        self.duplicates = 0
        self.unchanged = 0
        self.dead_letters = 0
        self.last_event: Millis | None = None
        """The latest occurred_at so far."""
        self._form = form
        self._files = files
        self._identity: Identity = identity
        self._on_dead = on_dead
        self._until = until
        self._at: Millis | None = None
        self._same_time: dict[str, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        for at, row in merge(*map(self._timed, self._files), key=itemgetter(0)):
            if self._until is not None and at > self._until:
                return
            self.read += row.rows if isinstance(row, Row) else 1
            if isinstance(row, Row):
                yield self._counted(at, row)
            else:
                self._pass_over(row)

    def _timed(self, file: Path) -> Iterator[Timed]:
        """Rows with their times; dead ones with the time of the one before."""
        timed = self._as_they_stand(file)
        return timed if self._form.in_order else iter(sorted(timed, key=itemgetter(0)))

    def _as_they_stand(self, file: Path) -> Iterator[Timed]:
        at: Millis = 0
        for row in self._form.rows(file, self._identity):
            if isinstance(row, Row):
                at = row.event.received_at
            elif isinstance(row, Silent):
                at = row.at
            yield at, row

    def _pass_over(self, row: Silent | DeadRow) -> None:
        if isinstance(row, DeadRow):
            self.dead_letters += 1
            self._on_dead(row)
        elif row.repeated:
            self.duplicates += 1
        else:
            self.unchanged += 1

    def _counted(self, at: Millis, row: Row) -> Row:
        """Identical rows have the same time, so that they stand together."""
        if at != self._at:
            self._at = at
            self._same_time.clear()
        occurred_at = row.event.occurred_at
        self.last_event = max(occurred_at, self.last_event or occurred_at)
        first = self._same_time.setdefault(row.content, row)
        if first is row:
            return row
        self.duplicates += 1
        return row._replace(event=replace(row.event, sequence=first.event.sequence))
