"""The README as data: its transcripts, its blocks of code, what it names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Transcript(NamedTuple):
    """A command as one types it, in words, and what it prints."""

    words: tuple[str, ...]
    output: str


def section(heading: str) -> str:
    """The text under a heading of the second level."""
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def blocks(language: str, text: str = TEXT) -> list[str]:
    """Fenced blocks of a language; "" for those without one."""
    return [body for name, body in FENCED.findall(text) if name == language]


def transcripts(text: str = TEXT) -> list[Transcript]:
    """What stands behind a prompt, up to the next one, in fenced blocks."""
    return [
        _transcript(part)
        for block in blocks("", text)
        if block.startswith("$ ")
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that begins with heedful, typed or mentioned."""
    yield from (one.words for one in transcripts() if one.words[0] == "heedful")
    for mentioned in re.findall(r"`(heedful [^`]+)`", FENCED.sub("", TEXT)):
        yield tuple(shlex.split(mentioned))


def _transcript(part: str) -> Transcript:
    """The command goes on while a quotation or a line is not at its end."""
    lines = part.splitlines(keepends=True)
    for length in range(1, len(lines) + 1):
        typed = "".join(lines[:length])
        if typed.count('"') % 2 == 0 and not typed.endswith("\\\n"):
            break
    return Transcript(tuple(shlex.split(typed)), "".join(lines[length:]))
