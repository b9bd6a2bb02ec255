"""Asking a broker; where none answers, the demo that runs in this folder may have been meant."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import BrokerUnavailable
from streams.addresses import address_of
from streams.cli.progress import waiting
from streams.roles import ROLES, Role
from streams.settings import Settings


@contextmanager
def asking(settings: Settings, what: str = "asking the broker") -> Iterator[None]:
    """The block asks the broker; a terminal says so. Raises what the block raises, with the hint."""
    with waiting(what):
        try:
            yield
        except BrokerUnavailable as error:
            if advice := hint(settings):
                raise BrokerUnavailable(f"{error}\n{advice}") from error
            raise


def hint(settings: Settings) -> str | None:
    """How to ask the demo that runs in the data folder; None: none does."""
    for folder in sorted(settings.data_dir.absolute().glob("runs/*"), reverse=True):
        file = folder / "heedful.toml"
        if file.exists() and _works(settings.but(data_dir=folder)):
            return f"A demo runs here; to ask it, add --config {_near(file)}"
    return None


def _works(settings: Settings) -> bool:
    return any(_runs(settings, role) for role in ROLES)


def _runs(settings: Settings, role: Role) -> bool:
    """Whether the worker that left its note is there still: one that was killed took nothing away."""
    address = address_of(settings, role)
    if address is None:
        return False
    try:
        os.kill(address.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _near(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
