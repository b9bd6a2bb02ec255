"""Where workers are: each leaves a note in the data folder. To look at it takes no more than this module."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streams.roles import Role
from streams.settings import Settings


class Address(NamedTuple):
    """A running worker: its process, and where it answers ``/healthz`` and ``/status``."""

    pid: int
    url: str


def address_of(settings: Settings, role: Role) -> Address | None:
    """Where the worker of a role is; None if none is running, or it is still starting."""
    return _read(_note(settings.data_dir, role))


def addresses_near(settings: Settings, role: Role, run: Path | None = None) -> Iterator[Address]:
    """Where workers of a role said that they are: in the data folder, then in its runs, the latest first.

    ``run``: only in the folder of that run. Whoever was killed could not take its note away.
    """
    folders = [settings.data_dir, *sorted(settings.data_dir.glob("runs/*"), reverse=True)]
    for folder in [run] if run else folders:
        address = _read(_note(folder, role))
        if address:
            yield address


def announce(settings: Settings, role: Role, url: str) -> Path:
    """This process works in the role; the note that says so, for the worker to take away in the end.

    Whole or not at all: others read the note while it is written.
    """
    note = _note(settings.data_dir, role)
    note.parent.mkdir(parents=True, exist_ok=True)
    _write(note, json.dumps(Address(os.getpid(), url)._asdict()))
    _write(_last(settings.data_dir, role), url.rpartition(":")[2])
    return note


def last_port(settings: Settings, role: Role) -> int:
    """The port on which the role answered last here, so that who comes back is found again; 0: none."""
    try:
        return int(_last(settings.data_dir, role).read_text())
    except FileNotFoundError:
        return 0


def _note(data_dir: Path, role: Role) -> Path:
    return data_dir.absolute() / "run" / f"{role}.json"


def _last(data_dir: Path, role: Role) -> Path:
    return _note(data_dir, role).with_suffix(".port")


def _write(file: Path, text: str) -> None:
    fresh = file.with_suffix(f"{file.suffix}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(file)


def _read(note: Path) -> Address | None:
    try:
        return Address(**json.loads(note.read_text()))
    except FileNotFoundError:
        return None
