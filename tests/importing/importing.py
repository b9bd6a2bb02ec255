"""Imports small files into topics of a test's own, and reads back what was published."""

from pathlib import Path
from typing import Any, NamedTuple

from schemas import admin
from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import INPUTS, TOPICS
from schemas.words import Millis, Record
from streams.formats import format_named
from streams.formats.reading import Reading
from streams.importer import Imported, publish
from streams.kernel.config import KernelConfig
from streams.tails import Tails
from streams.until import until

CODEC = Codec(FileRegistry())
LABELS = {topic.label: topic for topic in TOPICS}
NOW = 1_790_000_000_000


class Published(NamedTuple):
    """One record on a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: Record


def config_of(bootstrap: str, prefix: str, lateness: Millis = 10_000, **settings: Any) -> KernelConfig:
    """A deployment of its own."""
    kafka = {"bootstrap.servers": bootstrap}
    return KernelConfig(kafka=kafka, prefix=prefix, deployment=prefix, lateness=lateness, **settings)


def create_topics(config: KernelConfig, partitions: int) -> None:
    """All topics of the deployment."""
    admin.create(config.kafka, admin.plans(config.prefix, config.deployment, partitions), 1)


def imported(
    config: KernelConfig, form: str, *files: Path, until_: str = "end", now: Millis = NOW
) -> Imported:
    """Import the files."""
    limit = until(until_)
    reading = Reading(format_named(form), files, until=limit.moment)
    return publish(reading, config, CODEC, limit, now, lambda: None)


def published(config: KernelConfig, partitions: int) -> list[Published]:
    """Everything on the inputs, partition by partition in order."""
    names = {topic.named(config.prefix): topic for topic in INPUTS}
    found = []
    for message in Tails(config, dict.fromkeys(names, partitions), length=100_000):
        name, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        record = CODEC.decode(message.value(), names[name])
        found.append(Published(names[name].label, partition, offset, message.key(), record))
    return sorted(found, key=lambda one: one[:3])
