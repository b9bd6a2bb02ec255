"""One kernel of heedful in a process, as a worker runs it.

python -m benchmarks.kernel visits|care BOOTSTRAP PREFIX [embedded|apache [SILENCE]]

With SILENCE, in seconds, after which a cart counts as left, it works in the time of people: it keeps the time
of inputs that are silent.
"""

import signal
import sys
import threading
from dataclasses import replace

from benchmarks.broker import CODEC, configuration
from schemas.topics import FACTS
from streams.care import Care
from streams.clock import WallClock
from streams.kernel.config import KernelConfig
from streams.kernel.loop import Kernel
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.visits import Visits


def kernel(role: str, config: KernelConfig, rules: RuleSet) -> Kernel:
    """The kernel of a role, under these rules."""
    if role == "visits":
        return Kernel(Visits(), config, CODEC, WallClock(), FACTS)
    return Kernel(Care(RuleBook.single(rules), config.lateness), config, CODEC, WallClock(), FACTS)


def _rules(silence: str) -> RuleSet:
    stages = ("cart", "checkout", "payment")
    after = {stage: {"after": f"{silence}s"} for stage in stages}
    return RuleSet.from_mapping({"rules": {"abandonment": after}})


if __name__ == "__main__":
    role, bootstrap, prefix, *kind = sys.argv[1:]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    config = configuration(bootstrap, prefix, aborted_visible=kind[:1] != ["apache"])
    rules = _rules(kind[1]) if kind[1:] else RuleSet.from_mapping({})
    kernel(role, replace(config, heartbeats=bool(kind[1:])), rules).run(stop)
