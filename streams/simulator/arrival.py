"""How events arrive: late, out of order, twice, and now and then unreadable."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import msgspec

from schemas.events import CartEvent, Click, Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.topics import CART, CLICKSTREAM, FEEDBACK, ORDERS, PROFILE_UPDATES, SUPPORT, Topic, key
from schemas.words import Millis
from streams.simulator.settings import MINUTE, SECOND, Traffic
from streams.simulator.story import Event

TOPICS: dict[type, Topic] = {
    Click: CLICKSTREAM,
    CartEvent: CART,
    OrderEvent: ORDERS,
    SupportEvent: SUPPORT,
    ProfileUpdate: PROFILE_UPDATES,
    Feedback: FEEDBACK,
}
PLACEHOLDERS = ("", "null", "undefined")


class Arrival(NamedTuple):
    """A record as it reaches the shop's edge at ``at``. Bytes are what no reader can read."""

    at: Millis
    topic: Topic
    key: str
    value: Event | bytes


def arrival(event: Event) -> Arrival:
    """The event, arriving when its ``received_at`` says."""
    entity = event.visitor_id if isinstance(event, Click | CartEvent) else event.profile_id
    return Arrival(event.received_at, TOPICS[type(event)], key(event.shop_id, entity), event)


def arrivals(event: Event, random: Random, traffic: Traffic) -> Iterator[Arrival]:
    """The ways in which one event arrives: usually once and soon."""
    first = _received(event, _delay(random, traffic.longest_delay))
    yield arrival(first)
    if random.random() < traffic.duplicates:
        yield arrival(_received(event, random.randint(0, traffic.longest_delay)))
    if random.random() < traffic.late_duplicates:
        yield arrival(_received(event, random.randint(10 * MINUTE, 40 * MINUTE)))
    if random.random() < traffic.malformed:
        yield _unreadable(first, random)


def _received(event: Event, delay: Millis) -> Event:
    return msgspec.structs.replace(event, received_at=event.occurred_at + delay)


def _delay(random: Random, longest: Millis) -> Millis:
    """Nearly always within two seconds; a phone in a tunnel takes up to ``longest``."""
    if random.random() < 0.9:
        return min(random.randint(20, 2 * SECOND), longest)
    return random.randint(0, longest)


def _unreadable(event: Event, random: Random) -> Arrival:
    """Noise instead of a record, or a record whose id says nothing."""
    if random.random() < 0.5:
        return arrival(event)._replace(value=random.randbytes(random.randint(1, 40)))
    return arrival(msgspec.structs.replace(event, event_id=random.choice(PLACEHOLDERS)))
