"""Which topics a deployment shares, and which are its own."""

import pytest

from schemas import topics
from schemas.topics import Topic
from streams.kernel.config import KernelConfig
from streams.settings import Settings
from streams.wiring import kernel_config


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


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        pytest.param({}, (None, 6_000, 1_500), id="without a name"),
        pytest.param({"instance": "worker-0"}, ("worker-0", 6_000, 1_500), id="with a name"),
        pytest.param(
            {"instance": "worker-0", "session_timeout": "30s"},
            ("worker-0", 30_000, 3_000),
            id="whoever may be away for long still speaks often",
        ),
    ],
)
def test_membership(said: dict[str, str], wanted: tuple[str | None, int, int]) -> None:
    membership = kernel_config(Settings.model_validate(said)).membership("care")
    names = ("group.instance.id", "session.timeout.ms", "heartbeat.interval.ms")
    assert tuple(membership.get(name) for name in names) == wanted


@pytest.mark.parametrize(
    "settings", [KernelConfig({}).consumer("read_committed", {}), KernelConfig({}).producer()]
)
def test_no_request_waits_for_a_minute(settings: dict[str, object]) -> None:
    assert settings["socket.timeout.ms"] == 10_000
