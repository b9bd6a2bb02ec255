"""Alerts about one signal. A signal is an event: nothing resolves such an alert."""

from collections.abc import Iterator, Sequence

from schemas.outputs import AbandonmentSignal, Alert, ContactSignal
from schemas.words import AlertKind, Millis, Record
from streams.rules.alerts.settings import AlertRule, EachAbandonment, EachContact
from streams.rules.alerts.standing import About, ids, spelt


def alerts_of(rules: Sequence[AlertRule], signal: Record, now: Millis) -> Iterator[Alert]:
    """What each rule says of a signal. ``now``: of people; when it is published."""
    for rule in rules:
        match rule, signal:
            case EachAbandonment(), AbandonmentSignal() if _is_large(rule, signal):
                yield _abandonment(rule, signal, now)
            case EachContact(), ContactSignal() if _is_late(rule, signal):
                yield _contact(rule, signal, now)


def _is_large(rule: EachAbandonment, signal: AbandonmentSignal) -> bool:
    limit = rule.above.get(signal.currency or "")
    return (
        signal.kind == "abandoned"
        and signal.stage in rule.stages
        and limit is not None
        and signal.value is not None
        and signal.value > limit
    )


def _is_late(rule: EachContact, signal: ContactSignal) -> bool:
    wanted: tuple[tuple[tuple[str, ...], str | None], ...] = (
        (rule.steps if signal.kind == "escalated" else (), signal.step),
        (rule.clocks, signal.clock),
        (rule.teams, signal.team),
        (rule.priorities, signal.priority),
    )
    return signal.kind in rule.on and all(not some or value in some for some, value in wanted)


def _abandonment(rule: EachAbandonment, signal: AbandonmentSignal, now: Millis) -> Alert:
    value, unit = float(signal.value or 0), signal.currency or ""
    title = f"{rule.name}: {spelt(unit, value)} left at stage {signal.stage}"
    about = About(signal.shop_id, signal.cart_id)
    return _alert(rule, "abandonment", signal, about, now, title, value, unit, float(rule.above[unit]))


def _contact(rule: EachContact, signal: ContactSignal, now: Millis) -> Alert:
    what = "missed its target" if signal.kind == "breached" else f"is at {signal.step} of its target"
    team = f" of {signal.team}" if signal.team else ""
    title = f"{rule.name}: {signal.clock} of contact {signal.contact_id}{team} {what}"
    about = About(signal.shop_id, signal.contact_id)
    target = None if signal.target_ms is None else signal.target_ms / 1000
    return _alert(rule, "contact", signal, about, now, title, signal.elapsed_ms / 1000, "seconds", target)


def _alert(
    rule: AlertRule,
    kind: AlertKind,
    signal: AbandonmentSignal | ContactSignal,
    about: About,
    now: Millis,
    title: str,
    value: float,
    unit: str,
    high: float | None,
) -> Alert:
    """Its subject is told by the signal's id too: one contact can miss two targets at one moment."""
    event_id, alert_id = ids(rule.name, About(about.shop_id, signal.event_id), signal.occurred_at, "raised")
    return Alert(
        event_id=event_id,
        alert_id=alert_id,
        shop_id=about.shop_id,
        name=rule.name,
        kind=kind,
        state="raised",
        subject=about.subject,
        occurred_at=signal.occurred_at,
        processed_at=now,
        window_from=signal.occurred_at,
        window_until=signal.occurred_at,
        value=value,
        unit=unit,
        count=1,
        high=high,
        title=title,
        link=rule.link,
        signal_id=signal.event_id,
        profile_id=signal.profile_id,
    )
