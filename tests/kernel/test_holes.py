"""Records that the embedded broker passed over are read again."""

import pytest

from schemas import topics
from schemas.holes import Refill, holes
from streams.broker import EmbeddedBroker
from streams.kernel.deadletters import offset_of
from tests.kernel.counting import click
from tests.kernel.harness import bench


@pytest.mark.parametrize(
    ("expected", "offsets", "missing"),
    [
        pytest.param(0, [0, 1, 2], [], id="nothing is missing"),
        pytest.param(5, [7, 8], [(5, 7)], id="at the beginning"),
        pytest.param(5, [5, 7, 8, 11], [(6, 7), (9, 11)], id="in between, twice"),
        pytest.param(5, [], [], id="nothing was read"),
    ],
)
def test_holes(expected: int, offsets: list[int], missing: list[tuple[int, int]]) -> None:
    assert list(holes(expected, offsets)) == missing


@pytest.mark.broker
def test_a_run_with_a_hole_is_made_whole(broker: EmbeddedBroker, prefix: str) -> None:
    here = bench(broker.bootstrap, prefix, 1, embedded=True)
    here.send(topics.CLICKSTREAM, *(click(f"e{number}", 1) for number in range(9)))
    name = topics.CLICKSTREAM.named(prefix)
    whole = here.messages(name, "read_committed")
    run = [whole[3], whole[6], whole[7]]
    refill = Refill(here.config.consumer("read_committed", {"group.id": "refill"}))
    completed = refill.complete(name, 0, 2, run)
    refill.close()
    assert [offset_of(message) for message in completed] == [2, 3, 4, 5, 6, 7]
    assert [message.value() for message in completed] == [message.value() for message in whole[2:8]]
    assert refill.found == 3
