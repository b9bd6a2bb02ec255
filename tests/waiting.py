"""Waiting for what other processes will do: by asking again, never by guessing how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T | None], within: float = 60.0) -> T:
    """The first true answer. Fails after ``within`` seconds, which is far more than it should take."""
    until = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < until, f"still {answer!r} after {within} s"
        time.sleep(0.05)
