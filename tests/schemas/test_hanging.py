"""What may not last longer than so long."""

import threading

from schemas.hanging import never_longer

SHORT, LONG = 0.05, 60.0


def test_whatever_lasts_longer_is_given_up() -> None:
    given_up = threading.Event()
    with never_longer(SHORT, given_up.set):
        assert given_up.wait(LONG)


def test_what_ends_in_time_is_not() -> None:
    given_up = threading.Event()
    with never_longer(SHORT, given_up.set):
        timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(LONG)
    assert not given_up.is_set()
