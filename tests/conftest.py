"""What tests share: real brokers, a topic prefix of one's own, the third-party data."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from streams.broker import EmbeddedBroker, embedded_broker
from tests import secured_kafka
from tests.apache_kafka import ApacheKafka, apache_kafka, missing
from tests.browser import chromium
from tests.secured_kafka import SecuredKafka

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker, one for the whole run: ``broker.bootstrap``. Name topics under ``prefix``."""
    with embedded_broker() as running:
        yield running


@pytest.fixture(scope="session")
def kafka() -> Iterator[ApacheKafka]:
    """Apache Kafka, one for the whole run: ``kafka.bootstrap``. Skips where Java or Maven is absent."""
    if reason := missing():
        pytest.skip(reason)
    with apache_kafka() as running:
        yield running


@pytest.fixture(scope="session")
def secured() -> Iterator[SecuredKafka]:
    """Apache Kafka with passwords, certificates and an authorizer. Skips where what it needs is absent."""
    if reason := secured_kafka.missing():
        pytest.skip(reason)
    with secured_kafka.secured_kafka() as running:
        yield running


@pytest.fixture
def prefix() -> str:
    """A topic prefix, which is also a deployment, that no other test uses."""
    return f"t{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def third_party() -> Path:
    """The folder of third-party data beside the checkout. Skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip("the third-party data folder (../shared/data) is not beside this checkout")
    return DATA


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what this machine couldn't test."""
    if reason := missing():
        terminalreporter.section("NOT TESTED ON APACHE KAFKA", sep="!", yellow=True, bold=True)
        terminalreporter.line(f"{reason}; transactions were tested on the embedded broker only.")
    if reason := chromium.missing():
        terminalreporter.section("NOT TESTED IN A BROWSER", sep="!", yellow=True, bold=True)
        terminalreporter.line(f"{reason}; the live page was not looked at.")
