"""Whatever happens to two kernels, they say what the log says: each seed is a history of faults."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.always import always
from tests.simulation.history import verify
from tests.simulation.world import World

SEEDS = st.integers(0, 2**32 - 1)


@always(seed=SEEDS)
def test_nothing_is_lost_nor_twice_nor_remembered_falsely(seed: int) -> None:
    verify(seed)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_histories() -> None:
    for seed in range(1_000):
        verify(seed)


@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(seed=SEEDS)
def test_a_seed_tells_the_same_history_again(seed: int) -> None:
    assert World(seed).run().steps == World(seed).run().steps


@pytest.mark.parametrize(
    "happened",
    [
        "crashes",
        "stands still",
        "fenced",
        "generation",
        "gave nothing",
        "expires",
        "took over",
        "killed",
        "leaves",
    ],
)
def test_it_happens(happened: str) -> None:
    """The faults that the histories are about are in them."""
    assert any(happened in step.lower() for seed in range(600) for step in World(seed).run().steps)
