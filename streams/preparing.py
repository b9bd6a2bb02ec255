"""What has to be there before a worker starts: the topics, and the rules as records of the log."""

from schemas import admin
from streams.rule_log import record_rules
from streams.rules.book import RuleBook
from streams.settings import Settings


def prepare(settings: Settings) -> RuleBook:
    """Create missing topics and record the configured rules; the book that then holds. Harmless to repeat.

    Raises FixTopics, BrokerUnavailable, Unavailable.
    """
    wanted = admin.plans(settings.prefix, settings.deployment, settings.partitions)
    admin.create(settings.kafka.librdkafka(), wanted, settings.replication)
    return record_rules(settings, settings.clock.clock().now())
