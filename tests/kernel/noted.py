"""Events for Noting on a bench, time for them, and what was noted."""

from schemas import topics
from schemas.control import Heartbeat
from schemas.events import Click
from tests.kernel import counting
from tests.kernel.harness import Bench

START = 1_700_000_000_000
"""Times are milliseconds after this: a time in 1970 would be refused."""


def beat(at: int) -> Heartbeat:
    """Time has come so far."""
    return Heartbeat(received_at=START + at)


def click(event_id: str, at: int, visitor: str = "v") -> Click:
    """A click at a moment; received when it happened."""
    return counting.click(event_id, START + at, visitor=visitor)


def notes(here: Bench) -> list[tuple[str, ...]]:
    """What Noting published, in order."""
    return [said.visitors for said in here.read(topics.PROFILES)]


def send_time(here: Bench, at: int) -> None:
    """Let both inputs of every partition reach a time."""
    for partition in range(here.partitions):
        here.send(topics.CLICKSTREAM, beat(at), partition=partition)
        here.send(topics.CART, beat(at), partition=partition)
