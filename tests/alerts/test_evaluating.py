"""Which windows a rule is evaluated over."""

import pytest

from streams.alerts.evaluating import Evaluation
from tests.alerts.telling import HOUR, NOON, rate

MINUTE = 60_000
RULE = rate(every="5m", window="1h", above=0.8)


@pytest.mark.parametrize(
    ("until", "first"),
    [
        pytest.param(NOON, NOON + HOUR, id="at the beginning of a window"),
        pytest.param(NOON + 1, NOON + HOUR + 5 * MINUTE, id="just after it"),
        pytest.param(NOON - 1, NOON + HOUR, id="just before it"),
        pytest.param(NOON - 3 * HOUR, NOON + 5 * MINUTE, id="long before what was evaluated"),
    ],
)
def test_no_window_begins_before_what_is_skipped(until: int, first: int) -> None:
    evaluation = Evaluation(RULE, NOON)
    evaluation.skip(until)
    assert not evaluation.due(first - 1)
    assert evaluation.due(first)
