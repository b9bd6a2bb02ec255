"""The kernels' tasks: those that don't get on, since when, and why most likely."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.access import administrator
from schemas.jsonl import to_iso
from streams.clock import WallClock
from streams.doctor.finding import Finding
from streams.doctor.flow import quiet
from streams.kernel.progress import Standing
from streams.positions import Positions
from streams.settings import Settings
from streams.stuck import standing_still

PATIENCE = 15.0
"""Seconds within which a broker has to answer."""

AREA = "tasks"
NAMED = 5
"""So many tasks are named of those that don't get on for the same reason."""


def tasks(settings: Settings) -> Iterator[Finding]:
    """What the kernels say of themselves at the ends of their changelogs, without asking a worker."""
    config = quiet(settings)
    said = Positions(config).look()
    still = sorted(standing_still(config, said, WallClock().now()), key=_alike)
    for (kernel, why), group in groupby(still, key=_alike):
        alike = list(group)
        yield _stuck(alike, _workers(settings, config.internal(kernel)) if why == "not_committing" else "")
    if said and not still:
        yield Finding("ok", AREA, f"{len(said)} of them get on")


def _alike(one: Standing) -> tuple[str, str]:
    return one.kernel, one.reason.why


def _stuck(alike: Sequence[Standing], workers: str) -> Finding:
    reason = alike[0].reason
    names = ", ".join(one.task for one in alike[:NAMED])
    more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    since = to_iso(min(one.since for one in alike))
    return Finding(
        "warning" if reason.why == "held" else "error",
        AREA,
        f"{names}{more} stuck since {since}: {reason.told}{workers}",
        "Nothing is noticed of its customers, and no silence of theirs.",
        reason.do,
    )


def _workers(settings: Settings, group: str) -> str:
    """How many there are, if the broker says so."""
    client: AdminClient = administrator(settings.kafka.librdkafka())
    try:
        described = client.describe_consumer_groups([group], request_timeout=PATIENCE)[group].result(PATIENCE)
    except KafkaException:
        return ""
    count = len(described.members)
    return f", and {count or 'no'} worker{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} there"
