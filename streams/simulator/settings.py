"""How much happens in the simulated shop, and how badly it is reported."""

from dataclasses import dataclass

from schemas.words import Millis
from streams.errors import FixConfiguration

SECOND: Millis = 1_000
MINUTE: Millis = 60_000
HOUR: Millis = 3_600_000

EVENTS_OF_A_VISIT = 9.6
"""Events that one visit causes on average, its share of support, consent and later orders included."""
ERASURES_PER_HOUR = 0.2
"""Each has parts of every table rewritten, and simulated hours pass within seconds."""
MOST_EVENTS_A_SECOND = 2_000
"""The embedded broker keeps every record in memory, so the rate is bounded."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What happens in the shop. Shares are probabilities; times are simulated.

    ``longest_delay`` bounds how late an event arrives; keep it well below the lateness of the deployment.
    ``reply_target`` is what the help desk aims at: some replies come before it, some after, some never.
    """

    visits_per_hour: float = 130.0
    contacts_per_hour: float = 16.0
    erasures_per_hour: float = 1.0
    customers: int = 400
    bots: float = 0.03
    duplicates: float = 0.01
    late_duplicates: float = 0.002
    malformed: float = 0.001
    longest_delay: Millis = 2 * MINUTE
    reply_target: Millis = HOUR


def traffic(events_per_second: float, speed: float, reply_target: Millis = HOUR) -> Traffic:
    """Traffic that makes about so many events a second of people's time, when simulated time runs ``speed``
    times as fast.
    """
    if not 0 < events_per_second <= MOST_EVENTS_A_SECOND:
        raise FixConfiguration(
            f"--rate {events_per_second:g} is out of bounds: more than 0 and at most {MOST_EVENTS_A_SECOND} "
            "events a second (the embedded broker keeps every record in memory)"
        )
    visits = events_per_second * 3600 / speed / EVENTS_OF_A_VISIT
    return Traffic(
        visits_per_hour=visits,
        contacts_per_hour=visits / 8,
        erasures_per_hour=ERASURES_PER_HOUR,
        reply_target=reply_target,
    )
