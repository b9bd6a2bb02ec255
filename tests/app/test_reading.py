"""What was written before a moment is left out, where the broker knows when it was written."""

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.reading import read_to_end
from streams.sections import KafkaSettings
from streams.settings import Settings

pytestmark = [pytest.mark.broker]

WRITTEN = (1_000_000, 2_000_000, 3_000_000)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def settings(request: pytest.FixtureRequest, prefix: str) -> Settings:
    """Of a topic with three records."""
    running = request.getfixturevalue("broker" if request.param == "embedded" else "kafka")
    kafka = KafkaSettings(kind=request.param, bootstrap=running.bootstrap, security="plaintext")
    settings = Settings().but(prefix=prefix, kafka=kafka)
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    keeping = {"retention.ms": "-1"}
    client.create_topics([NewTopic(prefix, 1, 1, config=keeping)])[prefix].result(30)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for at in WRITTEN:
        producer.produce(prefix, value=str(at), timestamp=at)
    assert producer.flush(30) == 0
    return settings


@pytest.mark.parametrize(
    ("since", "expected"),
    [(None, 3), (0, 3), (1_000_000, 3), (1_000_001, 2), (3_000_000, 1), (3_000_001, 0)],
)
def test_since(since: int | None, expected: int, settings: Settings) -> None:
    found = [int(message.value() or b"") for message in read_to_end(settings, settings.prefix, since)]
    if settings.kafka.kind == "embedded":
        assert found == list(WRITTEN)
    else:
        assert found == list(WRITTEN[3 - expected :])
