"""The one line that runs while the demo does."""

import time

from streams.demo.stage import Stage

LOOK_EVERY = 1.0
"""Seconds between two looks at what the roles say of themselves."""


class RunningLine:
    """What happens right now, in numbers."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._looked = 0.0
        self._published = 0
        self._rate = 0.0
        self._landed = 0

    def __str__(self) -> str:
        self._look()
        tally = self._stage.tally
        parts = (
            f"[bold]{self._rate:,.0f}[/] events/s",
            f"{tally.open_carts:,} open carts",
            f"{tally.waiting_contacts:,} waiting",
            f"[bold]{tally.signals:,}[/] signals",
            f"{tally.outreach:,} outreach",
            f"{self._landed:,} landed",
        )
        at = time.strftime("%H:%M", time.gmtime(self._stage.clock.now() / 1000))
        return f"[dim]{at}[/]  " + " · ".join(parts)

    def _look(self) -> None:
        now = time.monotonic()
        passed = now - self._looked
        if passed < LOOK_EVERY:
            return
        published = sum(self._stage.simulated().get("published", {}).values())
        if self._looked:
            self._rate = (published - self._published) / passed
        self._looked, self._published = now, published
        self._landed = int(self._stage.status("landing").get("rows", self._landed))
