"""What a kernel has made durable since its process started, over all sessions, as Prometheus counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import prometheus_client as prometheus
from prometheus_client.metrics_core import Metric

from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, Output
from schemas.words import Millis

SIGNALS = {ABANDONMENT_SIGNALS.label, CONTACT_SIGNALS.label}
COMMIT_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
DETECTION_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3_600, 86_400)


@dataclass
class Done:
    """What one transaction carries. ``due``: the topic and the moment of each signal in it."""

    read: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    buried: Counter[str] = field(default_factory=Counter)
    due: list[tuple[str, Millis]] = field(default_factory=list)

    def publishes(self, output: Output, holds: Mapping[str, bool]) -> None:
        """A record was added. History that is imported was noticed long after: its signals don't count."""
        label = output.topic.label
        self.published[label] += 1
        if label in SIGNALS and output.value is not None and not any(holds.values()):
            self.due.append((label, output.value.occurred_at))  # type: ignore[attr-defined]


class Measures:
    """Counters and histograms of one kernel; a collector for a registry. Any thread may collect."""

    def __init__(self) -> None:
        self._read = _counter("records_read", "Records read and committed, by input.", "topic")
        self._published = _counter("records_published", "Records made visible, by topic.", "topic")
        self.buried: Counter[str] = Counter()
        """Dead letters by reason. The status tells them, and of it the metrics."""
        self._commits = prometheus.Histogram(
            "heedful_commit_seconds",
            "How long a commit took.",
            buckets=COMMIT_SECONDS,
            registry=None,
        )
        self._detection = prometheus.Histogram(
            "heedful_detection_seconds",
            "From the moment that a signal is about until it is visible, in the time of the host's clock.",
            ["topic"],
            buckets=DETECTION_SECONDS,
            registry=None,
        )

    def committed(self, done: Done, seconds: float, now: Millis) -> None:
        """A transaction became visible ``now``, after a commit of so many seconds."""
        self._commits.observe(seconds)
        self.buried.update(done.buried)
        for counter, counts in ((self._read, done.read), (self._published, done.published)):
            for label, count in counts.items():
                counter.labels(label).inc(count)
        for label, due in done.due:
            self._detection.labels(label).observe(max(0, now - due) / 1000)

    def collect(self) -> Iterable[Metric]:
        """As Prometheus asks for it."""
        for one in (self._read, self._published, self._commits, self._detection):
            yield from one.collect()


def _counter(name: str, what: str, label: str) -> prometheus.Counter:
    return prometheus.Counter(f"heedful_{name}", what, [label], registry=None)
