"""Time goes on in the tasks of one worker, so far at once as fits into a transaction.

After a standstill a clock jumps, by hours perhaps, and all that happened and was due in them follows at
once. A broker aborts a transaction that takes longer than ``transaction_timeout``; the same again, after a
restore, would take as long again, for ever. So time goes there in strides, and what follows from one is
committed before the next if it took long.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from schemas.words import Millis
from streams.clock import Clock
from streams.kernel.commits import Commits
from streams.kernel.config import KernelConfig
from streams.kernel.hosted import HostedTask

FIRST: Millis = 1_000
"""The first stride of a task in a turn. Each is twice as long as the one before, while that was quick."""
SHARE = 10_000
"""Part of ``transaction_timeout`` (which is in milliseconds) after which a turn commits: a tenth."""


def strides(
    since: Millis, to: Millis, until: float, now: Callable[[], float] = time.monotonic
) -> Iterator[Millis]:
    """Moments on the way; the last is ``to``, unless ``until`` (in the seconds of ``now``) comes first."""
    length, began = FIRST, now()
    while True:
        since = min(to, since + length)
        yield since
        ended = now()
        if since >= to or ended >= until:
            return
        if 4 * (ended - began) < until - ended:
            length *= 2
        began = ended


class Advancing:
    """Of one membership."""

    def __init__(self, config: KernelConfig, clock: Clock, commits: Commits) -> None:
        self._patience = config.transaction_timeout / SHARE
        self._clock = clock
        self._commits = commits

    def advance(self, tasks: Iterable[HostedTask]) -> None:
        """Each as far as it comes. Raises KafkaException."""
        until, moved = time.monotonic() + self._patience, list[HostedTask]()
        for task in tasks:
            for moment in strides(task.since, task.comes_to, until):
                task.advance(moment, self._clock.now())
            moved.append(task)
            if time.monotonic() >= until:
                self._commits.commit([task for task in moved if task.changed and task.positions])
                until, moved = time.monotonic() + self._patience, []
