"""The end of a process whose client hangs: nothing else ends a call that the client never comes back from."""

import faulthandler
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

log = logging.getLogger(__name__)

HANGS_AFTER = 15.0
"""Seconds after which sending offsets to a transaction will never end. librdkafka forgets the time-out of
that call when the group's coordinator goes away (its issues 5456 and 5511): brokers do in a rolling restart.
"""


def end_process() -> NoReturn:
    """As by ``kill -9``, which loses nothing; whoever watches over the process starts it anew."""
    log.critical("a commit hangs in the client: the process ends, to be started anew")
    faulthandler.dump_traceback()
    os._exit(1)


@contextmanager
def never_longer(seconds: float, give_up: Callable[[], object] = end_process) -> Iterator[None]:
    """Call ``give_up``, in a thread of its own, if the block lasts longer."""
    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
