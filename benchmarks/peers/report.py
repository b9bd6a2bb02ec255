"""What was measured, as a table for the terminal and as PEERS.md with its plot."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.sides import Side
from benchmarks.plot import Bar, plot
from benchmarks.processes import Cost
from benchmarks.report import MEASURES, MICRO, grid, machine, spread


@dataclass
class Outcome:
    """What became of one side: what its rounds cost, and what went wrong with those that failed."""

    side: Side
    events: int
    costs: list[Cost] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    available: bool = True
    """Whether it can be had on this machine at all."""


def table(outcomes: Sequence[Outcome]) -> str:
    """Median and, in brackets, the least and the most of the rounds."""
    titles = [measure.title for measure in MEASURES[:-1]] + ["peak memory MiB"]
    return grid([("side", "guarantee", "events", *titles), *(_row(outcome) for outcome in outcomes)])


def _row(outcome: Outcome) -> Sequence[str]:
    failed = f"**FAILED: {_plain('; '.join(outcome.failures))}**" if outcome.failures else ""
    promised = f"{outcome.side.guarantee} {failed}".strip()
    if not outcome.costs:
        return (outcome.side.name, failed, *[""] * (1 + len(MEASURES)))
    measured = (spread(measure, outcome.costs, outcome.events) for measure in MEASURES)
    return (outcome.side.name, promised, f"{outcome.events:,}", *measured)


def _plain(text: str) -> str:
    """As a cell of a table has room for it."""
    return " ".join(text.split()).replace("|", "/")[:300]


def write(path: Path, outcomes: Sequence[Outcome], asked: argparse.Namespace, load: float) -> None:
    """PEERS.md, and the plot beside it."""
    picture = path.with_suffix(".svg")
    bars = [
        Bar(outcome.side.name, [cost.cpu / outcome.events * MICRO for cost in outcome.costs])
        for outcome in outcomes
        if outcome.costs
    ]
    picture.write_text(plot("CPU per event, µs (logarithmic): median, least, most", bars))
    path.write_text(
        TEXT.format(
            table=table(outcomes),
            picture=picture.name,
            rounds=asked.rounds,
            visitors=asked.visitors,
            partitions=asked.partitions,
            warm_up=asked.warm_up,
            lacks="\n".join(
                f"* **{outcome.side.name}:** {' '.join(outcome.side.lacks.split())}" for outcome in outcomes
            ),
            machine=machine(),
            load=load,
        )
    )


TEXT = """\
# heedful against other engines

Written by `make bench-peers`. One Apache Kafka broker on loopback, same data, equivalent work, one run;
{rounds} rounds on {partitions} partitions, the sides in turn; median, and in brackets the least and the most.

{table}

![CPU per event of each side]({picture})

Machine: {machine}; load average {load:.1f} when it began (what else runs there is in the spread). The
broker runs on the same cores.

**The traffic.** 90 % clicks, 8 % changes of carts, 2 % support, within six hours of event time; {visitors:,}
visitors (in proportion fewer for engines that got fewer events, because they take ten times as long or more).
Avro in Confluent's wire format, encoded once.

**The work.** Per visitor with something in the cart: what is in it, the stage, the last activity; a signal
once the time of the log has passed the patience of the stage. Per contact: whether the first reply was given;
a signal once it is overdue. Signals in Avro, to a topic. Commits or checkpoints every 100 ms.

**What is measured.** Every side was warmed up by up to {warm_up:,} other events, and waited. The events were
in the log by then, in a transaction; from its commit until a read_committed subscriber has seen the last
signal. CPU is that of the side's processes, the broker's stands beside it. Every round asserts the result:
each abandoned cart signalled once, at its stage; each contact whose first reply is overdue once; and nothing
else.

**What each does not do here, and does beside it.**

{lacks}
"""
