"""The topic of the rules, for tests that need no other."""

from schemas import admin
from streams.rule_log import rules_topic
from streams.settings import Settings
from tests.kernel.harness import until


def with_rules_topic(settings: Settings) -> Settings:
    """The settings, once there is a topic for rules, and no rules."""
    name, kafka = rules_topic(settings), settings.kafka.librdkafka()
    plans = admin.plans(settings.prefix, settings.deployment, 1)
    admin.create(kafka, [plan for plan in plans if plan.name == name], 1)
    until(lambda: name in admin.partitions_of(kafka), f"{name} is there")
    return settings
