"""A day of simulated traffic, the ways in which it may arrive, and what ``heedful replay`` makes of it."""

import json
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from schemas import topics
from schemas.jsonl import to_iso, to_json
from streams.rules.book import RuleBook
from streams.rules.settings import rules_in
from streams.simulator.settings import HOUR, MINUTE, Traffic
from streams.simulator.world import World
from tests.builders import START, minutes
from tests.builders import World as Host
from tests.properties.cluster import topics_of
from tests.replay.commanding import replay

SEED = 8
"""Of a day on which nothing that is passed on between two profiles comes a round late and is corrected then:
that is said, and taken back (tests/properties/test_batches.py)."""
DAY = START + 24 * HOUR
END = DAY + 12 * HOUR
"""When every cart and contact of the day is decided, also what waited for the morning."""
LATENESS = 5 * MINUTE
TRAFFIC = Traffic(visits_per_hour=15.0, contacts_per_hour=6.0, erasures_per_hour=0.3, customers=60)
RULE_FILE = """
    [calendars.office]
    time_zone = "Europe/Berlin"
    country = "DE"
    hours.mon-fri = ["08:00-12:00", "13:00-17:00"]
    hours.sat = ["10:00-14:00"]
    [calendars.phone]
    time_zone = "America/New_York"
    hours.mon-sun = ["00:00-24:00"]
    holidays = ["2026-05-29"]
    [rules.contacts]
    closing_phrases = true
    [rules.contacts.customer_wait]
    target = "90m"
    [rules.contacts.callback]
    attempts = 2
    expires_after = "3h"
    [[rules.contacts.policies]]
    name = "urgent"
    any = [{ field = "priority", is = "urgent" }, { field = "tier", is = "gold" }]
    calendar = "phone"
    ladder = ["50%", "75%", "100%", "+1h"]
    targets.any = { first_reply = "30m", next_reply = "20m", total_resolution = "5h" }
    [[rules.contacts.policies]]
    name = "chat and calls"
    all = [{ field = "channel", is = ["chat", "phone"] }]
    targets.high = { first_reply = "10m" }
    targets.any = { first_reply = "40m", requester_wait = "2h", agent_work = "1h" }
    [[rules.contacts.policies]]
    name = "others"
    calendar = "office"
    ladder = ["75%", "100%"]
    targets.any = { first_reply = "1h", total_resolution = { target = "8h", calendar = "24/7" } }
    pause.total_resolution = ["on_hold"]
"""
RULES = RuleBook.single(rules_in(RULE_FILE, Path("heedful.toml")))
SAID = (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS, topics.DECISIONS)
"""What is compared, besides the last word on each contact. Outreach leaves, or doesn't, in people's time."""
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
    rules = folder / "rules.toml"
    rules.write_text(RULE_FILE)
    words = ("--rules", rules, "--lateness", f"{LATENESS // 1000}s", "--until", to_iso(END))
    found = replay(folder, "jsonl", file, *words).lines
    said = {
        topic.label: sorted(line["value"]["event_id"] for line in found if line["topic"] == topic.name)
        for topic in SAID
    }
    return said | {topics.CONTACTS.label: in_the_end(_contacts())}


def _contacts() -> dict[str, Any]:
    """By key, the last word on each contact. A replay doesn't write states down, so its kernels are asked."""
    host = Host(RULES, LATENESS / MINUTE).hear(*as_it_came()).until(minutes(END))
    told = [out for out in host.published if out.topic is topics.CONTACTS]
    return {out.key: out.value and to_json(out.value) for out in told}


def in_the_end(contacts: Mapping[str, Any]) -> list[str]:
    """The last word on each contact, as text, by key; None: it was forgotten."""
    return [f"{key} {json.dumps(contacts[key], sort_keys=True)}" for key in sorted(contacts)]


def _arriving(events: Iterable[Any]) -> list[Any]:
    return sorted(events, key=lambda event: event.received_at)
