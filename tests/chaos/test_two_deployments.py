"""Two deployments on one broker and the same inputs: one at work, and one that only looks on."""

from pathlib import Path
from uuid import uuid4

import pytest

from schemas import topics
from tests.chaos import day
from tests.chaos.shop import Shop, is_right
from tests.kernel.harness import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@pytest.mark.on_embedded
@pytest.mark.parametrize("kind", ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def test_one_that_is_killed_lags_and_comes_back_leaves_the_other_alone(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    broker = request.getfixturevalue("broker" if kind == "embedded" else "kafka")
    prefix = f"t{uuid4().hex[:12]}"
    production = Shop(broker.bootstrap, prefix, kind == "embedded", tmp_path)
    staging = Shop(broker.bootstrap, prefix, kind == "embedded", tmp_path, f"{prefix}-staging")
    production.publish_events()
    production.reach(day.evening(), topics.INPUTS)
    assert staging.bench.partitions
    with staging.process("care"), staging.process("visits", "commit.offsets:kill:3") as killed:
        with production.process("visits"), production.process("care"):
            assert killed.wait(90) != 0
            production.reach(day.end(), topics.INPUTS)
            until(lambda: production.is_through("visits"), "production's visits are through")
            until(lambda: len(production.published("decisions")) == wanted("decisions"), "all is decided")
        production.finish("visits")
        production.finish("care")
    is_right(production)
    before = everything(production)
    staging.finish("visits")
    staging.finish("care")
    is_right(staging)
    assert everything(production) == before
    is_right(production)
    for kernel in ("visits", "care"):
        assert "session ended" not in (tmp_path / f"{prefix}.{kernel}.log").read_text()


def wanted(label: str) -> int:
    return len(day.expected()[label])


def everything(shop: Shop) -> dict[str, dict[int, int]]:
    """Where each of its topics ends."""
    return {topic.label: shop.bench.ends(shop.bench.config.named(topic)) for topic in topics.TOPICS}
