"""How far a command is, or what it waits for: on a terminal, on stderr; nothing where nobody looks on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.status import Status

from streams.formats import lines
from streams.formats.reading import Reading

STEP = 100
"""Rows between two looks at them; they come faster than anybody reads."""


class Shown:
    """The bar of one reading. ``total``: how many lines its files have, about; None: not shown."""

    def __init__(self, progress: Progress, doing: str, reading: Reading, total: int | None) -> None:
        self._progress = progress
        self._reading = reading
        self._total = total
        self._rows = progress.add_task(doing, total=total, count="")
        self._waiting = progress.add_task("", total=None, visible=False, count="")

    def row(self) -> None:
        """Another row was read."""
        read = self._reading.read
        if self._total is None or read % STEP:
            return
        self._progress.update(self._rows, completed=read, count=f"{read:,} of {max(read, self._total):,}")

    def step(self, what: str) -> None:
        """All rows were read; something is waited for."""
        read = self._reading.read
        self._progress.update(self._rows, completed=read, total=read, count=f"{read:,}")
        self._progress.update(self._waiting, description=f"waiting for {what}", visible=True)


@contextmanager
def waiting(what: str) -> Iterator[Status]:
    """What is waited for, while the block runs and before it has anything to say."""
    with Console(stderr=True).status(what) as status:
        yield status


@contextmanager
def shown(doing: str, files: Sequence[Path], reading: Reading) -> Iterator[Shown]:
    """The bar for as long as the block runs. Raises FixInput if a file can't be read."""
    console = Console(stderr=True)
    total = sum(map(lines.count, _within(files))) if console.is_terminal else None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=total is None, transient=True
    ) as progress:
        yield Shown(progress, doing, reading, total)


def _within(files: Sequence[Path]) -> Iterator[Path]:
    """The files, and those in the folders among them."""
    for file in files:
        yield from (one for one in file.iterdir() if one.is_file()) if file.is_dir() else (file,)
