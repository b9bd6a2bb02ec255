"""Properties: what holds for every example, a few by default, many where slow tests run."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

FEW, MANY = 40, 400


def always(**examples: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Makes a test of a check that is to hold whatever is drawn."""

    def decorate(check: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("drawn", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
        def test(drawn: int) -> None:
            how = settings(
                max_examples=drawn,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            how(given(**examples)(check))()

        test.__name__ = test.__qualname__ = check.__name__
        test.__doc__ = check.__doc__
        test.__module__ = check.__module__
        return test

    return decorate
