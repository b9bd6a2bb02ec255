"""A day in a small shop: the input of the fault tests, and what must come of it."""

from collections.abc import Iterator
from typing import Any

from schemas import topics
from schemas.topics import Topic
from schemas.words import Record
from tests.builders import (
    World,
    added,
    asked,
    book,
    bought,
    checkout,
    clicked,
    consented,
    emptied,
    minute,
    replied,
)

SHOPPERS = 40
RULES = book("outreach.mode=live")
DECIDED = 13 * 60 + 20
"""Minutes after the last shopper came until every cart and contact of the day is decided."""
END = SHOPPERS + DECIDED


def events(shoppers: int = SHOPPERS) -> list[tuple[Topic, Any]]:
    """Every event with its topic, in the order of arrival. Each shopper is a visitor of the same name, and
    comes a minute after the one before.
    """
    found = [pair for number in range(shoppers) for pair in story(number, float(number))]
    return sorted(found, key=lambda pair: pair[1].received_at)


def expected(shoppers: int = SHOPPERS) -> dict[str, list[Any]]:
    """By topic label, every record with an id that must come of it, in the order of ids."""
    world = World(RULES)
    world.hear(*(event for _, event in events(shoppers)))
    world.until(shoppers + DECIDED)
    by_topic: dict[str, list[Any]] = {}
    for out in world.published:
        if out.value is not None and hasattr(out.value, "event_id"):
            by_topic.setdefault(out.topic.label, []).append(out.value)
    return {label: ids(records) for label, records in by_topic.items()}


def ids(records: list[Any]) -> list[str]:
    """Their ids, sorted; duplicates stay."""
    return sorted(record.event_id for record in records)


def story(number: int, at: float, clicks: int = 0) -> Iterator[tuple[Topic, Record]]:
    """What one shopper does, from a minute on; with so many more clicks while the cart is open."""
    who = f"s{number}"
    yield topics.PROFILE_UPDATES, consented(at, customer=who)
    yield topics.CLICKSTREAM, clicked(at + 1, visitor=who)
    yield topics.CART, added(at + 2, visitor=who)
    yield topics.CART, added(at + 2, visitor=who)
    for click in range(clicks):
        yield topics.CLICKSTREAM, clicked(at + 3 + click / 60, visitor=who)
    yield topics.CLICKSTREAM, clicked(at + 20, visitor=who)
    match number % 5:
        case 0:
            yield topics.CART, bought(at + 30, f"o{number}", visitor=who)
        case 1:
            yield topics.CART, bought(at + 300, f"o{number}", visitor=who)
        case 2:
            yield topics.CART, checkout(at + 25, visitor=who)
        case 3:
            yield topics.CART, emptied(at + 40, visitor=who)
    if number % 3 == 0:
        yield topics.SUPPORT, asked(at + 10, f"q{number}", customer=who)
    if number % 6 == 0:
        yield topics.SUPPORT, replied(at + 50, f"q{number}", customer=who)
    if number % 6 == 3:
        yield topics.SUPPORT, replied(at + 150, f"q{number}", customer=who)


def evening() -> int:
    """Shortly after the last event: every fact is told, and most deadlines are still to come."""
    return max(event.received_at for _, event in events()) + 5 * 60_000


def end(shoppers: int = SHOPPERS) -> int:
    """The moment that the closing heartbeats let every clock pass."""
    return minute(shoppers + DECIDED) + 1
