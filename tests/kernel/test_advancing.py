"""However far a clock jumps and however much follows, it fits into transactions."""

import time
from typing import Any

import pytest

from schemas import topics
from streams.kernel.advancing import FIRST, strides
from tests.kernel.counting import Noting
from tests.kernel.harness import MakeBench, until
from tests.kernel.noted import click, notes, send_time


class Ticking:
    """A clock that goes on by so much at each look but the first."""

    def __init__(self, *ticks: float) -> None:
        self._ticks = iter((0.0, *ticks))
        self._now = 0.0

    def __call__(self) -> float:
        self._now += next(self._ticks, 0.0)
        return self._now


@pytest.mark.parametrize(
    ("to", "ticks", "moments"),
    [
        pytest.param(FIRST - 1, [], [FIRST - 1], id="before the first stride"),
        pytest.param(FIRST, [], [FIRST], id="exactly one"),
        pytest.param(FIRST + 1, [], [FIRST, FIRST + 1], id="a little more"),
        pytest.param(-5, [], [-5], id="back: whoever is told stays where he is"),
        pytest.param(8_000, [0.1, 0.1, 0.1], [1_000, 3_000, 7_000, 8_000], id="longer while it is quick"),
        pytest.param(8_000, [0.3, 0.1], [1_000, 2_000, 4_000, 8_000], id="not after what took long"),
        pytest.param(8_000, [0.5, 0.5], [1_000, 2_000], id="until its time is over"),
        pytest.param(8_000, [9.0], [1_000], id="one in any case"),
    ],
)
def test_strides(to: int, ticks: list[float], moments: list[int]) -> None:
    assert list(strides(0, to, 1.0, Ticking(*ticks))) == moments


class Slow(Noting):
    """Takes its time for each event: for all of them together, several times that of a transaction."""

    def apply(self, state: Any, event: Any, at: Any, out: Any) -> Any:
        time.sleep(0.1)
        return super().apply(state, event, at, out)


@pytest.mark.slow
@pytest.mark.broker
def test_a_jump_that_takes_longer_than_a_transaction_may(make: MakeBench) -> None:
    """Forty visitors, a minute after each other; then the clock jumps over all of them."""
    here = make(transaction_timeout=1_000)
    for number in range(40):
        here.queue(topics.CLICKSTREAM, click(f"{number:03}", 60_000 * number, visitor=f"v{number}"))
    here.flush()
    with here.running(Slow()) as kernel:
        until(lambda: kernel.status().get("durable to", {}).get("clickstream-0") == 40, "all wait")
        send_time(here, 60_000 * 40)
        until(lambda: len(notes(here)) == 40, "all notes")
        assert kernel.status()["sessions"] == 1
    assert notes(here) == [(f"{number:03}",) for number in range(40)]
