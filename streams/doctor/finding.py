"""What the doctor says."""

from typing import Literal, NamedTuple, TypeAlias

Level: TypeAlias = Literal["ok", "warning", "error"]
"""error: heedful doesn't work, or breaks a promise; warning: it works, and somebody should know."""


class Finding(NamedTuple):
    """One thing that was looked at. ``why`` it matters and what to ``do`` are empty where all is well."""

    level: Level
    area: str
    what: str
    why: str = ""
    do: str = ""
