"""When an alert is raised, and when it is over: once for a time out of range, however long it lasts."""

from typing import NamedTuple

from msgspec.structs import replace

from schemas.ids import derive
from schemas.outputs import Alert
from schemas.words import AlertCause, AlertState, Millis
from streams.rules.alerts.causes import said
from streams.rules.alerts.readings import Reading, Window
from streams.rules.alerts.settings import Measured
from streams.rules.alerts.usual import SHARES

SHOP = "shop"
"""The subject of what concerns a shop as a whole."""


class Standing(NamedTuple):
    """What is known of a rule and a subject: what was raised and isn't over, since when it is in range."""

    raised: Alert | None = None
    in_range_since: Millis | None = None

    @property
    def window(self) -> Window | None:
        """The time that the alert is about, up to the end of time; None if none stands."""
        return Window(self.raised.window_from, _FOREVER) if self.raised else None


NOTHING = Standing()
_FOREVER: Millis = 1 << 62


class About(NamedTuple):
    """Of which shop, and what in it."""

    shop_id: str
    subject: str


def turn(rule: Measured, about: About, standing: Standing, reading: Reading) -> tuple[Standing, Alert | None]:
    """What a reading changes, and what is to be told. A reading that says nothing changes nothing."""
    if not reading.known:
        return standing, None
    if reading.out:
        if standing.raised:
            return Standing(standing.raised), None
        alert = _alert(rule, about, reading, "raised", reading.window.start)
        return Standing(alert), alert
    if standing.raised is None:
        return NOTHING, None
    since = reading.window.end if standing.in_range_since is None else standing.in_range_since
    if reading.window.end - since < rule.resolve_after:
        return Standing(standing.raised, since), None
    over = _alert(rule, about, reading, "resolved", standing.raised.window_from)
    return NOTHING, replace(over, raised_at=standing.raised.occurred_at)


def explained(alert: Alert, causes: tuple[AlertCause, ...]) -> Alert:
    """The alert, with what stands behind it."""
    return replace(alert, causes=causes, cause=said(causes))


def ids(name: str, about: About, start: Millis, state: AlertState) -> tuple[str, str]:
    """event_id and alert_id: the same alert has the same, whoever raises it and how often."""
    alert = (name, about.shop_id, about.subject, start)
    return derive("alert", *alert, state), derive("alert", *alert)


def _alert(rule: Measured, about: About, reading: Reading, state: AlertState, start: Millis) -> Alert:
    assert reading.value is not None
    assert reading.range
    event_id, alert_id = ids(rule.name, about, start, state)
    return Alert(
        event_id=event_id,
        alert_id=alert_id,
        shop_id=about.shop_id,
        name=rule.name,
        kind=rule.kind,
        state=state,
        subject=about.subject,
        occurred_at=reading.window.end,
        processed_at=reading.window.end,
        window_from=start,
        window_until=reading.window.end,
        value=reading.value,
        unit=_unit(rule),
        count=reading.counted,
        usual=reading.range.usual,
        low=reading.range.low,
        high=reading.range.high,
        title=_title(rule, about, reading, state),
        link=rule.link,
    )


def _unit(rule: Measured) -> str:
    if rule.kind in SHARES:
        return "share"
    return "seconds" if rule.kind == "lag" else "events"


def _title(rule: Measured, about: About, reading: Reading, state: AlertState) -> str:
    assert reading.value is not None
    assert reading.range
    of = "" if about.subject == SHOP else f" of {about.subject}"
    back = "back in range, " if state == "resolved" else ""
    usual = reading.range.usual
    beside = _limit(rule, reading) if usual is None else f"usually {spelt(_unit(rule), usual)}"
    return f"{rule.name}{of}: {back}{spelt(_unit(rule), reading.value)}, {beside}"


def _limit(rule: Measured, reading: Reading) -> str:
    assert reading.range
    low, high = reading.range.low, reading.range.high
    limits = (("at least", low), ("at most", high))
    return " and ".join(f"{word} {spelt(_unit(rule), limit)}" for word, limit in limits if limit is not None)


def spelt(unit: str, value: float) -> str:
    """A value with its unit, for people."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "events":
        return f"{value:,.0f} events"
    return f"{value:,.1f} s" if unit == "seconds" else f"{value:,.2f} {unit}"
