"""From settings to the objects that do the work: the one place that knows which is made of what."""

from typing import TYPE_CHECKING

from schemas.codec import Codec
from schemas.registry import ConfluentRegistry, FileRegistry, Registry
from sinks.clickhouse.store import ClickHouseTarget
from streams.edges.feed import Feed
from streams.edges.happened import Happened
from streams.edges.queue import Queue
from streams.edges.risk import AtRisk
from streams.kernel.config import KernelConfig
from streams.landing import reading_url
from streams.roles import Role
from streams.rows import server_at
from streams.rules.settings import RuleSet
from streams.sections import RegistrySettings, revealed
from streams.settings import Settings
from streams.threaded import Work

if TYPE_CHECKING:
    from streams.edges.live_sources import Sources


def registry_of(settings: RegistrySettings) -> Registry:
    """The registry that the settings name; without a URL, the schema files of this package."""
    if settings.url is None:
        return FileRegistry()
    password = revealed(settings.password)
    auth = f"{settings.username}:{password}" if settings.username and password else None
    return ConfluentRegistry(settings.url, auth, str(settings.ca) if settings.ca else None)


def codec_of(settings: Settings) -> Codec:
    """The codec for everything that this process reads and writes."""
    return Codec(registry_of(settings.registry))


def kernel_config(settings: Settings) -> KernelConfig:
    """What a kernel needs to know about where it runs."""
    return KernelConfig(
        kafka=settings.kafka.librdkafka(),
        prefix=settings.prefix,
        deployment=settings.deployment,
        lateness=settings.lateness,
        commit_every=settings.commit_interval,
        aborted_visible=settings.kafka.aborted_visible,
        heartbeats=settings.heartbeats == "write",
    )


def queue_of(settings: Settings) -> Queue:
    """Who waits for an answer, for the edges."""
    return Queue(kernel_config(settings), codec_of(settings), settings.clock.clock())


def feed_of(settings: Settings) -> Feed:
    """What happens at this moment, for the live page."""
    patience = RuleSet.from_mapping(settings.decisions()).abandonment
    clock = settings.clock.clock()
    dated = settings.clock.kind == "wall" and not settings.kafka.aborted_visible
    at_risk = AtRisk(patience, settings.lateness)
    return Feed(kernel_config(settings), codec_of(settings), clock, at_risk, Happened(), dated=dated)


def sources_of(settings: Settings, feed: Feed, queue: Queue) -> "Sources":
    """Everything that the live page shows."""
    from streams.edges.live_sources import Sources

    def target() -> ClickHouseTarget | None:
        url = reading_url(settings)
        return None if url is None else server_at(settings, url)

    return Sources(settings, settings.clock.clock(), feed, queue, target)


def work_of(role: Role, settings: Settings) -> Work:
    """What a role does in its thread. Imports only what that role needs."""
    return {"visits": _visits, "care": _care, "landing": _landing}[role](settings)


def _visits(settings: Settings) -> Work:
    from schemas.topics import FACTS
    from streams.kernel.loop import Kernel
    from streams.visits import Visits

    return Kernel(Visits(), kernel_config(settings), codec_of(settings), settings.clock.clock(), FACTS)


def _care(settings: Settings) -> Work:
    from schemas.topics import FACTS
    from streams.care import Care
    from streams.kernel.loop import Kernel
    from streams.known_rules import KnownRules

    care = Care(KnownRules(settings, settings.clock.clock()), settings.lateness)
    return Kernel(care, kernel_config(settings), codec_of(settings), settings.clock.clock(), FACTS)


def _landing(settings: Settings) -> Work:
    from streams.landing import Landing

    return Landing(settings, codec_of(settings))
