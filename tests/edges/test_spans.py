"""Lengths of time as people say them."""

import pytest

from streams.cli.spans import DAY, HOUR, MINUTE, SECOND, span, until


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0s"),
        (999, "0s"),
        (-999, "0s"),
        (59 * SECOND, "59s"),
        (MINUTE, "1m"),
        (HOUR - 1, "59m"),
        (HOUR, "1h 00m"),
        (HOUR + 5 * MINUTE, "1h 05m"),
        (DAY - 1, "23h 59m"),
        (DAY, "1d 00h"),
        (3 * DAY + 4 * HOUR, "3d 04h"),
        (-HOUR - 5 * MINUTE, "-1h 05m"),
    ],
)
def test_a_span(length: int, said: str) -> None:
    assert span(length) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        pytest.param(12 * MINUTE, "12m", id="before"),
        pytest.param(0, "0s", id="exactly"),
        pytest.param(-1, "-1s overdue", id="after"),
        pytest.param(-HOUR - 5 * MINUTE, "-1h 05m overdue", id="long after"),
    ],
)
def test_until(length: int, said: str) -> None:
    assert until(length) == said
