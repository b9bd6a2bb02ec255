"""Control records that stand between events on a topic and move clocks."""

from schemas.words import HoldAction, Millis, Record


class Heartbeat(Record, frozen=True, kw_only=True):
    """Time has reached received_at and nothing else was to be said.

    Appended to a silent input partition by its owner, or by an importer; moves the clock only when
    read back.
    """

    received_at: Millis


class Hold(Record, frozen=True, kw_only=True):
    """Stops or lifts live work on a partition.

    While its last control record is a hold, no heartbeats are appended to it and no outreach is
    published.
    """

    action: HoldAction = "unknown"
    received_at: Millis
    reason: str | None = None


class Clock(Record, frozen=True, kw_only=True):
    """The clock of one task of a kernel, written into cx.facts in the transaction of the facts before it."""

    task: int
    tasks: int
    clock: Millis
    kernel: str = "visits"
