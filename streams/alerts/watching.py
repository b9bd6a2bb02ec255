"""A rule about stuck tasks, applied to what the tasks say of themselves at the ends of their changelogs."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.outputs import Alert
from schemas.words import Millis
from streams.alerts.evaluating import Standings
from streams.clock import Clock, WallClock
from streams.kernel.config import KernelConfig
from streams.kernel.progress import Standing as TaskStanding
from streams.positions import Stands, Task
from streams.rules.alerts.settings import StuckTask
from streams.rules.alerts.standing import NOTHING, About, Standing
from streams.rules.alerts.stuck import Still, subjects, turn
from streams.stuck import standing_still

EVERY_SHOP = ""
"""What a task does concerns all shops."""


class Turned(NamedTuple):
    """What is known of a task from now on, and what is to be told."""

    about: About
    standing: Standing
    alert: Alert | None


class Watching:
    """What is known of one rule, task by task."""

    def __init__(
        self, rule: StuckTask, config: KernelConfig, clock: Clock, standings: Standings | None = None
    ) -> None:
        """``clock``: what alerts are dated by; how long a task stands is measured by the machine's."""
        self._rule = rule
        self._config = config
        self._clock = clock
        self._standings: Standings = dict(standings or {})

    def turns(self, said: Mapping[Task, Stands]) -> list[Turned]:
        """What changes now. Each is to be noted once it was told.

        Raises BrokerUnavailable, FixAccess, Unavailable.
        """
        wall, now = WallClock().now(), self._clock.now()
        still = {
            About(EVERY_SHOP, one.task): _dated(one, now - wall)
            for one in standing_still(self._config, said, wall, self._rule.after)
        }
        return [
            Turned(
                about, *turn(self._rule, self._standings.get(about, NOTHING), about, still.get(about), now)
            )
            for about in subjects(self._standings, still)
        ]

    def note(self, turned: Turned) -> None:
        """It was told."""
        self._standings[turned.about] = turned.standing


def _dated(one: TaskStanding, ahead: Millis) -> Still:
    reason = one.reason
    return Still(one.task, one.since + ahead, reason.told, reason.why == "held")
