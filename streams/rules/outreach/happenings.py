"""What each kind of event, and each conclusion of an earlier rule, means for the approaches to a customer."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from schemas.events import Feedback, OrderEvent, ProfileUpdate
from schemas.facts import Fact
from schemas.outputs import AbandonmentSignal, ContactState
from schemas.words import Millis
from streams.rules.outreach import consent
from streams.rules.outreach.consent import Said, Voices
from streams.rules.outreach.guards import channel_for
from streams.rules.outreach.records import approach_for
from streams.rules.outreach.state import Approach, Question, Reach, newest_questions
from streams.rules.outreach.turn import Turn
from streams.rules.standing import Standing
from streams.rules.time_zones import known_zone

_LEFT = ("sent", "delivered")
_SEEN = ("opened", "clicked", "replied")


def happen(turn: Turn, event: Any) -> None:
    """Let the event happen. Kinds that mean nothing here change nothing."""
    handler = _HANDLERS.get(type(event))
    if handler is not None:
        handler(turn, event)


def concerns(reach: Reach | None, event: Any) -> bool:
    """Whether the event can matter: the facts, by far the most frequent, mostly can't."""
    if not isinstance(event, Fact):
        return type(event) in _HANDLERS
    return event.type == "order_completed" or (reach is not None and bool(reach.approaches))


def reconcile(turn: Turn) -> None:
    """After two profiles proved to be one customer: what one of them knew ends approaches of the other."""
    if turn.reach.ordered_at is not None:
        _end_ordered(turn, turn.reach.ordered_at, cart_id=None)
    _follow_consent(turn, turn.at)
    for newer in turn.reach.approaches:
        _standing(turn, Standing(newer.cart_id, newer.episode, newer.changed_at, emptied=False))
    _make_once(turn)
    for approach in turn.reach.held:
        turn.give_way_to(approach)


def _signal(turn: Turn, signal: AbandonmentSignal) -> None:
    if signal.kind == "abandoned":
        turn.consider(approach_for(signal, turn.rules.outreach.valid_for))
    elif signal.kind == "recovered":
        _recovered(turn, signal)
    elif signal.kind == "withdrawn":
        _end(turn, lambda one: one.signal_id == signal.abandoned_id, signal.occurred_at, "withdrawn")


def _recovered(turn: Turn, signal: AbandonmentSignal) -> None:
    """What was put into the cart after the order is another matter."""
    _end(
        turn,
        lambda one: (
            one.signal_id == signal.abandoned_id
            or (one.cart_id == signal.cart_id and one.changed_at <= signal.occurred_at)
        ),
        signal.occurred_at,
        "order",
    )


def _fact(turn: Turn, fact: Fact) -> None:
    if fact.type == "order_completed":
        _ordered(turn, fact.occurred_at, fact.cart_id)
    elif fact.type == "cart_changed":
        _active(turn, fact)
        _cart(turn, fact)
    elif fact.type == "activity":
        _active(turn, fact)


def _active(turn: Turn, fact: Fact) -> None:
    if turn.reach.held:
        active_at = fact.last_activity_at or fact.occurred_at
        turn.reach = replace(turn.reach, active_at=max(turn.reach.active_at, active_at))


def _cart(turn: Turn, fact: Fact) -> None:
    changed_at = fact.changed_at or fact.occurred_at
    _standing(turn, Standing(fact.cart_id, fact.changed_by, changed_at, emptied=not fact.lines))


def _standing(turn: Turn, cart: Standing) -> None:
    """Other contents are another episode, which makes its own candidate in its time."""
    _end(
        turn,
        lambda one: (
            one.cart_id == cart.cart_id
            and one.episode != cart.changed_by
            and one.changed_at <= cart.changed_at
        ),
        cart.changed_at,
        "emptied" if cart.emptied else "changed",
    )


def _order(turn: Turn, order: OrderEvent) -> None:
    if order.type == "order_completed":
        _ordered(turn, order.occurred_at, order.cart_id)


def _ordered(turn: Turn, at: Millis, cart_id: str | None) -> None:
    turn.reach = replace(turn.reach, ordered_at=max(at, turn.reach.ordered_at or at))
    _end_ordered(turn, at, cart_id)


def _end_ordered(turn: Turn, at: Millis, cart_id: str | None) -> None:
    """An order ends the cart that it names, and every cart that was last changed before it."""
    _end(turn, lambda one: one.changed_at <= at or one.cart_id == cart_id, at, "order")


