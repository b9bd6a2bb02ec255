"""A kernel knows of every activation before its clock comes to it, or stands still."""

from dataclasses import dataclass

import pytest

from schemas.words import Millis
from streams.broker import EmbeddedBroker
from streams.errors import FixConfiguration, Unavailable
from streams.known_rules import KnownRules
from streams.rule_log import KNOWN_FOR, NOTICE, configured, publish_rules, record_rules
from streams.rules.settings import RuleSet, override
from streams.settings import Settings
from tests.rules_in_the_log import with_rules_topic

pytestmark = pytest.mark.broker

START: Millis = 10_000_000
LASTS = round(KNOWN_FOR * 1_000)
AT = START + round(NOTICE * 1_000)
"""The earliest activation that is published at START."""


@dataclass
class ByHand:
    """A clock that the test sets."""

    at: Millis = START

    def now(self) -> Millis:
        """The time of people."""
        return self.at


@pytest.fixture
def settings(broker: EmbeddedBroker, prefix: str) -> Settings:
    """Of a deployment with rules."""
    kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
    found = with_rules_topic(Settings().but(prefix=prefix, kafka=kafka))
    record_rules(found, 0)
    return found


@pytest.fixture
def sooner(settings: Settings) -> RuleSet:
    return override(configured(settings), ["rules.abandonment.cart.after=30m"])


def test_what_is_published_in_time_is_known_in_time(settings: Settings, sooner: RuleSet) -> None:
    clock = ByHand()
    known = KnownRules(settings, clock)
    before = known(START)
    publish_rules(settings, sooner, AT, clock.now())
    for clock.at in range(START, AT + LASTS, LASTS // 7):
        book = known(clock.at)
    assert book.active(AT) == sooner
    assert book.active(AT - 1).version == before.active(AT - 1).version


def test_a_clock_that_leaps_to_the_activation_knows_of_it(settings: Settings, sooner: RuleSet) -> None:
    clock = ByHand()
    known = KnownRules(settings, clock)
    publish_rules(settings, sooner, AT, clock.now())
    clock.at = AT
    assert known(AT).active(AT) == sooner


def test_a_backlog_is_worked_off_with_what_is_known(settings: Settings, sooner: RuleSet) -> None:
    known = KnownRules(settings, ByHand())
    before = known(0)
    publish_rules(settings, sooner, AT, START)
    assert all(known(at) is before for at in range(0, START, START // 100))


def test_nothing_new_is_the_same_book(settings: Settings) -> None:
    clock = ByHand()
    known = KnownRules(settings, clock)
    before = known(START)
    clock.at += 10 * LASTS
    assert known(clock.at) is before


@pytest.mark.parametrize(
    ("after", "stands_still"), [(LASTS // 2, False), (LASTS - 1, False), (LASTS, True), (LASTS + 1, True)]
)
def test_without_the_broker_it_goes_on_as_far_as_it_knows(
    after: Millis, stands_still: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownRules(settings, ByHand())
    before = known(START)
    monkeypatch.setattr(known, "_settings", elsewhere(settings))
    monkeypatch.setattr("streams.reading.PATIENCE", 0.5)
    if stands_still:
        with pytest.raises(Unavailable):
            known(START + after)
    else:
        assert known(START + after) is before


def test_with_the_broker_again_it_goes_on(
    settings: Settings, sooner: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ByHand()
    known = KnownRules(settings, clock)
    publish_rules(settings, sooner, AT, clock.now())
    clock.at = AT
    with monkeypatch.context() as gone:
        gone.setattr(known, "_settings", elsewhere(settings))
        gone.setattr("streams.reading.PATIENCE", 0.5)
        with pytest.raises(Unavailable):
            known(AT)
    assert known(AT).active(AT) == sooner


def test_without_rules_there_is_nothing_to_know(settings: Settings) -> None:
    with pytest.raises(FixConfiguration, match="heedful topics create"):
        KnownRules(settings.but(deployment="another"), ByHand())


@pytest.mark.parametrize(("at", "taken"), [(AT - 1, False), (AT, True), (AT + 1, True)])
def test_an_activation_is_published_in_time_or_not_at_all(
    at: Millis, taken: bool, settings: Settings, sooner: RuleSet
) -> None:
    if taken:
        assert publish_rules(settings, sooner, at, START).active(at) == sooner
    else:
        with pytest.raises(FixConfiguration, match="too soon"):
            publish_rules(settings, sooner, at, START)


def elsewhere(settings: Settings) -> Settings:
    """Where no broker is."""
    return settings.but(kafka={"kind": "embedded", "bootstrap": "127.0.0.1:1"})
