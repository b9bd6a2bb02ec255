"""Topics and rules are there before a worker starts, and starting again changes nothing."""

import pytest

from schemas import admin
from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from streams.reading import read_to_end
from streams.rule_log import NOTICE, configured, read_rules, record_rules, rules_topic
from streams.settings import Settings

pytestmark = pytest.mark.broker

NOW = 5_000_000


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


def test_changed_rules_hold_once_every_worker_can_know_of_them_and_the_old_ones_before(
    settings: Settings,
) -> None:
    prepare(with_threshold(settings, "45m"))
    record_rules(with_threshold(settings, "20m"), NOW)
    book = read_rules(settings)
    at = NOW + round(NOTICE * 1_000)
    assert book.active(at - 1).abandonment.cart.after == 45 * 60_000
    assert book.active(at).abandonment.cart.after == 20 * 60_000


def test_a_worker_that_starts_with_an_old_file_takes_nothing_back(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = with_threshold(settings, "45m"), with_threshold(settings, "20m")
    prepare(old)
    book = record_rules(new, NOW)
    later = NOW + 10 * round(NOTICE * 1_000)
    assert record_rules(old, later).activations == book.activations
    assert f"version {configured(old).version}) don't hold" in caplog.text
