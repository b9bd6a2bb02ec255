"""The records that outreach publishes, made from an approach."""

from typing import NamedTuple

from schemas import topics
from schemas.ids import derive
from schemas.outputs import AbandonmentSignal, Decision, Outreach
from schemas.topics import Output
from schemas.words import Channel, GuardResult, Millis, Mode, Outcome, OutreachAction
from streams.rules.outreach.state import Approach


class Stamp(NamedTuple):
    """What every record of one transition carries: event time, the worker's time, and who decided."""

    at: Millis
    processed_at: Millis
    mode: Mode
    rules_version: str


def outreach_id(signal_id: str, channel: Channel, step: int) -> str:
    """The id that request, cancel and feedback share."""
    return derive(signal_id, channel, step)


def approach_for(signal: AbandonmentSignal, valid_for: Millis) -> Approach:
    """The candidate that an abandonment makes."""
    return Approach(
        signal_id=signal.event_id,
        shop_id=signal.shop_id,
        profile_id=signal.profile_id,
        visitor_id=signal.visitor_id,
        rule=f"abandonment.{signal.stage}",
        stage=signal.stage,
        cart_id=signal.cart_id,
        episode=signal.changed_by,
        changed_at=signal.changed_at,
        active_at=signal.last_activity_at,
        patience=signal.occurred_at - signal.last_activity_at,
        valid_until=signal.occurred_at + valid_for,
        lines=signal.lines,
        value=signal.value,
        currency=signal.currency,
        cause=signal.cause,
    )


def decision(
    approach: Approach, outcome: Outcome, guard: str, guards: tuple[GuardResult, ...], stamp: Stamp
) -> Output:
    """The row that says what was decided about an approach, and why.

    What can be decided once only has an id without the moment, which depends, for what came late, on how far
    the clock had come.
    """
    again = (stamp.at,) if outcome in ("held", "withdrawn") else ()
    row = Decision(
        event_id=derive(approach.outreach_id, outcome, guard, *again),
        shop_id=approach.shop_id,
        outreach_id=approach.outreach_id,
        signal_id=approach.signal_id,
        profile_id=approach.profile_id,
        channel=approach.channel,
        rule=approach.rule,
        step=approach.step,
        outcome=outcome,
        guard=guard,
        guards=guards,
        occurred_at=stamp.at,
        processed_at=stamp.processed_at,
        held_until=approach.until if outcome == "held" else None,
        valid_until=approach.valid_until,
        mode=stamp.mode,
        rules_version=stamp.rules_version,
        cart_id=approach.cart_id,
    )
    return Output(topics.DECISIONS, _key(approach), row)


def outreach(approach: Approach, action: OutreachAction, stamp: Stamp, reason: str | None = None) -> Output:
    """A request, or its cancel: same topic, key and outreach_id."""
    record = Outreach(
        event_id=derive(approach.outreach_id, action),
        shop_id=approach.shop_id,
        outreach_id=approach.outreach_id,
        profile_id=approach.profile_id,
        action=action,
        channel=approach.channel,
        occurred_at=stamp.at,
        processed_at=stamp.processed_at,
        valid_until=approach.valid_until,
        signal_id=approach.signal_id,
        rule=approach.rule,
        step=approach.step,
        stage=approach.stage,
        cart_id=approach.cart_id,
        visitor_id=approach.visitor_id,
        lines=approach.lines,
        value=approach.value,
        currency=approach.currency,
        rules_version=stamp.rules_version,
        reason=reason,
        cause=approach.cause,
    )
    return Output(topics.OUTREACH[approach.channel], _key(approach), record)


def _key(approach: Approach) -> str:
    return topics.key(approach.shop_id, approach.profile_id)
