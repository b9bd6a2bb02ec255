"""heedful's landing in a process, with the embedded engine.

    python -m benchmarks.lander BOOTSTRAP PREFIX PATH ROWS...

Says ``landed ROWS`` when so many rows are in.
"""

import sys
import threading
from pathlib import Path

from benchmarks.broker import CODEC
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander

LINGER = 200
"""Milliseconds that rows wait for others; the same on the other side."""


def announce(lander: Lander, rows: int, stop: threading.Event) -> None:
    """Wait for so many rows, and say so."""
    while int(str(lander.status().get("rows", 0))) < rows:
        stop.wait(0.01)
    print(f"landed {rows}", flush=True)


if __name__ == "__main__":
    bootstrap, prefix, path, *steps = sys.argv[1:]
    config = LandingConfig(
        {"bootstrap.servers": bootstrap}, prefix, prefix, linger=LINGER, aborted_visible=True
    )
    lander, stop = Lander(config, CODEC, EmbeddedStore(Path(path))), threading.Event()
    worker = threading.Thread(target=lander.run, args=(stop,))
    worker.start()
    for rows in steps:
        announce(lander, int(rows), stop)
    worker.join()
