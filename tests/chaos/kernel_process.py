"""A kernel as a process of its own, so that it can be killed: ``python -m tests.chaos.kernel_process JSON``.

Works until SIGTERM. The time of people stands still, so that nothing depends on it.
"""

import json
import logging
import signal
import sys
import threading
from dataclasses import replace
from typing import Any

from schemas.codec import Codec
from schemas.registry import FileRegistry
from schemas.topics import FACTS
from streams.care import Care
from streams.clock import SimulatedClock
from streams.failpoints import parse
from streams.kernel.config import KernelConfig
from streams.kernel.loop import Kernel
from streams.visits import Visits
from tests.builders import START
from tests.chaos.day import RULES

SESSION_TIMEOUT = 2_000
TRANSACTION_TIMEOUT = 4_000


def config(
    bootstrap: str,
    prefix: str,
    aborted_visible: bool,
    fail_at: str = "",
    deployment: str = "",
    **changes: Any,
) -> KernelConfig:
    """Quick to notice the dead, many small commits, no heartbeats: time is what the test says.

    A process that is to fail commits nothing for having read alone, so that it fails in what was meant.
    ``changes``: other settings instead.
    """
    made = KernelConfig(
        kafka={"bootstrap.servers": bootstrap},
        prefix=prefix,
        deployment=deployment or prefix,
        lateness=0,
        aborted_visible=aborted_visible,
        heartbeats=False,
        session_timeout=SESSION_TIMEOUT,
        transaction_timeout=TRANSACTION_TIMEOUT,
        fetch_size=40,
        commit_every=1,
        idle_commit_every=30_000 if fail_at else 200,
        reached=parse(fail_at),
    )
    return replace(made, **changes)


def kernel(name: str, settings: KernelConfig) -> Kernel:
    """The kernel of a name, over the file registry."""
    clock = SimulatedClock(start=START, origin=0, speed=0.0)
    codec = Codec(FileRegistry())
    if name == "visits":
        return Kernel(Visits(), settings, codec, clock, FACTS)
    return Kernel(Care(RULES, lateness=0), settings, codec, clock)


def main(said: dict[str, Any]) -> None:
    """Run one until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    name = said.pop("kernel")
    kernel(name, config(**said)).run(stop)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
