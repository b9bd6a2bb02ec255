"""What goes out to a target now, alone or with others in one message, and what waits until when."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from schemas.ids import derive
from schemas.outputs import Alert
from schemas.words import Millis
from streams.rules.alerts.settings import QuietTimes
from streams.rules.outreach.quiet_hours import quiet_until


class Digest(NamedTuple):
    """At most ``most`` messages within ``within``; what is more becomes one message."""

    most: int
    within: Millis


class Message(NamedTuple):
    """One message to one target."""

    message_id: str
    alerts: tuple[Alert, ...]
    test: bool = False

    @property
    def is_digest(self) -> bool:
        """Whether it tells of several."""
        return len(self.alerts) > 1


class Plan(NamedTuple):
    """Messages to send now, alerts too old to be told, and when to look again (None: when more comes)."""

    messages: tuple[Message, ...]
    outdated: tuple[Alert, ...]
    look_again: Millis | None


def plan(
    waiting: Sequence[Alert],
    sent: Iterable[Millis],
    now: Millis,
    target: str,
    digest: Digest,
    quiet: Mapping[str, QuietTimes | None],
    outdated_after: Millis,
) -> Plan:
    """What is to be done for a target. ``sent``: when messages went out; ``quiet``: by name of the alert."""
    outdated = tuple(alert for alert in waiting if now - alert.processed_at > outdated_after)
    until = {alert.event_id: _quiet_until(alert, quiet, now) for alert in waiting}
    ready = [alert for alert in waiting if alert not in outdated and until[alert.event_id] is None]
    ends = [at for at in until.values() if at is not None]
    recent = sorted(at for at in sent if now - at < digest.within)
    room = digest.most - len(recent)
    if ready and room <= 0:
        return Plan((), outdated, min([recent[0] + digest.within, *ends]))
    alone = len(ready) <= room
    groups = [(alert,) for alert in ready] if alone else [tuple(ready)]
    messages = tuple(Message(message_id(target, group), group) for group in groups)
    return Plan(messages, outdated, min(ends, default=None))


def message_id(target: str, alerts: Iterable[Alert]) -> str:
    """The same alerts to the same target are the same message, also after a restart."""
    return derive("message", target, *sorted(alert.event_id for alert in alerts))


def title(message: Message) -> str:
    """One line."""
    if not message.is_digest:
        alert = message.alerts[0]
        mark = "TEST, nothing happened: " if message.test else ""
        return f"{mark}{'Resolved: ' if alert.state == 'resolved' else ''}{alert.title}"
    return f"{len(message.alerts)} alerts: {_counted(message.alerts)}"


def text(message: Message) -> str:
    """What more there is to say: of one alert its cause and link, of many one line each."""
    if message.is_digest:
        return "\n".join(f"{alert.state}: {alert.title}" for alert in message.alerts[:LINES])
    alert = message.alerts[0]
    said = (alert.title, alert.cause and f"Because of {alert.cause}", alert.link)
    return "\n".join(line for line in said if line)


LINES = 50
"""Of a digest, at most; the counts in its title are whole."""


def _counted(alerts: Sequence[Alert]) -> str:
    counts = Counter((alert.name, alert.state) for alert in alerts)
    return ", ".join(f"{name} {count} {state}" for (name, state), count in sorted(counts.items()))


def _quiet_until(alert: Alert, quiet: Mapping[str, QuietTimes | None], now: Millis) -> Millis | None:
    times = quiet.get(alert.name)
    return None if times is None else quiet_until(now, times.window, (times.time_zone,))
