"""The schema files of this package: every subject, every version of it, as published."""

from functools import cache
from pathlib import Path

from schemas.errors import FixSchemas
from schemas.shape import Shape, parse
from schemas.topics import SUBJECTS
from schemas.words import Record

AVRO = Path(__file__).with_name("avro")


def load(folder: Path) -> tuple[Shape, ...]:
    """Every version in a subject's folder, oldest first. Raises FixSchemas for a gap or a wrong file."""
    if not folder.is_dir():
        raise FixSchemas(f"there is no subject {folder.name}: no folder {folder}")
    names = {file.name for file in folder.glob("*.avsc")}
    wanted = [f"{number}.avsc" for number in range(1, len(names) + 1)]
    if not names or names != set(wanted):
        raise FixSchemas(f"{folder.name}: versions must be numbered 1, 2, 3 …, found {sorted(names)}")
    return tuple(_read(folder / name) for name in wanted)


def _read(file: Path) -> Shape:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FixSchemas as error:
        raise FixSchemas(f"{file.parent.name}/{file.name}: {error}") from error


@cache
def versions(subject: str) -> tuple[Shape, ...]:
    """Every version of a subject, oldest first."""
    return load(AVRO / subject)


def newest(subject: str) -> Shape:
    """The version that is written."""
    return versions(subject)[-1]


SUBJECT_OF: dict[type[Record], str] = {model: subject for subject, model in SUBJECTS.items()}
"""The subject of each contract."""

MODELS: dict[str, type[Record]] = {model.__name__: model for model in SUBJECT_OF}
"""Contracts by the name of their schema."""


@cache
def shape_of(model: type[Record]) -> Shape:
    """The schema that a contract is written with."""
    return newest(SUBJECT_OF[model])
