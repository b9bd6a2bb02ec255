"""The lines of a file, plain or gzip, without ever giving up at a bad one."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from streams.errors import FixInput

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = "﻿"


def numbered(file: Path) -> Iterator[tuple[int, str]]:
    """Each line that isn't blank, with its number, without its end. What isn't UTF-8 becomes surrogates.

    Raises FixInput if the file can't be read to its end.
    """
    with opened(file) as source:
        for number, line in enumerate(_until_broken(source, file), 1):
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            if number == 1:
                text = text.removeprefix(BYTE_ORDER_MARK)
            if text.strip():
                yield number, text


def count(file: Path) -> int:
    """How many lines there are, about: for a progress bar. Raises FixInput."""
    with opened(file) as source:
        return sum(1 for _ in _until_broken(source, file))


def is_text(line: str) -> bool:
    """Whether the line was UTF-8."""
    return line.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in line)


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked if it is gzip, whatever its name. Raises FixInput."""
    try:
        with open(file, "rb") as raw:
            packed = raw.peek(len(GZIP))[: len(GZIP)] == GZIP
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw) if packed else raw)
    except OSError as error:
        raise FixInput(f"{file}: can't be read: {error.strerror or error}") from error


def _until_broken(source: IO[bytes], file: Path) -> Iterator[bytes]:
    try:
        yield from source
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FixInput(f"{file}: the gzip file is cut off or damaged: {error}") from error
