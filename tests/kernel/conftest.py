"""Benches on either broker: the embedded one and, where Java and Maven are at hand, Apache Kafka."""

import pytest

from tests.kernel.harness import MakeBench, bench


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def make(request: pytest.FixtureRequest, prefix: str) -> MakeBench:
    """Makes a bench on either broker."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    return lambda partitions=1, **settings: bench(running.bootstrap, prefix, partitions, embedded, **settings)
