"""heedful against plain Faust on the same broker, data and work, in one run.

python -m benchmarks [--rounds 3] [--visitors 2000] [--partitions 4] [--out benchmarks/RESULTS.md]
"""

import argparse
import os
from pathlib import Path

from benchmarks.broker import Place, Records
from benchmarks.detect import detect
from benchmarks.land import land
from benchmarks.processes import Cost
from benchmarks.report import table, write
from benchmarks.traffic import traffic
from streams.broker import EmbeddedBroker, embedded_broker

TASKS = {"detect": detect, "land": land}
SIDES = ("heedful", "plain Faust")
WARM_UP = 200


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visitors", type=int, default=2_000, help="about 13 events each")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "RESULTS.md")
    return parser.parse_args()


def measured(
    broker: EmbeddedBroker, asked: argparse.Namespace, warm_up: Records, work: Records
) -> dict[tuple[str, str], list[Cost]]:
    """All rounds, one side after the other, so that what else the machine does hits both."""
    costs: dict[tuple[str, str], list[Cost]] = {(task, side): [] for task in TASKS for side in SIDES}
    for number in range(asked.rounds):
        for (task, side), rounds in costs.items():
            place = Place(broker, f"{task}.{side.split()[-1].lower()}.{number}", asked.partitions)
            cost = TASKS[task](side, place, warm_up, work)
            rounds.append(cost)
            print(
                f"round {number + 1}: {task}, {side}: {cost.seconds:.1f} s, CPU {cost.cpu:.1f} s", flush=True
            )
    return costs


def main() -> None:
    """Measure, show, write down."""
    asked, load = arguments(), os.getloadavg()[0]
    first = traffic(WARM_UP, seed=1)
    warm_up = Records(first)
    work = Records(traffic(asked.visitors, seed=2, start=first.end.received_at))
    events = len(work.traffic.events)
    print(
        f"{events:,} events, {len(work.traffic.abandoned):,} carts left behind, {asked.rounds} rounds",
        flush=True,
    )
    with embedded_broker() as broker:
        costs = measured(broker, asked, warm_up, work)
    shown = table(costs, events)
    print(shown)
    write(asked.out, shown, asked.rounds, events, asked.partitions, load)


if __name__ == "__main__":
    main()
