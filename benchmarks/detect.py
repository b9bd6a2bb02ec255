"""Who leaves a cart behind: heedful's two kernels against a plain Faust agent with a table."""

from collections.abc import Sequence

from benchmarks.broker import Place, Records, Signals, create_topics
from benchmarks.processes import Cost, module, running
from benchmarks.traffic import Traffic


def commands(side: str, place: Place) -> list[Sequence[str]]:
    """What the side runs."""
    address = (place.broker.bootstrap, place.prefix)
    if side == "heedful":
        return [module("benchmarks.kernel", role, *address) for role in ("visits", "care")]
    return [module("benchmarks.plain_detect", *address, str(place.partitions))]


def detect(side: str, place: Place, warm_up: Records, work: Records) -> Cost:
    """One round of one side: from the first event's publishing until the last signal is to be read.

    Raises AssertionError unless every abandoned cart was signalled once, at its stage, and nothing else.
    """
    create_topics(place)
    signals, costs = Signals(place), list[Cost]()
    with running(*commands(side, place)) as processes:
        warm_up.publish(place)
        signals.wait_for(len(warm_up.traffic.abandoned))
        with processes.measured(place.broker.pid, costs):
            work.publish(place)
            signals.wait_for(len(warm_up.traffic.abandoned) + len(work.traffic.abandoned))
        signals.nothing_more(0.5)
    signals.close()
    assert sorted(signals.seen) == expected(warm_up.traffic, work.traffic)
    return costs[0]


def expected(*parts: Traffic) -> list[tuple[str, str]]:
    """The signals that a detector must give."""
    return sorted((visitor, stage) for part in parts for visitor, stage in part.abandoned.items())
