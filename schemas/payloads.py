"""Example records of every subject, as JSON files that tests iterate and people read."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from schemas.errors import BadRecord, FixSchemas
from schemas.jsonl import from_json
from schemas.topics import SUBJECTS
from schemas.words import Record

EXAMPLES: Traversable = files("schemas") / "examples"


@cache
def examples(subject: str) -> tuple[tuple[str, Record], ...]:
    """Name and record of each example of a subject, in the order of their names."""
    folder = EXAMPLES / subject
    found = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    return tuple((entry.name.removesuffix(".json"), _read(entry, subject)) for entry in found)


def all_examples() -> Iterator[tuple[str, str, Record]]:
    """Subject, name and record of every example."""
    for subject in SUBJECTS:
        for name, record in examples(subject):
            yield subject, name, record


def _read(entry: Traversable, subject: str) -> Record:
    try:
        return from_json(SUBJECTS[subject], json.loads(entry.read_text(encoding="utf-8")))
    except (BadRecord, ValueError) as error:
        raise FixSchemas(f"examples/{subject}/{entry.name}: {error}") from error
