"""Which topics a deployment shares, and which are its own."""

import pytest

from schemas import topics
from schemas.topics import Topic
from streams.kernel.config import KernelConfig


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.label)
def test_inputs_are_shared_and_all_else_is_its_own(topic: Topic) -> None:
    config = KernelConfig({}, prefix="cx", deployment="staging")
    owner = "cx" if topic in topics.INPUTS else "staging"
    assert config.named(topic) == f"{owner}.{topic.label}"


@pytest.mark.parametrize(
    ("deployment", "heartbeats", "feeds"),
    [
        pytest.param("cx", True, True, id="the only one"),
        pytest.param("cx", False, True, id="the only one, of a source that never falls silent"),
        pytest.param("production", True, True, id="under a name of its own, and it writes"),
        pytest.param("staging", False, False, id="one that only looks on"),
    ],
)
def test_who_may_write_into_the_inputs(deployment: str, heartbeats: bool, feeds: bool) -> None:
    config = KernelConfig({}, prefix="cx", deployment=deployment, heartbeats=heartbeats)
    assert config.feeds_inputs is feeds
