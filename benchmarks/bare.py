"""Landing against a bare insert of the same blocks into the same engine.

python -m benchmarks.bare [--events 500000] [--rounds 3] [--out benchmarks/LANDING.md]

A backlog of clicks, changes of carts and support waits in four partitions of each topic (the embedded
broker). Landing reads it, checks each record, claims each block in a transaction, inserts it into the
embedded engine and writes down that it is landed: from the beginning of its first insert to the end of its
last one. Then another process inserts what landing inserted, in the same order, and does nothing else: one,
two and four at once, of which the fastest counts.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

from benchmarks.broker import CODEC, Place, create_topics
from benchmarks.peers.spool import Spool
from benchmarks.peers.traffic import Crowd
from benchmarks.report import grid, machine
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.store import Row
from streams.broker import embedded_broker

PARTITIONS = 4
AT_ONCE = (1, 2, 4)
PATIENCE = 600

Block: TypeAlias = tuple[str, Sequence[str], bytes, str, str]
"""The arguments of an insert."""


class Found(NamedTuple):
    """Seconds, those of CPU, and how many blocks of how many bytes."""

    seconds: float
    cpu: float
    blocks: int
    size: int


class Noting:
    """A store that notes what is inserted into tables of events, and when."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store
        self.database = store.database
        self.blocks: list[Block] = []
        self.begun: tuple[float, float] | None = None
        self.ended = (0.0, 0.0)

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> list[Row]:
        """As the store does."""
        return self._store.query(sql, parameters)

    def command(self, sql: str) -> None:
        """As the store does."""
        self._store.command(sql)

    def close(self) -> None:
        """As the store does."""
        self._store.close()

    def insert(self, table: str, columns: Sequence[str], data: bytes, fmt: str, token: str) -> None:
        """As the store does."""
        self.begun = self.begun or _times()
        self._store.insert(table, columns, data, fmt, token)
        if table.startswith("raw_"):
            self.blocks.append((table, columns, data, fmt, token))
        self.ended = _times()

    def found(self) -> Found:
        """From the first insert to the last."""
        assert self.begun is not None
        seconds, cpu = (end - begin for begin, end in zip(self.begun, self.ended, strict=True))
        return Found(seconds, cpu, len(self.blocks), sum(len(block[2]) for block in self.blocks))


def land(bootstrap: str, prefix: str, folder: Path, rows: int) -> Found:
    """Land so many rows; what was inserted is kept in the folder."""
    config = LandingConfig({"bootstrap.servers": bootstrap}, prefix, prefix, aborted_visible=True)
    store, stop = Noting(EmbeddedStore(folder / "landed")), threading.Event()
    lander = Lander(config, CODEC, store)
    worker = threading.Thread(target=lander.run, args=(stop,))
    worker.start()
    until = time.monotonic() + PATIENCE
    try:
        while int(str(lander.status().get("rows", 0))) < rows:
            if time.monotonic() > until or not worker.is_alive():
                raise TimeoutError(f"{lander.status()}")
            time.sleep(0.01)
    finally:
        stop.set()
        worker.join()
    (folder / "blocks").write_bytes(pickle.dumps(store.blocks))
    return store.found()


def bare(folder: Path, at_once: int) -> Found:
    """Insert the same blocks into tables of their own."""
    blocks: list[Block] = pickle.loads((folder / "blocks").read_bytes())
    store = EmbeddedStore(folder / f"bare{at_once}")
    migrate(store)
    begun = _times()
    with ThreadPoolExecutor(at_once) as pool:
        for inserted in [pool.submit(store.insert, *block) for block in blocks]:
            inserted.result()
    ended = _times()
    return Found(
        ended[0] - begun[0], ended[1] - begun[1], len(blocks), sum(len(block[2]) for block in blocks)
    )


def _times() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _apart(*arguments: str) -> Found:
    command = [sys.executable, "-m", "benchmarks.bare", *arguments]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Found(*json.loads(said.splitlines()[-1]))


def measured(spool: Spool, rounds: int) -> list[tuple[Found, Found]]:
    """Landing, and the bare insert of the same, one after the other."""
    results = []
    with embedded_broker() as broker:
        for number in range(rounds):
            place = Place(broker, f"bare.{number}", PARTITIONS)
            create_topics(place)
            spool.publish(place)
            with TemporaryDirectory() as folder:
                rows = str(len(spool.crowd))
                landed = _apart("--land", broker.bootstrap, place.prefix, folder, rows)
                bares = [_apart("--bare", folder, str(at_once)) for at_once in AT_ONCE]
            results.append((landed, min(bares)))
            print(
                f"round {number + 1}: landing {landed.seconds:.1f} s, bare {min(bares).seconds:.1f} s",
                flush=True,
            )
    return results


def main() -> None:
    """Measure, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare", description="See the module.")
    add = parser.add_argument
    add("--events", type=int, default=500_000, help="about so many (%(default)s)")
    add("--rounds", type=int, default=3, help="(%(default)s)")
    add("--out", type=Path, default=Path(__file__).parent / "LANDING.md", help="the report")
    add("--land", nargs=4, metavar=("BOOTSTRAP", "PREFIX", "FOLDER", "ROWS"), help="land, here")
    add("--bare", nargs=2, metavar=("FOLDER", "THREADS"), help="insert, here")
    asked, load = parser.parse_args(), os.getloadavg()[0]
    if asked.land:
        bootstrap, prefix, path, rows = asked.land
        print(json.dumps(land(bootstrap, prefix, Path(path), int(rows))))
    elif asked.bare:
        print(json.dumps(bare(Path(asked.bare[0]), int(asked.bare[1]))))
    else:
        with TemporaryDirectory() as folder:
            spool = Spool(Crowd(asked.events, asked.events // 10, 2), Path(folder) / "events", lambda _: None)
            page = _page(measured(spool, asked.rounds), len(spool.crowd), load)
        print(page)
        asked.out.write_text(page)


def _page(results: list[tuple[Found, Found]], events: int, load: float) -> str:
    rows = [("", "rows/s", "CPU µs/row", "blocks", "MiB")]
    for name, side in (("landing", 0), ("bare insert", 1)):
        found = [result[side] for result in results]
        rates = [events / one.seconds for one in found]
        cpu = median(one.cpu / events * 1e6 for one in found)
        spread = f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
        rows.append((name, spread, f"{cpu:.1f}", f"{found[0].blocks:,}", f"{found[0].size / 2**20:,.0f}"))
    ratio = median(bare.seconds / landed.seconds for landed, bare in results)
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# Landing against a bare insert\n\nWritten by `make bench-landing`. {about}\n\n{grid(rows)}\n\n"
        f"Landing has {ratio:.2f} of the rate of the bare insert; {events:,} events, {len(results)} rounds, "
        f"median (least–most).\n\n{machine()}; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
