"""A soak: ``python -m tests.chaos.soak --events 10_000_000 --kills 200``. Ends with 1 if it went wrong."""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from tests.apache_kafka import missing
from tests.chaos.soak.run import Soak
from tests.kafka_cluster import NODES, kafka_cluster


def main() -> int:
    """Run one, and print its verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="to send")
    parser.add_argument("--kills", type=int, default=200, help="of workers and brokers")
    parser.add_argument(
        "--seed", type=int, default=SystemRandom().randrange(2**32), help="who is killed when"
    )
    parser.add_argument(
        "--logs",
        type=Path,
        help="a folder that is kept, for what workers and brokers say, and for all that the brokers hold",
    )
    said = parser.parse_args()
    if reason := missing():
        sys.exit(reason)
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:8.1f} s  {words}", flush=True)

    logging.getLogger().setLevel(logging.ERROR)
    say(f"seed {said.seed}; three brokers start")
    with tempfile.TemporaryDirectory(prefix="heedful-soak-") as folder:
        logs = said.logs or Path(folder)
        logs.mkdir(parents=True, exist_ok=True)
        with kafka_cluster({number: logs / f"node-{number}" for number in NODES}) as cluster:
            soak = Soak(cluster, logs, said.events, said.kills, said.seed, say)
            say(f"topics begin with {soak.shop.prefix}")
            verdict = soak.run()
    print(verdict)
    return 0 if verdict.right else 1


if __name__ == "__main__":
    sys.exit(main())
