"""From settings to what the edges show of this moment."""

from sinks.clickhouse.store import ClickHouseTarget
from streams.edges.feed import Feed
from streams.edges.happened import Happened
from streams.edges.live_sources import Sources
from streams.edges.queue import Queue
from streams.edges.risk import AtRisk
from streams.landing import reading_url
from streams.rows import server_at
from streams.rules.settings import RuleSet
from streams.settings import Settings
from streams.wiring import codec_of, kernel_config


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


def sources_of(settings: Settings, feed: Feed, queue: Queue) -> Sources:
    """Everything that the live page shows."""

    def target() -> ClickHouseTarget | None:
        url = reading_url(settings)
        return None if url is None else server_at(settings, url)

    return Sources(settings, settings.clock.clock(), feed, queue, target)
