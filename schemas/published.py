"""The schema files of this package: every subject, every version of it, as published."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from schemas.errors import FixSchemas
from schemas.shape import Shape, parse
from schemas.topics import SUBJECTS
from schemas.words import Record

AVRO: Traversable = files("schemas") / "avro"


@cache
def versions(subject: str) -> tuple[Shape, ...]:
    """Every version of a subject, oldest first. Raises FixSchemas if there is a gap or a wrong file."""
    folder = AVRO / subject
    if not folder.is_dir():
        raise FixSchemas(f"there is no subject {subject}: no folder {folder}")
    names = {entry.name for entry in folder.iterdir() if entry.name.endswith(".avsc")}
    wanted = [f"{number}.avsc" for number in range(1, len(names) + 1)]
    if not names or names != set(wanted):
        raise FixSchemas(f"{subject}: versions must be numbered 1, 2, 3 …, found {sorted(names)}")
    return tuple(_read(folder / name, subject) for name in wanted)


def _read(file: Traversable, subject: str) -> Shape:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FixSchemas as error:
        raise FixSchemas(f"{subject}/{file.name}: {error}") from error


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
