"""A day of simulated traffic, the ways in which it may arrive, and what ``heedful replay`` makes of it."""

import json
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from schemas import topics
from schemas.jsonl import to_iso, to_json
from streams.simulator.settings import HOUR, MINUTE, Traffic
from streams.simulator.world import World
from tests.builders import START, book
from tests.properties.cluster import topics_of
from tests.replay.commanding import replay

SEED = 4
DAY = START + 24 * HOUR
END = DAY + 12 * HOUR
"""When every cart and contact of the day is decided, also what waited for the morning."""
LATENESS = 5 * MINUTE
TRAFFIC = Traffic(visits_per_hour=15.0, contacts_per_hour=4.0, erasures_per_hour=0.3, customers=60)
RULES = book()
SAID = (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS, topics.DECISIONS)
"""What is compared. Outreach leaves, or doesn't, in the time of people."""
NO_ID = ("", "null", "undefined")


def as_it_came() -> list[Any]:
    """Some thousand events in the order of arrival: late, out of order, now and then twice."""
    arrivals = takewhile(lambda each: each.at < DAY, World(TRAFFIC, SEED, START))
    values = (each.value for each in arrivals if not isinstance(each.value, bytes))
    return [event for event in values if event.event_id not in NO_ID]


def in_another_order() -> list[Any]:
    """Each event with another delay, up to the lateness."""
    random = Random(SEED)
    once = {event.event_id: event for event in reversed(as_it_came())}
    return _arriving(
        replace(event, received_at=event.occurred_at + random.randint(0, LATENESS)) for event in once.values()
    )


def each_twice() -> list[Any]:
    """Each event again, up to an hour later."""
    random = Random(SEED)
    again = [
        replace(event, received_at=event.received_at + random.randint(0, HOUR)) for event in as_it_came()
    ]
    return _arriving([*as_it_came(), *again])


def replayed(folder: Path) -> dict[str, list[str]]:
    """Ids by topic, in order, of what the command makes of the day as it came."""
    file = folder / "day.jsonl"
    lines = ({"topic": topics_of(event).name, "value": to_json(event)} for event in as_it_came())
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = replay(folder, "jsonl", file, "--lateness", f"{LATENESS // 1000}s", "--until", to_iso(END))
    said = [(line["topic"], line["value"]["event_id"]) for line in found.lines]
    return {topic.label: sorted(event_id for name, event_id in said if name == topic.name) for topic in SAID}


def _arriving(events: Iterable[Any]) -> list[Any]:
    return sorted(events, key=lambda event: event.received_at)
