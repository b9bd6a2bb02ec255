"""When a task commits."""

import pytest

from streams.kernel.config import KernelConfig
from streams.kernel.pace import Pace

CONFIG = KernelConfig(kafka={}, commit_every=100, clock_every=250, idle_commit_every=30_000)


@pytest.mark.parametrize(
    ("urgent", "changed", "busy", "read_on", "announce_to", "ms", "due"),
    [
        pytest.param(True, True, False, True, 0, 19, False, id="a signal, just after a commit of 10 ms"),
        pytest.param(True, True, False, True, 0, 20, True, id="a signal, some time after it: at once"),
        pytest.param(True, True, True, True, 0, 99, False, id="a signal in a backlog goes with the rest"),
        pytest.param(True, True, True, True, 0, 100, True, id="a signal in a backlog"),
        pytest.param(False, True, False, True, 0, 99, False, id="changed state, not yet"),
        pytest.param(False, True, False, True, 0, 100, True, id="changed state"),
        pytest.param(False, False, False, True, 0, 29_999, False, id="only read on, not yet"),
        pytest.param(False, False, False, True, 0, 30_000, True, id="only read on"),
        pytest.param(False, False, False, False, 0, 60_000, False, id="nothing at all"),
        pytest.param(False, False, False, False, 4, 249, False, id="others wait for the clock, not yet"),
        pytest.param(False, False, False, False, 4, 250, True, id="others wait for the clock"),
    ],
)
def test_due(
    urgent: bool, changed: bool, busy: bool, read_on: bool, announce_to: int, ms: int, due: bool
) -> None:
    pace = Pace(CONFIG, now=0.0, announce_to=announce_to, took=0.01)
    pace.note(0.0, urgent, changed)
    assert pace.due(ms / 1000, busy, read_on) is due


@pytest.mark.parametrize(
    ("announce_to", "ms", "announced"),
    [
        pytest.param(0, 5_000, False, id="nobody waits"),
        pytest.param(8, 0, True, id="few partitions: always"),
        pytest.param(9, 999, False, id="many partitions, not yet"),
        pytest.param(9, 1_000, True, id="many partitions: once a second"),
    ],
)
def test_announces(announce_to: int, ms: int, announced: bool) -> None:
    assert Pace(CONFIG, now=0.0, announce_to=announce_to).announces(ms / 1000) is announced


def test_a_commit_starts_the_count_anew() -> None:
    pace = Pace(CONFIG, now=0.0)
    pace.note(0.0, True, True)
    pace.committed(0.05, announced=False)
    assert not pace.due(10.0, busy=False, read_on=False)
