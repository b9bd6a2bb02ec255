"""What formats of help desks share: how an event is called that says what has changed."""

from collections.abc import Mapping
from typing import Any

from schemas.words import SupportType

TYPES: dict[str, SupportType] = {
    "status": "status_changed",
    "team": "assigned",
    "agent_id": "assigned",
    "priority": "priority_changed",
    "tags": "tags_changed",
}
"""By the names of the event's fields; the first one that has changed gives the name."""


def change_type(changes: Mapping[str, Any]) -> SupportType:
    """The type of an event that says all of these changes, of which there is at least one."""
    return next(kind for name, kind in TYPES.items() if name in changes)
