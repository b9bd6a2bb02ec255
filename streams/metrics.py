"""What a role says of itself, in Prometheus' terms. The same words mean the same on every role."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.roles import Role
from streams.threaded import Status, Work


class _Number(NamedTuple):
    """A number of the status: its name without ``heedful_``, what it means, what of it is one unit."""

    name: str
    what: str
    unit: float = 1.0


GAUGES = {
    "tasks": _Number("tasks", "Partitions that this process works on."),
    "partitions": _Number("partitions", "Partitions that this process lands."),
    "keys": _Number("state_keys", "Keys with state."),
    "timers": _Number("timers", "Keys that wait for their time."),
    "clock": _Number("clock_seconds", "Event time reached, as Unix time: the least of all tasks.", 1000),
    "behind": _Number("lag_seconds", "How far that is behind the time of people.", 1000),
    "open": _Number("claims_open", "Claims that are not landed yet."),
    "halted": _Number("partitions_halted", "Partitions that land nothing more without help."),
    "paused": _Number("partitions_paused", "Partitions that are not read on for now: too much waits."),
    "waiting bytes": _Number("waiting_bytes", "Bytes of records that wait for a clock, or to be landed."),
    "memory bound": _Number("memory_bound_bytes", "What records on their way may take up at most."),
    "waiting": _Number("waiting_contacts", "Customers who wait for an answer, as far as there is room."),
}
COUNTERS = {
    "sessions": _Number("sessions", "Memberships of the group; one that ends is begun anew."),
    "claims": _Number("claims", "Ranges that landing promised to land."),
    "failures": _Number("failures", "Attempts that failed and were, or will be, made again."),
}
BY_LABEL = {
    "rows": ("rows_landed", "Rows landed, by topic.", "topic"),
    "read": ("records_read", "Records read and claimed, by topic.", "topic"),
    "dead": ("dead_letters", "Records that could not be read or obeyed.", "reason"),
}
"""Counts in a status are ``"<word> <label>"``."""


class OfStatus(Collector):
    """Metrics out of what a role's status says at that moment; none of what it leaves out or says -1 of."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """As Prometheus asks for it."""
        told = self._status()
        status = {**told.get("queue", {}), **told}
        for key, number in GAUGES.items():
            if status.get(key, -1) >= 0:
                yield GaugeMetricFamily(f"heedful_{number.name}", number.what, status[key] / number.unit)
        for key, number in COUNTERS.items():
            if key in status:
                yield CounterMetricFamily(f"heedful_{number.name}", number.what, status[key])
        for word, (name, what, label) in BY_LABEL.items():
            yield from _labelled(f"heedful_{name}", what, label, _counts(status, word))
        yield from _lag(status.get("lag", {}))
        yield from _standbys(status.get("standbys", {}))
        yield from _seen(status.get("seen", {}))


def registry_of(role: Role, deployment: str, status: Callable[[], Status], work: Work) -> CollectorRegistry:
    """All that ``/metrics`` of a role says: of heedful, and of the process."""
    registry = CollectorRegistry()
    about = GaugeMetricFamily("heedful_build", "What runs here.", labels=("role", "deployment", "version"))
    about.add_metric((role, deployment, version("heedful")), 1)
    registry.register(_Constant(about))
    registry.register(OfStatus(status))
    registry.register(_Measured(work))
    ProcessCollector(registry=registry)
    return registry


class _Constant(Collector):
    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterable[Metric]:
        return [self._metric]


class _Measured(Collector):
    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self) -> Iterable[Metric]:
        return self._work.collect()


def _counts(status: Status, word: str) -> dict[str, int]:
    start = f"{word} "
    return {key.removeprefix(start): count for key, count in status.items() if key.startswith(start)}


def _labelled(name: str, what: str, label: str, counts: Mapping[str, float]) -> Iterator[Metric]:
    if counts:
        found = CounterMetricFamily(name, what, labels=(label,))
        for value, count in counts.items():
            found.add_metric((value,), count)
        yield found


def _lag(behind: Mapping[str, int]) -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "heedful_lag_records", "Offsets between what was read, or landed, and the end.", labels=("topic",)
    )
    for topic, count in behind.items():
        found.add_metric((topic,), count)
    yield found


def _standbys(standbys: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    keys = GaugeMetricFamily("heedful_standby_keys", "Keys that a standby has.", labels=("partition",))
    behind = GaugeMetricFamily(
        "heedful_standby_lag_records", "Records of the changelog that it has not read.", labels=("partition",)
    )
    for partition, standby in standbys.items():
        keys.add_metric((partition,), standby["keys"])
        if standby["behind"] >= 0:
            behind.add_metric((partition,), standby["behind"])
    if standbys:
        yield from (keys, behind)


def _seen(seen: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    found = CounterMetricFamily(
        "heedful_seen", "Signals and outreach that went by, each id once.", labels=("topic", "kind")
    )
    for topic, kinds in seen.items():
        for kind, count in kinds.items():
            found.add_metric((topic, kind), count)
    yield found
