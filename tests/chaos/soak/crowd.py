"""A crowd of shoppers, as many as it takes to send so many events; and what must come of it."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from heapq import heappop, heappush
from itertools import count
from typing import Any

import msgspec

from schemas import topics
from schemas.events import Click
from schemas.ids import derive
from schemas.topics import CART, CLICKSTREAM, Topic
from streams.kernel.task import Task
from tests.builders import World, minute
from tests.chaos import day
from tests.chaos.replaying import State, state_of
from tests.chaos.shop import PROCESSORS
from tests.kernel.harness import CODEC

CLICKS = 45
"""More clicks of each shopper: nine of ten events are clicks."""
PER_MINUTE = 10
"""Shoppers who come in one minute of the day."""
Ids = dict[str, "array[int]"]
"""By topic label, eight bytes of the id of each record."""
Digests = dict[str, dict[str, bytes]]
"""By kernel and key, what its state comes down to."""

_canonical = msgspec.json.Encoder(order="deterministic")


def short(event_id: str) -> int:
    """Eight bytes of a UUID."""
    return int(event_id.replace("-", "")[:16], 16)


def digests(state: State) -> dict[str, bytes]:
    """By key, what its state says, whatever the order in which it says it."""
    said = {key: msgspec.to_builtins(kept, str_keys=True) for key, kept in state.items()}
    return {key: blake2b(_canonical.encode(kept), digest_size=8).digest() for key, kept in said.items()}


class Crowd:
    """Tells of so many events or a few more, minute by minute, and notes what must come of them."""

    def __init__(self, events: int) -> None:
        self.shoppers = _shoppers(events)
        self.lasts = self.shoppers // PER_MINUTE + day.DECIDED
        """Minutes until everything is decided."""
        self.shoppers_come_for = self.shoppers // PER_MINUTE
        self.sent: Ids = defaultdict(lambda: array("Q"))
        self.ids: Ids = defaultdict(lambda: array("Q"))
        self.states: Digests = {name: {} for name in PROCESSORS}

    @property
    def told(self) -> int:
        """How many events were sent."""
        return sum(len(ids) for ids in self.sent.values())

    @property
    def end(self) -> int:
        """The moment when everything is decided."""
        return minute(self.lasts) + 1

    def minutes(self) -> Iterator[tuple[int, list[tuple[Topic, Any]]]]:
        """By the minute that is then reached, what arrives before it."""
        waiting: list[tuple[int, int, Topic, Any]] = []
        order, came = count(), 0
        for reached in count(1):
            while came < min(self.shoppers, reached * PER_MINUTE):
                self._foresee(came)
                for topic, event in _story(came):
                    heappush(waiting, (event.received_at, next(order), topic, event))
                came += 1
            yield reached, list(self._before(minute(reached), waiting))
            if came == self.shoppers and not waiting:
                return

    def _before(self, moment: int, waiting: list[Any]) -> Iterator[tuple[Topic, Any]]:
        while waiting and waiting[0][0] < moment:
            _, _, topic, event = heappop(waiting)
            self.sent[topic.label].append(short(event.event_id))
            yield topic, event

    def outcome(self, shopper: int) -> tuple[Ids, Digests]:
        """What must come of one shopper's events."""
        world = World(day.RULES)
        for topic, event in _story(shopper):
            (world.visits if topic in (CLICKSTREAM, CART) else world.care).receive(_as_read(event))
        world.until(self.lasts)
        ids: Ids = defaultdict(lambda: array("Q"))
        for out in world.published:
            if out.value is not None and hasattr(out.value, "event_id"):
                ids[out.topic.label].append(short(out.value.event_id))
        tasks: dict[str, Task[Any]] = {"visits": world.visits, "care": world.care}
        states = {name: state_of(PROCESSORS[name], dict(task.changes())) for name, task in tasks.items()}
        return ids, {name: digests(state) for name, state in states.items()}

    def activity(self, shopper: int) -> "array[int]":
        """What may be told of one shopper's clicks, each by itself."""
        events = [event for _, event in _story(shopper) if isinstance(event, Click)]
        own = topics.key(events[0].shop_id, events[0].visitor_id)
        return array("Q", [short(derive(event.event_id, "activity", own)) for event in events])

    def _foresee(self, shopper: int) -> None:
        ids, states = self.outcome(shopper)
        for label, some in ids.items():
            self.ids[label].extend(some)
        for kernel, keys in states.items():
            self.states[kernel] |= keys


def _story(shopper: int) -> list[tuple[Topic, Any]]:
    return list(day.story(shopper, shopper / PER_MINUTE, CLICKS))


def _as_read(event: Any) -> Any:
    """As it is when it comes from the log: amounts have their scale. Clicks have none."""
    return event if isinstance(event, Click) else CODEC.decode(CODEC.encode(event))


def _shoppers(events: int) -> int:
    """Stories of different lengths come round every 30 shoppers."""
    a_round = sum(len(list(day.story(number, 0.0, CLICKS))) for number in range(30))
    return -(-events * 30 // a_round)
