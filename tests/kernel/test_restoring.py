"""How far a restore has come."""

import pytest

from streams.kernel.restoring import Progress


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        pytest.param(Progress(), "0 keys so far, 0% of its changelog read", id="its end isn't known"),
        pytest.param(Progress(end=0), "0 keys so far, 100% of its changelog read", id="it is empty"),
        pytest.param(
            Progress(1_234, 50, 200), "1,234 keys so far, 25% of its changelog read", id="in the midst"
        ),
        pytest.param(Progress(7, 12, 10), "7 keys so far, 100% of its changelog read", id="past the end"),
    ],
)
def test_progress(progress: Progress, said: str) -> None:
    assert str(progress) == said