def _contact(turn: Turn, contact: ContactState) -> None:
    told = Question(contact_id=contact.contact_id, updated_at=contact.updated_at, waiting=contact.waiting)
    turn.reach = replace(turn.reach, questions=newest_questions((*turn.reach.questions, told)))
    if not turn.reach.waiting:
        _decide_held(turn, lambda one: one.held_by == "support_hold")


def _profile(turn: Turn, update: ProfileUpdate) -> None:
    if update.type == "profile_erased":
        _erase(turn, update.occurred_at)
    elif not _erased_since(turn.reach, update.occurred_at):
        _voices(turn, consent.updated(turn.reach.voices, update), update.occurred_at)
        _zone(turn, update)


def _erase(turn: Turn, at: Millis) -> None:
    _end(turn, lambda one: True, at, "erased")
    turn.reach = Reach(erased_at=max(at, turn.reach.erased_at or at))


def _zone(turn: Turn, update: ProfileUpdate) -> None:
    if not update.time_zone or known_zone(update.time_zone) is None:
        return
    zone = max(turn.reach.zone, Said(update.occurred_at, update.event_id, update.time_zone))
    if zone != turn.reach.zone:
        turn.reach = replace(turn.reach, zone=zone)
        _decide_held(turn, lambda one: one.held_by == "quiet_hours")


def _feedback(turn: Turn, feedback: Feedback) -> None:
    if _erased_since(turn.reach, feedback.occurred_at):
        return
    approach = _approach(turn.reach, feedback.outreach_id)
    if approach is not None:
        _came_back(turn, approach, feedback)
    channel = approach.channel if approach and feedback.channel == "unknown" else feedback.channel
    _voices(turn, consent.answered(turn.reach.voices, feedback, channel), feedback.occurred_at)


def _came_back(turn: Turn, approach: Approach, feedback: Feedback) -> None:
    """What was opened was sent, but when? So it regrets nothing."""
    if feedback.type in _LEFT or (feedback.type in _SEEN and approach.phase != "ended"):
        turn.sent(approach, feedback.occurred_at)


def _voices(turn: Turn, voices: Voices, at: Millis) -> None:
    if voices != turn.reach.voices:
        turn.reach = replace(turn.reach, voices=voices)
        _follow_consent(turn, at)


def _follow_consent(turn: Turn, since: Millis) -> None:
    """No approach may stand on a channel that the customer doesn't allow; one that waits may take another."""
    settings, voices = turn.rules.outreach, turn.reach.voices
    for approach in turn.reach.approaches:
        if consent.permission(voices, approach.channel) == "granted":
            continue
        if approach.phase == "held" and channel_for(settings, voices, approach.channel) != "unknown":
            turn.decide(approach)
        elif approach.phase != "ended":
            turn.end(approach, since, "opted_out")


def _make_once(turn: Turn) -> None:
    """Of approaches already made at the same time the first stands, or rather one that was sent."""
    standing: list[Approach] = []
    made = (one for one in turn.reach.approaches if one.made)
    for approach in sorted(made, key=lambda one: (one.sent_at is None, one.decided_at, one.signal_id)):
        if any(_clash(approach, other) for other in standing):
            turn.end(approach, turn.at, "merged")
        else:
            standing.append(approach)


def _clash(one: Approach, other: Approach) -> bool:
    """Whether the second of two would have been refused, had they been one customer's from the start."""
    same_episode = (one.cart_id, one.episode) == (other.cart_id, other.episode)
    return same_episode or max(one.decided_at, other.decided_at) < min(one.valid_until, other.valid_until)


def _end(turn: Turn, which: Callable[[Approach], bool], since: Millis, reason: str) -> None:
    for approach in filter(which, turn.reach.approaches):
        turn.end(approach, since, reason)


def _decide_held(turn: Turn, which: Callable[[Approach], bool]) -> None:
    for approach in filter(which, turn.reach.held):
        turn.decide(approach)


def _approach(reach: Reach, outreach_id: str) -> Approach | None:
    return next((one for one in reach.approaches if one.outreach_id == outreach_id), None)


def _erased_since(reach: Reach, at: Millis) -> bool:
    return reach.erased_at is not None and at <= reach.erased_at


_HANDLERS: Mapping[type, Callable[[Turn, Any], None]] = {
    AbandonmentSignal: _signal,
    Standing: _standing,
    Fact: _fact,
    OrderEvent: _order,
    ContactState: _contact,
    ProfileUpdate: _profile,
    Feedback: _feedback,
}
KINDS: frozenset[type] = frozenset(_HANDLERS)
"""The types of what may mean anything."""
