"""Alerts about tasks of heedful itself that don't get on: raised once for each time, over when it gets on."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from schemas.outputs import Alert
from schemas.words import AlertState, Millis
from streams.rules.alerts.settings import StuckTask
from streams.rules.alerts.standing import NOTHING, About, Standing, ids, spelt


class Still(NamedTuple):
    """A task that hasn't got on since a moment, and the likely reason. ``held``: of an import."""

    task: str
    since: Millis
    told: str
    held: bool = False


def turn(
    rule: StuckTask, standing: Standing, about: About, still: Still | None, now: Millis
) -> tuple[Standing, Alert | None]:
    """What is known of a task afterwards, and what is to be told. ``still`` is None of one that gets on."""
    if still is not None and now - still.since >= _limit(rule, still):
        if standing.raised:
            return Standing(standing.raised), None
        alert = _raised(rule, about, still, now)
        return Standing(alert), alert
    if standing.raised is None:
        return NOTHING, None
    since = now if standing.in_range_since is None else standing.in_range_since
    if now - since < rule.resolve_after:
        return Standing(standing.raised, since), None
    return NOTHING, _over(rule, standing.raised, now)


def subjects(standing: Mapping[About, Standing], still: Mapping[About, Still]) -> list[About]:
    """The tasks of which something is to be said, or may be."""
    return sorted({about for about, one in standing.items() if one.raised} | set(still))


def _limit(rule: StuckTask, still: Still) -> Millis:
    return max(rule.after, rule.held_after) if still.held else rule.after


def _raised(rule: StuckTask, about: About, still: Still, now: Millis) -> Alert:
    event_id, alert_id = ids(rule.name, about, still.since, "raised")
    lasted = (now - still.since) / 1000
    return Alert(
        event_id=event_id,
        alert_id=alert_id,
        shop_id=about.shop_id,
        name=rule.name,
        kind="stuck",
        state="raised",
        subject=still.task,
        occurred_at=now,
        processed_at=now,
        window_from=still.since,
        window_until=now,
        value=lasted,
        unit="seconds",
        count=1,
        high=_limit(rule, still) / 1000,
        cause=still.told,
        title=f"{rule.name}: {still.task} has not got on for {spelt('seconds', lasted)}",
        link=rule.link,
    )


def _over(rule: StuckTask, raised: Alert, now: Millis) -> Alert:
    state: AlertState = "resolved"
    event_id, _ = ids(rule.name, About(raised.shop_id, raised.subject), raised.window_from, state)
    return replace(
        raised,
        event_id=event_id,
        state=state,
        occurred_at=now,
        processed_at=now,
        window_until=now,
        raised_at=raised.occurred_at,
        value=(now - raised.window_from) / 1000,
        cause=None,
        title=f"{rule.name}: {raised.subject} gets on again",
        link=rule.link,
    )
