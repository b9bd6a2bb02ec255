"""When a task commits: soon if somebody waits for what it says, seldom if it has only read on."""

from dataclasses import dataclass

from schemas.words import Millis
from streams.kernel.config import KernelConfig

ANNOUNCE_ALL = 8
"""Up to this many partitions a clock is written to all of them in every transaction; above, once a second."""
SELDOM: Millis = 1_000
REST = 2
"""From one commit to an urgent one it takes so many times as long as the last one took: the more commits, the
longer each takes, and the fewer there are.
"""


@dataclass(slots=True)
class Pace:
    """The pace of one task. Times are monotonic seconds.

    What is urgent is committed at once, or a little after a commit before it, or, while there is a backlog,
    with the rest; other outputs and changed state after ``commit_every``; a clock that others wait for every
    ``clock_every``; mere reading after ``idle_commit_every``.
    """

    config: KernelConfig
    now: float
    announce_to: int = 0
    """How many partitions the clock is written to; 0: nobody waits for it."""
    seldom: bool = False
    """Those who wait for the clock are patient: it is written once a second."""
    committed_at: float = 0.0
    announced_at: float = 0.0
    took: float = 0.0
    """Seconds that the last commit took."""
    urgent: bool = False
    """Something urgent waits to be committed."""
    change_since: float | None = None

    def __post_init__(self) -> None:
        self.committed_at = self.announced_at = self.now

    def note(self, now: float, urgent: bool, changed: bool) -> None:
        """What the task holds that isn't durable."""
        self.urgent = urgent
        if changed and self.change_since is None:
            self.change_since = now

    def due(self, now: float, busy: bool, read_on: bool) -> bool:
        """Whether to commit now. ``busy``: there is a backlog. ``read_on``: records were read since."""
        return (
            (self.urgent and not busy and now - self.committed_at >= REST * self.took)
            or _passed(self.change_since, now, self.config.commit_every)
            or self._overdue(now)
            or (read_on and _passed(self.committed_at, now, self.config.idle_commit_every))
        )

    def announces(self, now: float) -> bool:
        """Whether this commit carries the clock."""
        if not self.seldom and self.announce_to <= ANNOUNCE_ALL:
            return self.announce_to > 0
        return self.announce_to > 0 and _passed(self.announced_at, now, SELDOM)

    def _overdue(self, now: float) -> bool:
        """Whether somebody waits for a clock that no other commit carries."""
        if self.seldom:
            return self.announces(now)
        return self.announce_to > 0 and _passed(self.committed_at, now, self.config.clock_every)

    def committed(self, now: float, announced: bool) -> None:
        """A commit was made."""
        self.committed_at = now
        self.urgent, self.change_since = False, None
        if announced:
            self.announced_at = now


def _passed(since: float | None, now: float, after: int) -> bool:
    return since is not None and (now - since) * 1000 >= after
