"""One kernel of heedful in a process, as a worker runs it.

python -m benchmarks.kernel visits|care BOOTSTRAP PREFIX [embedded|apache]
"""

import signal
import sys
import threading

from benchmarks.broker import CODEC, configuration
from schemas.topics import FACTS
from streams.care import Care
from streams.clock import WallClock
from streams.kernel.config import KernelConfig
from streams.kernel.loop import Kernel
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.visits import Visits


def kernel(role: str, config: KernelConfig) -> Kernel:
    """The kernel of a role, under the rules that hold without a file."""
    if role == "visits":
        return Kernel(Visits(), config, CODEC, WallClock(), FACTS)
    care = Care(RuleBook.single(RuleSet.from_mapping({})), config.lateness)
    return Kernel(care, config, CODEC, WallClock(), FACTS)


if __name__ == "__main__":
    role, bootstrap, prefix, *kind = sys.argv[1:]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    config = configuration(bootstrap, prefix, aborted_visible=kind != ["apache"])
    kernel(role, config).run(stop)
