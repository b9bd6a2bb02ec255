"""A short life in a small shop, and when each event of it is received: in time or late, once or twice."""

from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from schemas.events import Click
from schemas.words import Millis
from tests import builders as say

MINUTE: Millis = 60_000
LATENESS = 30 * MINUTE
HOURS = 6
SECOND_COPIES = 0.3
"""Of the events that are received twice."""
LATEST_COPY = 20 * 24 * 60
"""Minutes by which the second copy of what is remembered may come later; its id is kept for longer."""
LATE = 0.3
"""Of the events of a life in which some are late."""
SHOPPERS = ("phone", "laptop", "ann")


class Arrival(NamedTuple):
    """An event on its way. ``number`` keeps arrivals of one moment in order."""

    at: Millis
    number: int
    event: Any


class Arrivals:
    """All that is on its way. ``late``: some of it for longer than events may be, by hours."""

    def __init__(self, random: Random, late: bool) -> None:
        self._waiting: list[Arrival] = []
        for event in _life(random):
            is_late = late and random.random() < LATE
            self._send(event, random.randint(0, HOURS * 60 * MINUTE if is_late else LATENESS))
            if random.random() < SECOND_COPIES:
                self._send(event, _second(random, event))

    def until(self, at: Millis) -> list[Arrival]:
        """Take out what is received by then, in that order."""
        found = []
        while self._waiting and self._waiting[0].at <= at:
            found.append(heappop(self._waiting))
        return found

    @property
    def last(self) -> Millis:
        """When the last of them is received."""
        return max((one.at for one in self._waiting), default=say.START)

    def _send(self, event: Any, delay: Millis) -> None:
        heappush(self._waiting, Arrival(event.occurred_at + delay, len(self._waiting), event))


def _second(random: Random, event: Any) -> Millis:
    """Of a click no id is remembered: only its copy within the lateness changes nothing."""
    if isinstance(event, Click) or random.random() < 0.5:
        return random.randint(0, LATENESS)
    return random.randint(0, random.choice([HOURS * 60, LATEST_COPY])) * MINUTE


def _life(random: Random) -> list[Any]:
    consents = [say.consented(-9 + n, customer=who) for n, who in enumerate(SHOPPERS)]
    return consents + [_happened(random) for _ in range(random.randint(2, 14))]


def _happened(random: Random) -> Any:
    at, who = float(random.randint(0, HOURS * 60)), random.choice(SHOPPERS)
    product, contact = random.choice(["p1", "p2"]), f"{random.choice(['q1', 'q2'])} of {who}"
    said: list[Any] = [
        lambda: say.clicked(at, visitor=who),
        lambda: say.clicked(at, visitor=who),
        lambda: say.added(at, product, visitor=who),
        lambda: say.added(at, product, visitor=who),
        lambda: say.added(at, product, visitor=who),
        lambda: say.emptied(at, visitor=who),
        lambda: say.checkout(at, visitor=who),
        lambda: say.paying(at, visitor=who),
        lambda: say.bought(at, f"o{at}", visitor=who),
        lambda: say.asked(at, contact, customer=who),
        lambda: say.replied(at, contact, customer=who),
        lambda: say.status(random.choice(["open", "solved"]), at, contact, customer=who),
    ]
    return random.choice(said)()
