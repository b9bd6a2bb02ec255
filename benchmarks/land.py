"""Every event a row in ClickHouse: heedful's landing against a plain Faust agent that takes batches."""

import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from benchmarks.broker import Place, Records, create_topics
from benchmarks.processes import Cost, module, running
from schemas.events import CartEvent


def command(side: str, place: Place, rest: Sequence[str]) -> Sequence[str]:
    """What the side runs."""
    address = (place.broker.bootstrap, place.prefix)
    if side == "heedful":
        return module("benchmarks.lander", *address, *rest)
    return module("benchmarks.plain_land", *address, str(place.partitions), *rest)


def land(side: str, place: Place, warm_up: Records, work: Records) -> Cost:
    """One round of one side: from the first event's publishing until the last row is in.

    Raises AssertionError unless every event is one row.
    """
    create_topics(place)
    first = len(warm_up.traffic.events)
    every = first + len(work.traffic.events)
    costs = list[Cost]()
    with TemporaryDirectory() as path:
        with running(command(side, place, (path, str(first), str(every)))) as process:
            warm_up.publish(place)
            process.wait_for(f"landed {first}")
            with process.measured(place.broker.pid, costs):
                work.publish(place)
                process.wait_for(f"landed {every}")
        assert landed(path) == expected(warm_up, work)
    return costs[0]


def landed(path: str) -> tuple[int, int, Decimal]:
    """Rows, distinct events and the sum of prices in the engine at ``path``."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.landed", path], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, Any] = msgspec.json.decode(answer.stdout)
    return int(found["rows"]), int(found["events"]), Decimal(str(found["prices"]))


def expected(*parts: Records) -> tuple[int, int, Decimal]:
    """What must be in the engine."""
    events = [event for part in parts for event in part.traffic.events]
    prices = (event.price for event in events if isinstance(event, CartEvent) and event.price is not None)
    return len(events), len(events), sum(prices, Decimal(0))
