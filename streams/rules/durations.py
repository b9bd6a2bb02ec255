"""Lengths of time as people write them in ``heedful.toml``: 30s, 10m, 1h, 30d."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from schemas.words import Millis

_UNITS: dict[str, Millis] = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_FORM = re.compile(r"(\d+)\s*(ms|s|m|h|d)")


def duration(text: object) -> Millis:
    """Milliseconds of ``text``: a whole number and ms, s, m, h or d.

    Raises ValueError, saying what was expected.
    """
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(
            f"{text!r} is no length of time; write a whole number and s, m, h or d, such as '30m'"
        )
    return int(found[1]) * _UNITS[found[2]]


def written(length: Millis) -> str:
    """A length as people write it, in the largest unit that leaves no rest; ``duration`` takes it back."""
    size, unit = next((size, unit) for unit, size in reversed(_UNITS.items()) if length % size == 0)
    return f"{length // size}{unit}"


def _checked(value: object) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) else duration(value)


WRITTEN = BeforeValidator(_checked)
"""Marks a field as a length of time."""
Duration = Annotated[Millis, WRITTEN]
"""A field of a settings model: written as text, kept as milliseconds; milliseconds are taken as they are."""
