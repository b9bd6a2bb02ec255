"""What tests share: real brokers, a topic prefix of one's own, the third-party data."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

# Before they are imported: what fails in them says what it compared, as in a test.
pytest.register_assert_rewrite(*(f"tests.{one.stem}" for one in Path(__file__).parent.iterdir()))

from streams.broker import EmbeddedBroker, embedded_broker
from tests import secured_kafka
from tests.apache_kafka import ApacheKafka, apache_kafka, missing
from tests.browser import chromium
from tests.secured_kafka import SecuredKafka

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs Apache Kafka is slow. Where it is at hand, ``on_embedded`` leaves a test only some cases on
    the embedded broker: those named, such as "commit.done" of ``test[embedded-commit.done]``.
    """
    for item in items:
        if item.get_closest_marker("kafka"):
            item.add_marker(pytest.mark.slow)
    left_out = [] if missing() else [item for item in items if _is_for_kafka_alone(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_for_kafka_alone(item: pytest.Item) -> bool:
    marker, spec = item.get_closest_marker("on_embedded"), getattr(item, "callspec", None)
    if marker is None or spec is None:
        return False
    broker, _, case = spec.id.partition("-")
    return broker == "embedded" and case not in marker.args


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
