"""What must hold before a schema may be used: published files don't change, versions are compatible.

``avro/published.json`` holds the SHA-256 of every published file. A version is published by adding it there
(``heedful schemas check --publish``), in the same commit as its file; from then on neither may change.
"""

import json
from hashlib import sha256
from pathlib import Path

from schemas.compatibility import Level, incompatible
from schemas.errors import FixSchemas
from schemas.published import AVRO, load
from schemas.shape import Shape
from schemas.topics import INPUTS

LEDGER = "published.json"
Hashes = dict[str, str]


def level_of(subject: str) -> Level:
    """Inputs are read by heedful, which is upgraded first; all else is read by others, at their own pace."""
    return "BACKWARD" if subject in {topic.subject for topic in INPUTS} else "FULL"


def problems(folder: Path = AVRO) -> list[str]:
    """Everything that is wrong with the schema files; empty if nothing is."""
    found = _problems_of_files(folder)
    missing = _unpublished(folder) if not found else []
    return found + [f"{name} is not published: heedful schemas check --publish" for name in missing]


def publish(folder: Path = AVRO) -> list[str]:
    """Publish the files that are new; their names. Raises FixSchemas if anything is wrong."""
    wrong = _problems_of_files(folder)
    if wrong:
        raise FixSchemas("; ".join(wrong))
    new = _unpublished(folder)
    if new:
        ledger = json.dumps(_hashes(folder), indent=1, sort_keys=True) + "\n"
        (folder / LEDGER).write_text(ledger, encoding="utf-8")
    return new


def _problems_of_files(folder: Path) -> list[str]:
    present, published = _hashes(folder), _published(folder)
    gone = [f"{name} was published and is gone" for name in published.keys() - present.keys()]
    changed = [
        f"{name} was published and must not change: add a version"
        for name, digest in published.items()
        if present.get(name, digest) != digest
    ]
    return (
        sorted(gone) + sorted(changed) + [why for subject in _subjects(folder) for why in _misfits(subject)]
    )


def _misfits(folder: Path) -> list[str]:
    """Versions that are wrong in themselves, or can't follow those before them."""
    try:
        versions = load(folder)
    except FixSchemas as error:
        return [str(error)]
    return [
        f"{folder.name}/{number}.avsc {why}"
        for number in range(2, len(versions) + 1)
        for why in _follow(versions[:number], level_of(folder.name))
    ]


def _follow(versions: tuple[Shape, ...], level: Level) -> list[str]:
    *earlier, last = versions
    return incompatible(last, earlier, level)


def _subjects(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir())


def _hashes(folder: Path) -> Hashes:
    files = sorted(folder.glob("*/*.avsc"))
    return {f"{file.parent.name}/{file.name}": sha256(file.read_bytes()).hexdigest() for file in files}


def _published(folder: Path) -> Hashes:
    ledger = folder / LEDGER
    if not ledger.exists():
        return {}
    hashes: Hashes = json.loads(ledger.read_text(encoding="utf-8"))
    return hashes


def _unpublished(folder: Path) -> list[str]:
    return sorted(_hashes(folder).keys() - _published(folder).keys())
