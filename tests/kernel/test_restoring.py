"""How far a restore has come."""

import pytest

from streams.kernel.restoring import RestoreProgress


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        pytest.param(RestoreProgress(), "0 keys so far, 0% of its changelog read", id="its end isn't known"),
        pytest.param(RestoreProgress(end=0), "0 keys so far, 100% of its changelog read", id="it is empty"),
        pytest.param(
            RestoreProgress(1_234, 50, 200), "1,234 keys so far, 25% of its changelog read", id="in the midst"
        ),
        pytest.param(
            RestoreProgress(7, 12, 10), "7 keys so far, 100% of its changelog read", id="past the end"
        ),
    ],
)
def test_progress(progress: RestoreProgress, said: str) -> None:
    assert str(progress) == said
