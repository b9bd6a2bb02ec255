"""Time zones by their IANA names, from the pinned package ``tzdata`` or the system's own."""

from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo | None:
    """The IANA time zone of that name, or None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _checked(name: object) -> object:
    if not isinstance(name, str) or known_zone(name) is None:
        raise ValueError(f"{name!r} is no IANA time zone; write one such as 'Europe/Berlin'")
    return name


ZoneName = Annotated[str, BeforeValidator(_checked)]
"""A field of a settings model: the name of a time zone that is known."""
