"""Points at which a test may kill or freeze a process, to prove that nothing is lost and nothing done twice.

Off, reaching a point costs a call that does nothing. On, the n-th time that a process reaches the named point
it ends as by ``kill -9``, or freezes until somebody sends SIGCONT.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, TypeAlias

from streams.errors import FixConfiguration

Reached: TypeAlias = Callable[[str], None]
"""Called with the name of a point when it is reached."""

Fate = Literal["kill", "freeze", "kill-soon"]
SIGNALS: dict[str, signal.Signals] = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}
SOON = 0.002
"""Seconds: long enough for the next step to have begun, too short for it to have ended."""


def nothing(point: str) -> None:
    """Reaching a point does nothing."""


@dataclass
class FailPoint:
    """What is to happen where: ``point:fate:n``, for example ``commit.offsets:kill:3``."""

    point: str
    fate: Fate
    times: int = 1
    _reached: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, point: str) -> None:
        """A point is reached."""
        if point != self.point:
            return
        if next(self._reached) == self.times:
            self._happen()

    def _happen(self) -> None:
        if self.fate == "kill-soon":
            threading.Timer(SOON, os.kill, (os.getpid(), signal.SIGKILL)).start()
        else:
            os.kill(os.getpid(), SIGNALS[self.fate])


def parse(text: str) -> Reached:
    """The fail point in a setting; an empty one does nothing. Raises FixConfiguration."""
    if not text:
        return nothing
    point, _, rest = text.partition(":")
    fate, _, times = rest.partition(":")
    if fate not in ("kill", "freeze", "kill-soon") or not (times or "1").isdecimal():
        raise FixConfiguration(f"fail_at = {text!r}: say point:kill, point:freeze or point:kill-soon, and :n")
    return FailPoint(point, fate, int(times or 1))  # type: ignore[arg-type]
