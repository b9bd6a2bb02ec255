"""One round of one side: warmed up, let loose on the work, held to the truth."""

from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from benchmarks.broker import Place, create_topics
from benchmarks.peers.sides import Side, scratch
from benchmarks.peers.spool import Spool
from benchmarks.peers.watch import Watch, expected, patience
from benchmarks.processes import Cost, running
from benchmarks.processes import Side as Running


class Load(NamedTuple):
    """What a side gets: events to become warm, and those that are measured."""

    warm_up: Spool
    work: Spool

    @property
    def events(self) -> int:
        """How many are measured."""
        return len(self.work.crowd)


def measure(side: Side, place: Place, load: Load) -> Cost:
    """From the moment when the events may be seen until the last signal is to be read.

    The side has seen other events before, and waits. The events of the work are in the log by then, in a
    transaction that is committed when the clock starts; who doesn't heed transactions sees them at once,
    so its clock starts before the first is published. Raises AssertionError unless each abandoned cart and
    each overdue contact was signalled once, and nothing else.
    """
    with scratch() as folder:
        commands = side.commands(place, Path(folder))
        create_topics(place)
        watch = Watch(place)
        try:
            with running(*commands) as processes:
                cost = _measured(side, place, load, watch, processes)
            _check(watch, load)
        finally:
            watch.close()
            _forget(place)
    return cost


def _measured(side: Side, place: Place, load: Load, watch: Watch, processes: Running) -> Cost:
    first, both = expected(load.warm_up.crowd), expected(load.warm_up.crowd, load.work.crowd)
    costs = list[Cost]()
    load.warm_up.publish(place)
    watch.wait_for(first, patience(len(load.warm_up.crowd)), processes.require_alive)
    begin = load.work.hold(place) if side.reads_committed else lambda: load.work.publish(place)
    with processes.measured(place.broker.pid, costs):
        begin()
        watch.wait_for(both, patience(load.events), processes.require_alive)
    watch.nothing_more(1.0)
    return costs[0]._replace(memory=processes.peak())


def _check(watch: Watch, load: Load) -> None:
    wanted = expected(load.warm_up.crowd, load.work.crowd)
    missing, besides = wanted - watch.seen, watch.seen - wanted
    if missing or besides:
        raise AssertionError(
            f"{missing.total()} signals missing, {besides.total()} too many, such as "
            f"{[*missing.items()][:3]}, {[*besides.items()][:3]}"
        )


def _forget(place: Place) -> None:
    """Topics of a round that is over only take room."""
    client = AdminClient({"bootstrap.servers": place.broker.bootstrap, "log_level": 3})
    names = [name for name in client.list_topics(timeout=30).topics if not name.startswith("__")]
    for deleted in client.delete_topics(names, operation_timeout=30).values():
        deleted.result()
