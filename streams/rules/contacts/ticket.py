"""A contact at one moment: what is known of it, and its clocks."""

import msgspec
from msgspec.structs import replace

from schemas.words import ContactChannel, ContactStatus, Millis, Priority
from streams.rules.base import earliest
from streams.rules.contact_settings import AROUND_THE_CLOCK
from streams.rules.contacts.entry import STOPPED

WAITED_FOR = ("pending", "on_hold")
"""Statuses in which the help desk waits for somebody else."""


class Clock(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """The present run of a clock.

    ``started_by``: event_id of what started it. ``target`` and ``calendar``: what was promised, under
    ``policy``, since ``applied_at``. ``running_since``: None while it is paused or has ended. ``spans``: when
    it ran before that, in the present calendar; ``accrued``: milliseconds that it counted in earlier ones.
    ``passed``: steps of the ladder that are behind it, and ``breached_at`` when the target was missed.
    ``next_at``: when the next step is due.
    """

    name: str
    instance: int
    started_at: Millis
    started_by: str
    rules_version: str
    priority: Priority = "unknown"
    policy: str | None = None
    calendar: str = AROUND_THE_CLOCK
    target: Millis | None = None
    applied_at: Millis
    running_since: Millis | None = None
    spans: tuple[tuple[Millis, Millis], ...] = ()
    accrued: Millis = 0
    passed: tuple[str, ...] = ()
    breached_at: Millis | None = None
    due_at: Millis | None = None
    next_at: Millis | None = None
    ended_at: Millis | None = None

    @property
    def breached(self) -> bool:
        """The target was missed."""
        return self.breached_at is not None

    @property
    def running(self) -> bool:
        """Time counts."""
        return self.running_since is not None

    @property
    def open(self) -> bool:
        """It runs or is paused."""
        return self.ended_at is None


class Promised(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A call-back that was asked for, and is still owed.

    ``window_from`` and ``window_until``: when the customer was told to expect it. ``attempted_at``: the last
    attempt. ``kept``: whether somebody called within the window; None: not decided yet.
    """

    requested_at: Millis
    requested_by: str
    rules_version: str
    window_from: Millis | None = None
    window_until: Millis | None = None
    due_at: Millis | None = None
    expires_at: Millis | None = None
    attempts: int = 0
    attempted_at: Millis | None = None
    kept: bool | None = None
    missed: bool = False


class Ticket(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """Everything that follows from the events of a contact up to a moment, ``updated_at``.

    ``resumed``: the customer wrote while the contact was put off, and no status was told since.
    ``asked_at``: first message of the customer. ``waiting_since``, ``waiting_by``: the first one that nobody
    answered, and its event_id. ``first_replied_at``: first answer to one. ``replied_at``: last human, public
    reply. ``reached``: everything that was due before that moment has been concluded.
    """

    created_at: Millis | None = None
    created_by: str = ""
    channel: ContactChannel = "unknown"
    status: ContactStatus = "unknown"
    resumed: bool = False
    priority: Priority = "unknown"
    team: str | None = None
    agent_id: str | None = None
    owned_since: Millis | None = None
    product_id: str | None = None
    tags: tuple[str, ...] = ()
    tier: str | None = None
    for_agent: bool = False
    policy: str | None = None
    calendar: str = AROUND_THE_CLOCK
    applied_at: Millis = 0
    asked_at: Millis | None = None
    waiting_since: Millis | None = None
    waiting_by: str = ""
    acknowledged_at: Millis | None = None
    first_replied_at: Millis | None = None
    replied_at: Millis | None = None
    solved_at: Millis | None = None
    merged: bool = False
    no_reply_needed: bool = False
    callback: Promised | None = None
    clocks: tuple[Clock, ...] = ()
    updated_at: Millis = 0
    reached: Millis = 0

    @property
    def counted_as(self) -> ContactStatus:
        """The status that clocks go by."""
        return "open" if self.resumed else self.status

    @property
    def put_off(self) -> bool:
        """The help desk waits for somebody else, the customer mostly."""
        return self.counted_as in WAITED_FOR

    @property
    def stopped(self) -> bool:
        """Solved, closed or merged away, and the customer said nothing since."""
        return self.merged or (self.status in STOPPED and not self.resumed)

    @property
    def waits(self) -> bool:
        """Somebody waits: for an answer, or for a call."""
        return self.waits_since is not None

    @property
    def waits_since(self) -> Millis | None:
        """When the earliest was asked for that nobody gave yet: an answer, or a call; None: nobody waits."""
        asked_at = self.waiting_since
        return asked_at if self.callback is None else earliest((asked_at, self.callback.requested_at))

    @property
    def is_open(self) -> bool:
        """Somebody waits, or the help desk says that it is not solved yet."""
        return self.waits or (self.status != "unknown" and not self.stopped)

    def clock(self, name: str) -> Clock | None:
        """The last run of a clock."""
        for clock in self.clocks:
            if clock.name == name:
                return clock
        return None

    def runs(self, name: str) -> Clock | None:
        """The run of a clock that has not ended."""
        clock = self.clock(name)
        return clock if clock is not None and clock.open else None

    def having(self, changed: Clock) -> "Ticket":
        """With a clock as it is now."""
        clocks = [clock for clock in self.clocks if clock.name != changed.name]
        clocks.append(changed)
        clocks.sort(key=lambda clock: clock.name)
        return replace(self, clocks=tuple(clocks))

    @property
    def moments(self) -> list[Millis]:
        """When something becomes true if nothing happens."""
        moments = [clock.next_at for clock in self.clocks if clock.next_at is not None]
        if self.callback is not None:
            moments += [at for at in (_due(self.callback), self.callback.expires_at) if at is not None]
        return moments


def _due(callback: Promised) -> Millis | None:
    return None if callback.missed or callback.kept else callback.due_at
