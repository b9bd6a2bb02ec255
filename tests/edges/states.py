"""Contacts as ``care`` publishes them. Moments are minutes after START."""

from typing import Any

from schemas.outputs import ContactState
from schemas.words import ClockState, ContactClock
from tests.builders import minute


def clock(
    name: str, due: float | None, state: ClockState = "running", *, breached: bool = False
) -> ContactClock:
    """One clock, started at START."""
    due_at = None if due is None else minute(due)
    return ContactClock(clock=name, state=state, started_at=minute(0), due_at=due_at, breached=breached)


def contact(contact_id: str, since: float | None = 0, *clocks: ContactClock, **said: Any) -> ContactState:
    """A contact whose customer waits since then; None: nobody waits."""
    said = {"channel": "email", "team": "service", "priority": "normal", "updated_at": minute(0), **said}
    return ContactState(
        contact_id=contact_id,
        profile_id=f"customer of {contact_id}",
        waiting=since is not None,
        waiting_since=None if since is None else minute(since),
        breached=any(each.breached for each in clocks),
        rules_version="r",
        clocks=clocks,
        **said,
    )
