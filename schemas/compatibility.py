"""May one version of a schema read what another wrote? Avro's rules of resolution for our subset."""

from collections.abc import Iterator, Sequence
from typing import Literal

from schemas.shape import Field, Shape

Level = Literal["BACKWARD", "FULL"]
"""BACKWARD: the next version reads what the earlier wrote. FULL: and the earlier reads what it writes."""


def incompatible(next_version: Shape, earlier: Sequence[Shape], level: Level) -> list[str]:
    """Why ``next_version`` may not follow ``earlier``, all of which may still stand in a topic."""
    problems = []
    for number, version in enumerate(earlier, 1):
        problems += [f"can't read version {number}: {why}" for why in unreadable(next_version, version)]
        if level == "FULL":
            problems += [
                f"version {number} can't read it: {why}" for why in unreadable(version, next_version)
            ]
    return problems


def unreadable(reader: Shape, writer: Shape) -> list[str]:
    """Why ``reader`` can't read what ``writer`` wrote; empty if it can."""
    if reader.name != writer.name:
        return [f"the name changed from {writer.name} to {reader.name}"]
    return list(_fields(reader.fields, writer.fields, ""))


def _fields(reader: tuple[Field, ...], writer: tuple[Field, ...], at: str) -> Iterator[str]:
    written = {field.name: field for field in writer}
    for field in reader:
        where = at + field.name
        if field.name in written:
            yield from _field(field, written[field.name], where)
        elif field.required:
            yield f"{where} is missing there and has no default"


def _field(reader: Field, writer: Field, where: str) -> Iterator[str]:
    if reader.kind != writer.kind:
        yield f"{where} changed from {writer.kind} to {reader.kind}"
    elif writer.nullable and not reader.nullable:
        yield f"{where} may be null there and not here"
    elif reader.type_name != writer.type_name:
        yield f"the type of {where} was renamed from {writer.type_name} to {reader.type_name}"
    else:
        yield from _fields(reader.items, writer.items, f"{where}.")
