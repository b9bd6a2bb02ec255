"""Where workers are: each leaves a note in the data folder. To look at it takes no more than this module."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from streams.roles import Role
from streams.settings import Settings


class Address(NamedTuple):
    """A running worker: its process, and where it answers ``/health`` and ``/status``."""

    pid: int
    url: str


def address_of(settings: Settings, role: Role) -> Address | None:
    """Where the worker of a role is; None if none is running, or it is still starting."""
    try:
        return Address(**json.loads(_note(settings, role).read_text()))
    except FileNotFoundError:
        return None


def announce(settings: Settings, role: Role, url: str) -> Path:
    """This process works in the role; the note that says so, for the worker to take away in the end.

    Whole or not at all: others read the note while it is written.
    """
    note = _note(settings, role)
    note.parent.mkdir(parents=True, exist_ok=True)
    fresh = note.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(Address(os.getpid(), url)._asdict()))
    fresh.replace(note)
    return note


def _note(settings: Settings, role: Role) -> Path:
    return settings.data_dir.absolute() / "run" / f"{role}.json"
