"""A rule evaluated from one moment to another, over what has landed. The time is that of events."""

from collections.abc import Iterable, Iterator, Sequence

from schemas.outputs import Alert
from schemas.words import AlertCause, Millis
from sinks.clickhouse.client import Client
from streams.alerts.measures import Counts, counts, labels, span
from streams.rules.alerts.causes import striking
from streams.rules.alerts.readings import Reading, Series, horizon, read
from streams.rules.alerts.settings import Measured
from streams.rules.alerts.standing import NOTHING, About, Standing, explained, turn
from streams.rules.alerts.usual import COUNTS

Standings = dict[About, Standing]


class Evaluation:
    """What is known of one rule, subject by subject, and how far it was evaluated."""

    def __init__(self, rule: Measured, reached: Millis, standings: Standings | None = None) -> None:
        """``reached``: the first window evaluated is the first that ends after it."""
        self.rule = rule
        self.reached = reached - reached % rule.every
        self.standings: Standings = dict(standings or {})
        self._begin: Millis | None = None

    def skip(self, until: Millis) -> None:
        """Evaluate no window that begins before then."""
        first = until + self.rule.window
        self.reached = max(self.reached, -(-first // self.rule.every) * self.rule.every - self.rule.every)

    def due(self, until: Millis) -> bool:
        """Whether a window ends up to ``until`` that was not evaluated."""
        return until - until % self.rule.every > self.reached

    def run(self, client: Client, until: Millis) -> Iterator[Alert]:
        """What is raised and resolved in all windows that end after what was reached, up to ``until``.

        Raises QueryFailed, Unavailable; the windows that were not reached then are evaluated next time.
        """
        if not self.due(until):
            return
        series = self._series(client, until)
        for end in range(self.reached + self.rule.every, until + 1, self.rule.every):
            for about in sorted(series):
                yield from self._step(client, about, series[about], end)
            self.reached = end

    def _series(self, client: Client, until: Millis) -> dict[About, Series]:
        counted = self._counts(client, until)
        if self._begin is None and (known := span(client, self.rule)):
            self._begin = known[0]
        begin = until if self._begin is None else self._begin
        return {about: Series(counted.get(about, ()), begin) for about in {*counted, *self.standings}}

    def _counts(self, client: Client, until: Millis) -> Counts:
        raised = [one.window for one in self.standings.values() if one.window]
        first = self.reached + self.rule.every
        return counts(client, self.rule, horizon(self.rule, first, min(raised, default=None)), until)

    def _step(self, client: Client, about: About, series: Series, end: Millis) -> Iterator[Alert]:
        before = self.standings.get(about, NOTHING)
        reading = read(self.rule, series, end, before.window)
        after, alert = turn(self.rule, about, before, reading)
        if alert and alert.state == "raised":
            alert = explained(alert, self._causes(client, about, series, reading))
        self.standings[about] = after
        if alert:
            yield alert

    def _causes(
        self, client: Client, about: About, series: Series, reading: Reading
    ) -> tuple[AlertCause, ...]:
        found = labels(client, self.rule.kind, about.shop_id, reading.window, reading.compared)
        if self.rule.kind in COUNTS:
            return striking(found, 1, len(reading.compared))
        before = sum(series.sums(one).whole for one in reading.compared)
        return striking(found, series.sums(reading.window).whole, before)


def lasting(alerts: Sequence[Alert]) -> list[Alert]:
    """Without what was raised and resolved among them: it came and went while nobody looked."""
    raised, resolved = (
        {one.alert_id for one in alerts if one.state == state} for state in ("raised", "resolved")
    )
    return [alert for alert in alerts if alert.alert_id not in raised & resolved]


def standings(records: Iterable[Alert]) -> dict[str, Standings]:
    """By rule and subject, the alert that stands: the last one told, if that was raised."""
    found: dict[str, Standings] = {}
    for alert in sorted(records, key=lambda one: one.occurred_at):
        standing = Standing(alert) if alert.state == "raised" else NOTHING
        found.setdefault(alert.name, {})[About(alert.shop_id, alert.subject)] = standing
    return found


def resumed(rule: Measured, now: Millis, standing: Standings | None) -> Evaluation:
    """An evaluation that goes on after a restart: it looks back as far as it takes to know what is over."""
    return Evaluation(rule, now - rule.resolve_after - rule.every, standing)
