"""Rules are published while kernels are at work on a real broker: no stop, and a restart in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas import topics
from schemas.words import Millis
from streams.known_rules import KnownRules
from streams.rule_log import configured, publish_rules, record_rules
from streams.rules.settings import override
from streams.settings import Settings
from tests.builders import START, added, asked, minute, minutes
from tests.replay.a_day import LATENESS
from tests.replay.deployment import Deployment, deployment
from tests.rules_in_the_log import with_rules_topic

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

AT = 100.0
"""When the new rules become active."""


@dataclass
class ByHand:
    """The time of people, which the test sets."""

    at: Millis = START

    def now(self) -> Millis:
        """The time of people."""
        return self.at


@dataclass
class Shop:
    """A deployment whose kernels follow the rules of the log."""

    made: Deployment
    settings: Settings
    clock: ByHand = field(default_factory=ByHand)

    @contextmanager
    def at_work(self) -> Iterator[Any]:
        """Both kernels; what is given lets time come to a minute, and waits until all of it is through."""
        self.made.rules = KnownRules(self.settings, self.clock)
        with self.made.at_work() as kernels:

            def reach(at: float) -> None:
                self.clock.at = minute(at)
                self.made.reach(minute(at), kernels)

            yield reach

    def said(self) -> list[tuple[str, float, str]]:
        """Visitor or contact, minute and version of what was abandoned or breached."""
        signals = {
            (one.visitor_id, minutes(one.occurred_at), one.rules_version)
            for one in self.made.bench.read(topics.ABANDONMENT_SIGNALS)
        }
        breaches = {
            (one.contact_id, minutes(one.occurred_at), one.rules_version)
            for one in self.made.bench.read(topics.CONTACT_SIGNALS)
            if one.kind == "breached"
        }
        return sorted(signals | breaches)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def shop(request: pytest.FixtureRequest, prefix: str) -> Shop:
    """With the default rules."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    made = deployment(running.bootstrap, running.pid, prefix, embedded=embedded)
    kind = "embedded" if embedded else "kafka"
    kafka = {"kind": kind, "bootstrap": running.bootstrap, "security": "plaintext"}
    settings = Settings().but(prefix=prefix, kafka=kafka, lateness=LATENESS)
    with_rules_topic(settings)
    record_rules(settings, 0)
    return Shop(made, settings)


def test_what_began_before_ends_under_the_old_rules_and_what_begins_then_under_the_new(shop: Shop) -> None:
    old = configured(shop.settings)
    new = override(old, ["rules.abandonment.cart.after=30m", "rules.contacts.first_reply.target=20m"])
    with shop.at_work() as reach:
        shop.made.publish([added(5, visitor="first")])
        reach(90)
        publish_rules(shop.settings, new, minute(AT), shop.clock.now())
        shop.made.publish([added(99, visitor="before"), asked(99, "asked before")])
        shop.made.publish([added(AT, visitor="then"), asked(AT, "asked then")])
        shop.made.publish([added(101, visitor="after")])
        shop.made.publish([added(98, visitor="late", received_at=minute(112))])
        reach(115)
    with shop.at_work() as reach:
        reach(200)
    assert shop.said() == sorted(
        [
            ("first", 65, old.version),
            ("before", 159, old.version),
            ("late", 158, old.version),
            ("then", 130, new.version),
            ("after", 131, new.version),
            ("asked before", 159, old.version),
            ("asked then", 120, new.version),
        ]
    )
