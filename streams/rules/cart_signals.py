"""What abandonment says: one signal about one cart, and why it was left."""

from collections.abc import Iterable

from schemas import topics
from schemas.ids import derive
from schemas.outputs import AbandonmentSignal
from schemas.topics import Output
from schemas.words import AbandonmentCause, AbandonmentKind, Evidence, Millis
from streams.rules.base import Now
from streams.rules.episodes import Episode, Order, Said
from streams.rules.likely_cause import likely_cause
from streams.rules.settings import AbandonmentSettings


def signal(
    episode: Episode,
    said: Said,
    kind: AbandonmentKind,
    at: Millis,
    now: Now,
    version: str,
    cause: str = "",
    order: Order | None = None,
) -> Output:
    """``said`` itself, or what became of it. ``cause``: the event or order that ended it, if any did."""
    first = kind == "abandoned"
    record = AbandonmentSignal(
        event_id=said.event_id if first else derive("abandonment", said.event_id, kind, cause),
        shop_id=now.shop_id,
        profile_id=now.profile_id,
        visitor_id=episode.visitor_id,
        kind=kind,
        stage=said.stage,
        occurred_at=at,
        processed_at=max(now.now, at),
        rules_version=version,
        cart_id=episode.cart_id,
        opened_by=episode.opened_by,
        changed_by=episode.changed_by,
        changed_at=episode.changed_at,
        last_activity_at=said.last_activity_at,
        lines=episode.lines,
        value=episode.value,
        currency=episode.currency,
        device=episode.device,
        abandoned_id=None if first else said.event_id,
        order_id=order.order_id if order else None,
        outreach_id=(order.outreach_id or episode.outreach_id) if order and kind == "recovered" else None,
        cause=said.cause,
    )
    return Output(topics.ABANDONMENT_SIGNALS, topics.key(now.shop_id, now.profile_id), record)


def cause_of(
    episode: Episode,
    orders: Iterable[Order],
    settings: AbandonmentSettings,
    due: Millis,
    waiting_since: Millis | None,
) -> AbandonmentCause:
    """Why the cart was left that is signalled at ``due``, while a question waits since then, or none does.

    Evidence counts for ``max_age``, and since the customer's last order: what is older kept nobody from it.
    """
    since = max((due - settings.max_age, *(order.at for order in orders if order.at <= due)))
    waits = waiting_since is not None and waiting_since <= due
    asked = (Evidence(cause="unanswered_question", at=due),) if waits else ()
    return likely_cause((*episode.evidence, *asked), since, due)
