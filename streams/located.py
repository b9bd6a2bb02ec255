"""Explains what is wrong with a setting, and names the line or the variable that it was told by."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from streams.errors import FixConfiguration

PREFIX = "HEEDFUL_"
"""Of environment variables."""

_A_KEY = "[key]"
"""What pydantic puts after a key that is itself what is wrong."""
_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'\- ]+?)\s*=")


class Told(NamedTuple):
    """Where settings were told: a file's name and text, and environment variables."""

    environment: Mapping[str, str]
    file: Path | None = None
    text: str = ""

    def place(self, path: Sequence[str]) -> str:
        """Where to look for ``path``, as the beginning of a line of an error."""
        dotted = ".".join(path)
        variable = PREFIX + "__".join(path).upper()
        if variable in self.environment:
            return f"{variable}: "
        if self.file and (line := line_of(self.text, path)):
            return f"{self.file}:{line}: {dotted}: "
        return f"{dotted}: "


def read(file: Path) -> str:
    """The text of a file of settings: UTF-8, whatever the locale. Raises FixConfiguration."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FixConfiguration(f"{file}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FixConfiguration(f"{file}:{line}: not UTF-8") from error


def explained(refused: ValidationError | SettingsError, told: Told) -> str:
    """What is wrong, one line for each."""
    if isinstance(refused, SettingsError):
        return f"{refused}: its value must be JSON"
    return "\n".join(
        told.place([str(word) for word in error["loc"] if word != _A_KEY]) + _said(error)
        for error in refused.errors()
    )


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line, from 1, that sets ``path`` or the nearest thing around it, or else the first within it."""
    found: tuple[int, int] | None = None
    for number, named in _settings(text):
        shared = _shared(named, path)
        if shared and (found is None or shared > found[0]):
            found = (shared, number)
    within = (number for number, named in _settings(text) if named[: len(path)] == list(path))
    return found[1] if found else next(within, None)


def _said(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no setting of this name"
    return error["msg"].removeprefix("Value error, ")


def _settings(text: str) -> list[tuple[int, list[str]]]:
    """Each line that names something, and what it names; of tables in arrays, with their place from 0."""
    table: list[str] = []
    named = []
    arrays: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            words = tuple(_words(header[1]))
            if line.lstrip().startswith("[["):
                arrays[words] = arrays.get(words, -1) + 1
            table = _placed(words, arrays)
            named.append((number, table))
        elif key := _KEY.match(line):
            named.append((number, table + _words(key[1])))
    return named


def _placed(words: tuple[str, ...], arrays: Mapping[tuple[str, ...], int]) -> list[str]:
    """The words, with the place of the last table behind each name of an array."""
    found: list[str] = []
    for end, word in enumerate(words, 1):
        found.append(word)
        if words[:end] in arrays:
            found.append(str(arrays[words[:end]]))
    return found


def _words(dotted: str) -> list[str]:
    return [word.strip(" \"'") for word in dotted.split(".")]


def _shared(named: Sequence[str], path: Sequence[str]) -> int:
    """How many words of ``path`` a line pins down. A line about something beside it pins down nothing."""
    if len(named) > len(path) or list(named) != list(path[: len(named)]):
        return 0
    return len(named)
