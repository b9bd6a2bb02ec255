"""heedful against other engines on one Apache Kafka broker: same data, equivalent work, one run.

python -m benchmarks.peers [--events 10000000] [--visitors 1000000] [--rounds 3] [--only NAME ...]
"""

import argparse
import os
import tempfile
from pathlib import Path

from confluent_kafka import KafkaException

from benchmarks.broker import Place
from benchmarks.peers.build import Unavailable
from benchmarks.peers.measure import Load, measure
from benchmarks.peers.report import Outcome, table, write
from benchmarks.peers.sides import SIDES
from benchmarks.peers.spool import Spool
from benchmarks.peers.traffic import Crowd
from benchmarks.traffic import BEGINNING
from schemas.words import Millis
from tests.apache_kafka import ApacheKafka, apache_kafka

EVENTS = 10_000_000
WARM_UP = 2_000_000
"""So many events make a JVM warm."""
SLOW = 500_000
"""So many are enough for engines that take ten times as long or more."""

FAILURES = (Unavailable, AssertionError, RuntimeError, TimeoutError, KafkaException)
"""What one side's failing looks like. The others are measured all the same, and the table says so."""


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    names = ", ".join(side.name for side in SIDES)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=f"{__doc__}".partition("\n")[0],
        epilog="Needs Java 17 and Maven, which fetches Apache Kafka; what the peers need is fetched once,"
        " into the user's cache. Every round asserts what was signalled. Progress is printed.",
    )
    add = parser.add_argument
    add("--events", type=int, default=EVENTS, help="about so many are measured (%(default)s)")
    add("--visitors", type=int, help="of whom they come (a tenth of the events)")
    add("--warm-up", type=int, help=f"events before (as many, at most {WARM_UP})")
    add("--slow-events", type=int, help=f"for slow engines (a tenth of --events, at most {SLOW})")
    add("--rounds", type=int, default=3, help="how often each side is measured, in turn (%(default)s)")
    add("--partitions", type=int, default=4, help="of every topic (%(default)s)")
    add("--only", nargs="+", metavar="NAME", help=f"only these sides: {names}")
    add("--out", type=Path, default=Path(__file__).parents[1] / "PEERS.md", help="report; its plot beside it")
    return _completed(parser, parser.parse_args())


def _completed(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> argparse.Namespace:
    asked.visitors = asked.visitors or asked.events // 10
    asked.warm_up = asked.warm_up or min(asked.events, WARM_UP)
    asked.slow_events = asked.slow_events or min(max(asked.events // 10, 20_000), asked.events, SLOW)
    asked.sides = [side for side in SIDES if not asked.only or side.name in asked.only]
    unknown = set(asked.only or ()) - {side.name for side in SIDES}
    if unknown:
        parser.error(f"no such side: {', '.join(sorted(unknown))}")
    return asked


def loads(asked: argparse.Namespace, folder: Path) -> dict[bool, Load]:
    """By whether they are for slow sides, none of which has a compiler that must become warm."""
    share = asked.visitors / asked.events
    by_pace = {}
    if any(not side.slow for side in asked.sides):
        by_pace[False] = _load(asked.events, asked.warm_up, share, folder)
    if any(side.slow for side in asked.sides):
        by_pace[True] = _load(asked.slow_events, asked.slow_events // 10, share, folder)
    return by_pace


def _load(events: int, warm_up: int, share: float, folder: Path) -> Load:
    first = _spool(warm_up, share, 1, BEGINNING, folder)
    return Load(first, _spool(events, share, 2, first.crowd.end, folder))


def _spool(events: int, share: float, seed: int, start: Millis, folder: Path) -> Spool:
    def progress(written: int) -> None:
        if written % 1_000_000 == 0:
            print(f"  {written:,} encoded", flush=True)

    print(f"encoding {events:,} events", flush=True)
    return Spool(Crowd(events, round(events * share), seed, start), folder / f"{seed}-{events}", progress)


def measured(
    kafka: ApacheKafka, asked: argparse.Namespace, by_pace: dict[bool, Load], load: float
) -> list[Outcome]:
    """All rounds, one side after the other, so that what else the machine does hits every side.

    What is known after a round is written down.
    """
    outcomes = [Outcome(side, by_pace[side.slow].events) for side in asked.sides]
    for number in range(asked.rounds):
        for outcome in outcomes:
            if outcome.available:
                _round(outcome, kafka, number, asked.partitions, by_pace[outcome.side.slow])
        write(asked.out, outcomes, asked, load)
    return outcomes


def _round(outcome: Outcome, kafka: ApacheKafka, number: int, partitions: int, load: Load) -> None:
    side = outcome.side
    print(f"round {number + 1}: {side.name}", flush=True)
    place = Place(kafka, f"{side.name.lower().replace(' ', '-')}.{number}", partitions)
    try:
        cost = measure(side, place, load)
    except FAILURES as failure:
        outcome.available = not isinstance(failure, Unavailable)
        outcome.failures.append(f"round {number + 1}: {type(failure).__name__}: {failure}")
        print(f"FAILED: {side.name}:", outcome.failures[-1], *getattr(failure, "__notes__", ()), flush=True)
        return
    outcome.costs.append(cost)
    print(f"    {load.events:,} events in {cost.seconds:.1f} s, CPU {cost.cpu:.1f} s", flush=True)


def main() -> None:
    """Measure, show, write down."""
    asked, load = arguments(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="heedful-peers-") as folder:
        by_pace = loads(asked, Path(folder))
        with apache_kafka() as kafka:
            outcomes = measured(kafka, asked, by_pace, load)
    print(table(outcomes))
    if any(outcome.failures for outcome in outcomes):
        raise SystemExit("not every round of every side could be measured")


if __name__ == "__main__":
    main()
