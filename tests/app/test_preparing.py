"""Topics and rules are there before a worker starts, and starting again changes nothing."""

import pytest

from schemas import admin
from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from streams.reading import read_to_end
from streams.rule_log import read_rules, rules_topic
from streams.settings import Settings

pytestmark = pytest.mark.broker


@pytest.fixture
def settings(broker: EmbeddedBroker, prefix: str) -> Settings:
    kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
    return Settings().but(prefix=prefix, kafka=kafka, partitions=2)


def with_threshold(settings: Settings, after: str) -> Settings:
    return settings.but(rules={"abandonment": {"cart": {"after": after}}})


def test_every_topic_of_the_deployment_is_there(settings: Settings) -> None:
    prepare(settings)
    there = admin.partitions_of(settings.kafka.librdkafka())
    assert {plan.name for plan in admin.plans(settings.prefix, settings.deployment, 2)} <= there.keys()


def test_the_first_rules_hold_from_the_beginning_of_time(settings: Settings) -> None:
    prepare(with_threshold(settings, "45m"))
    assert read_rules(settings).active(0).abandonment.cart.after == 45 * 60_000


def test_the_same_rules_are_recorded_once(settings: Settings) -> None:
    prepare(settings)
    prepare(settings)
    assert len(list(read_to_end(settings, rules_topic(settings)))) == 1


def test_changed_rules_hold_from_now_on_and_the_old_ones_before(settings: Settings) -> None:
    prepare(with_threshold(settings, "45m"))
    now = 5_000_000
    later = settings.but(clock={"kind": "simulated", "start": now, "origin": 0, "speed": 1e-15})
    prepare(with_threshold(later, "20m"))
    book = read_rules(settings)
    assert book.active(now - 1).abandonment.cart.after == 45 * 60_000
    assert book.active(now).abandonment.cart.after == 20 * 60_000
